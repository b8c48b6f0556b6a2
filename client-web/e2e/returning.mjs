// Bad days on the way back: wrong receipts, hostile letters, idling, and the ways out.

import assert from "node:assert/strict";
import { idleClock, refuses } from "./lib/refusal.mjs";
import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { deliver, desk, play, publish } from "./lib/world.mjs";

const isUpload = ({ method, path }) => method === "POST" && path.endsWith("/reports");
/** Markup, an entity, a link, text that runs backwards, a word without an end. */
const HOSTILE = [
  "<img src=x onerror=alert(1)><script>alert(2)</script><b>tebal</b> &lt;",
  "https://jahat.example/klik javascript:alert(3)",
  "\u202etxet neddih\u202c \u2066awal",
  "Sangat".repeat(80),
].join("\n");

await play(async () => {
  const trip = await setOut();
  const receipt = await sendLeast(trip);
  await receipts(trip, receipt);
  await hostileLetter(trip, receipt);
  await idling(trip);
  await exits(trip);
  await trip.browser.close();
  trip.gate.close();
});

async function sendLeast(trip) {
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.LEAST);
  await actor.press("send");
  const receipt = await report.confirmReceipt(actor);
  await leave();
  return receipt;
}

async function receipts(trip, receipt) {
  const { actor, leave } = await visit(trip);
  const wrongLetter = receipt.slice(0, -1) + (receipt.endsWith("A") ? "B" : "A");
  // A sound receipt of another agency, from the shared vectors.
  const foreign = "90K5-22XV-BDSY-3YTY-WC0E-ZNVK-G2WV";
  await actor.at("home");
  await actor.press("return");
  await actor.at("return");
  for (const [typed, code] of [
    [wrongLetter, "receipt-check"],
    [foreign, "receipt-check"],
    [receipt.slice(0, -3), "receipt-length"],
    [`U${receipt.slice(1)}`, "receipt-symbol"],
  ]) {
    await actor.type('[data-field="receipt"]', typed);
    await actor.press("open");
    await refuses(actor, code);
  }
  await actor.type('[data-field="receipt"]', receipt);
  await actor.press("open");
  await actor.at("inbox");
  await actor.find("[data-empty]");
  await leave();
}

async function hostileLetter(trip, receipt) {
  await deliver("inspektorat");
  await desk("inspektorat", ["reply", "1", "--text-file", "-", "--words-checked"], `${HOSTILE}\n`);
  await publish("inspektorat");
  const { page, actor, leave } = await visit(trip, { width: 320 });
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.press("open-message");
  await actor.at("letter");
  await actor.reads("<img src=x onerror=alert(1)><script>alert(2)</script><b>tebal</b> &lt;");
  const found = await page.evaluate(() => ({
    made: document.querySelectorAll("main img, main script, main b, main a[href]").length,
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    turned: /[\u202a-\u202e\u2066-\u2069]/.test(document.querySelector("main").textContent),
  }));
  assert.deepEqual(found, { made: 0, over: 0, turned: false });
  await leave();
}

/** Somebody puts the phone away: the page asks after 18 minutes and is empty after 20. */
async function idling(trip) {
  trip.gate.take();
  const { page, actor, leave } = await visit(trip, { prepare: idleClock });
  await report.begin(actor);
  await actor.at("form");
  await page.evaluate(() => globalThis.later(19));
  await actor.at("idle");
  await actor.press("stay");
  await actor.at("form");
  await page.evaluate(() => globalThis.later(19));
  await actor.at("idle");
  await page.evaluate(() => globalThis.later(2));
  await actor.at("stopped");
  await refuses(actor, "wiped");
  // The visit ended with its decoy.
  await trip.gate.until(isUpload);
  await leave();
  assert.equal(trip.gate.take().filter(isUpload).length, 1);
}

/** The quick exit, by button and by Shift three times: away, with a decoy, and nothing left behind. */
async function exits(trip) {
  for (const away of [(actor) => actor.press("exit"), (actor) => shiftThrice(actor.page)]) {
    trip.gate.take();
    const { page, actor } = await visit(trip);
    await report.begin(actor);
    await actor.at("form");
    const left = page.waitForRequest((request) => request.isNavigationRequest());
    await away(actor);
    assert.ok(!(await left).url().startsWith(trip.origin));
    await trip.gate.until(isUpload);
    assert.equal(trip.gate.take().filter(isUpload).length, 1);
    await page.close();
  }
}

async function shiftThrice(page) {
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Shift");
}
