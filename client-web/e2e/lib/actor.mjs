// A person at the page: looks for what a screen offers, types, picks, presses.

const PATIENCE = 30_000;

/** A person with a pointer. */
export class Actor {
  constructor(page) {
    this.page = page;
  }

  /** Waits for one of these screens and returns which. */
  async at(...names) {
    const selector = names.map((name) => `main[data-screen="${name}"]`).join(", ");
    const found = await this.page.waitForSelector(selector, { timeout: PATIENCE }).catch(async () => {
      throw new Error(`waited for ${names.join(" or ")}, but saw:\n${await this.seen()}`);
    });
    return found.evaluate((main) => main.dataset.screen);
  }

  /** Returns the text on the screen. */
  seen() {
    return this.page.evaluate(() => {
      const screen = document.querySelector("main")?.dataset.screen;
      return `[${screen}]\n${document.querySelector("main")?.textContent}`;
    });
  }

  /** Waits for an element that can be seen. */
  async find(selector) {
    return this.page.waitForSelector(selector, { visible: true, timeout: PATIENCE }).catch(async () => {
      throw new Error(`no ${selector} in:\n${await this.seen()}`);
    });
  }

  has(selector) {
    return this.page.$(selector).then((found) => found !== null);
  }

  /** Waits until a text is on the screen. */
  async reads(text) {
    await this.page
      .waitForFunction(
        (part) => document.querySelector("main")?.textContent.includes(part),
        { timeout: PATIENCE },
        text,
      )
      .catch(async () => {
        throw new Error(`no "${text}" in:\n${await this.seen()}`);
      });
  }

  /** Presses a control by its name. */
  press(name, more = "") {
    return this.click(`[data-do="${name}"]${more}`);
  }

  async click(selector) {
    const found = await this.find(selector);
    // Pointers of drivers miss what moves; what is pressed here is what a screen reader presses.
    await found.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await found.click();
  }

  /** Types into a field, in place of what stands there. */
  async type(selector, text) {
    const found = await this.find(selector);
    await found.evaluate((element) => {
      element.focus();
      element.select?.();
    });
    await this.page.keyboard.press("Backspace");
    // Long texts are pasted by people, and typing them by a driver takes minutes.
    if (text.length > 60) await this.#paste(found, text);
    else await found.type(text);
  }

  #paste(found, text) {
    return found.evaluate((element, pasted) => {
      const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value");
      set.call(element, pasted);
      element.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, text);
  }

  /** Ticks a box or a radio button. */
  pick(selector) {
    return this.click(selector);
  }

  /** Picks from a list. */
  async select(selector, value) {
    await this.find(selector);
    await this.page.select(selector, value);
  }

  /** Picks files. */
  async choose(selector, ...paths) {
    const found = await this.page.waitForSelector(selector, { timeout: PATIENCE });
    await found.uploadFile(...paths);
  }
}

/** A person with nothing but a keyboard. */
export class KeyboardActor extends Actor {
  async click(selector) {
    await this.#reach(selector);
    await this.page.keyboard.press("Enter");
  }

  async type(selector, text) {
    await this.#reach(selector);
    await this.page.keyboard.type(text);
  }

  async pick(selector) {
    await this.find(selector);
    const isRadio = await this.page.$eval(selector, (element) => element.type === "radio");
    if (!isRadio) {
      await this.#reach(selector);
      await this.page.keyboard.press("Space");
      return;
    }
    // The Tab key stops once at a group of radio buttons; arrows move inside of it.
    const name = await this.page.$eval(selector, (element) => element.name);
    await this.#reach(`input[type=radio][name="${name}"]`);
    if (!(await this.#isAt(selector))) await this.#arrowTo(selector);
    else await this.page.keyboard.press("Space");
  }

  async select(selector, value) {
    await this.#reach(selector);
    const place = await this.page.$eval(
      selector,
      (element, wanted) => [...element.options].findIndex((option) => option.value === wanted),
      value,
    );
    await this.page.keyboard.press("Home");
    for (let step = 0; step < place; step += 1) await this.page.keyboard.press("ArrowDown");
  }

  async #arrowTo(selector) {
    for (let step = 0; step < 30; step += 1) {
      await this.page.keyboard.press("ArrowDown");
      if (await this.#isAt(selector)) return;
    }
    throw new Error(`arrows do not lead to ${selector}`);
  }

  /** Presses Tab until a control has the focus; it must then show that it has. */
  async #reach(selector) {
    await this.find(selector);
    for (let step = 0; step < 150; step += 1) {
      if (await this.#isAt(selector)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${selector} in:\n${await this.seen()}`);
  }

  #isAt(selector) {
    return this.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
  }
}
