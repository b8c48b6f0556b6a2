// What the sending screen says and keeps: pace, screen, pause.

import assert from "node:assert/strict";
import { test } from "node:test";

import { left } from "../src/page/format.ts";
import { Pace } from "../src/page/pace.ts";
import { setLanguage } from "../src/page/texts.ts";
import { type Screens, stayAwake } from "../src/page/wake.ts";

const TOTAL = 1000;

function paceAt(): { pace: Pace; at: (seconds: number, sent: number, stage?: string) => number | undefined } {
  let now = 0;
  const pace = new Pace(() => now);
  return {
    pace,
    at: (seconds, sent, stage = "sending") => {
      now = seconds * 1000;
      return pace.left({ stage, sent, total: TOTAL });
    },
  };
}

test("the rest takes as long as the last minute says", () => {
  const { at } = paceAt();
  assert.equal(at(0, 0), undefined);
  assert.equal(at(1, 100), undefined, "too early to say");
  assert.equal(at(10, 200), 40);
  // A fast beginning is forgotten.
  assert.equal(at(100, 300), (700 * 90) / 100);
  assert.equal(at(190, 400), 600 / (100 / 90));
});

test("waiting, and bytes that are sent again, begin the measure anew", () => {
  const { at } = paceAt();
  at(0, 0);
  assert.equal(at(10, 500), 10);
  assert.equal(at(11, 500, "waiting"), undefined);
  assert.equal(at(600, 500), undefined);
  assert.equal(at(610, 600), 40);
  assert.equal(at(620, 100), undefined);
  assert.equal(at(630, 100), undefined);
});

test("a time is said as people say it, in both languages", () => {
  const said = [0, 59, 60, 61, 5399, 5400, 36_000].map((seconds) => {
    setLanguage("en");
    const english = left(seconds);
    setLanguage("id");
    return [english, left(seconds)];
  });
  assert.deepEqual(said, [
    ["less than a minute left", "kurang dari satu menit lagi"],
    ["less than a minute left", "kurang dari satu menit lagi"],
    ["about a minute left", "sekitar 1 menit lagi"],
    ["about 2 minutes left", "sekitar 2 menit lagi"],
    ["about 90 minutes left", "sekitar 90 menit lagi"],
    ["about 2 hours left", "sekitar 2 jam lagi"],
    ["about 10 hours left", "sekitar 10 jam lagi"],
  ]);
});

class FakePage extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

/** Counts how often the screen is held; `refuse` lets the browser say no. */
class FakeScreens implements Screens {
  held = 0;
  asked = 0;
  refuse = false;

  async request(): Promise<{ release(): Promise<void> }> {
    this.asked += 1;
    if (this.refuse) throw new DOMException("low battery", "NotAllowedError");
    this.held += 1;
    let isOpen = true;
    return {
      release: async () => {
        if (isOpen) this.held -= 1;
        isOpen = false;
      },
    };
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const asDocument = (page: FakePage) => page as unknown as Document;

test("the screen stays on while something is sent, and again when the page is seen again", async () => {
  const [screens, page] = [new FakeScreens(), new FakePage()];
  const sleep = stayAwake(screens, asDocument(page));
  await settled();
  assert.equal(screens.held, 1);
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.deepEqual([screens.asked, screens.held], [2, 1]);
  sleep();
  page.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.deepEqual([screens.asked, screens.held], [2, 0]);
});

test("a screen that is let go before the browser has answered is not held", async () => {
  const [screens, page] = [new FakeScreens(), new FakePage()];
  stayAwake(screens, asDocument(page))();
  await settled();
  assert.equal(screens.held, 0);
});

test("browsers that cannot, or will not, keep the screen on cause no error", async () => {
  stayAwake(undefined, asDocument(new FakePage()))();
  const [screens, page] = [new FakeScreens(), new FakePage()];
  screens.refuse = true;
  const sleep = stayAwake(screens, asDocument(page));
  await settled();
  screens.refuse = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.equal(screens.held, 1);
  sleep();
  await settled();
  assert.equal(screens.held, 0);
});
