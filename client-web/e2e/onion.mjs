// The story over Tor: a report, its answer, a question answered. There is no gate before the server here, only Tor.

import assert from "node:assert/strict";
import { Actor } from "./lib/actor.mjs";
import { launch } from "./lib/browser.mjs";
import * as report from "./lib/report.mjs";
import { checkDevice, watch } from "./lib/watch.mjs";
import { args, deliver, desk, play, publish } from "./lib/world.mjs";

const REPLY = "Terima kasih. Di mana map itu sekarang?";
const ANSWER = "Map biru itu ada di lemari kedua.";

await play(async () => {
  const browser = await launch(args.browser, args.socks);
  const receipt = await visit(browser, async (actor) => {
    await report.begin(actor);
    await report.answer(actor, report.LEAST);
    await actor.press("send");
    return report.confirmReceipt(actor);
  });
  const [number] = (await deliver("inspektorat")).new_cases;
  const id = String(number);
  const shown = await desk("inspektorat", ["show", id]);
  assert.equal(shown.messages[0].answers[1].value.text, report.WHAT);
  await desk("inspektorat", ["reply", id, "--text-file", "-"], `${REPLY}\n`);
  await publish("inspektorat");
  await visit(browser, async (actor) => {
    await report.comeBack(actor, receipt);
    await report.readAndAnswer(actor, REPLY, ANSWER);
  });
  assert.deepEqual((await deliver("inspektorat")).messages, [number]);
  const later = await desk("inspektorat", ["show", id]);
  assert.equal(later.messages[1].message, ANSWER);
  await browser.close();
});

/** Makes a visit that sends something; the page goes nowhere but to the service, and keeps nothing. */
async function visit(browser, errand) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const watched = watch(page, new URL(args.url).origin);
  await page.goto(`${args.url}/`);
  const actor = new Actor(page);
  await actor.find('[data-visit="ready"]');
  const result = await errand(actor);
  await checkDevice(page, [...report.MARKS, ANSWER, REPLY]);
  watched.check();
  await context.close();
  return result;
}
