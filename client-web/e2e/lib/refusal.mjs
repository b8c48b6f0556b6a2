// Screens that refuse: they say what is wrong and what to do, in both languages.

import assert from "node:assert/strict";

/** Waits for a refusal on the screen and reads it in both languages. */
export async function refuses(actor, code) {
  await actor.find(`[data-refusal="${code}"]`);
  const read = () =>
    actor.page.$eval(`[data-refusal="${code}"]`, (element) => ({
      lang: document.documentElement.lang,
      text: element.textContent.trim(),
    }));
  const one = await read();
  await actor.press("language");
  await actor.page.waitForFunction((lang) => document.documentElement.lang !== lang, {}, one.lang);
  const other = await read();
  await actor.press("language");
  await actor.page.waitForFunction((lang) => document.documentElement.lang === lang, {}, one.lang);
  assert.deepEqual([one.lang, other.lang].sort(), ["en", "id"]);
  assert.notEqual(one.text, other.text);
  for (const { text } of [one, other]) {
    // What is wrong, and what to do.
    assert.ok(text.length > 20, text);
    assert.ok(!text.includes("refusal-"), text);
  }
}

/** Moves the clock of the device by days, before the page loads. */
export const clockBy = (days) => (page) =>
  page.evaluateOnNewDocument((shift) => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + shift * 86_400_000;
  }, days);

/** Gives the page a clock that the story moves: `later(minutes)` in the page. */
export const idleClock = (page) =>
  page.evaluateOnNewDocument(() => {
    const real = Date.now.bind(Date);
    const ticks = [];
    let shift = 0;
    Date.now = () => real() + shift;
    globalThis.setInterval = (tick) => ticks.push(tick);
    globalThis.later = (minutes) => {
      shift += minutes * 60_000;
      for (const tick of ticks) tick();
    };
  });

/** Returns a problem document as the server writes it. */
export function problem(status, code, headers = {}) {
  const body = JSON.stringify({
    type: `urn:bisik:problem:${code}`,
    title: "judul",
    status,
    detail: "rincian",
  });
  return { status, headers: { "content-type": "application/problem+json", ...headers }, body };
}
