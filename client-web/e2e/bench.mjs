// What the page costs on a slow phone and a slow line: one line of JSON with the figures.
//
// `--url` and `--fingerprint` name the box, as for the stories; `--home` is a folder for the evidence.

import { randomFillSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as report from "./lib/report.mjs";
import { documents, open, savePage } from "./lib/saved.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { args } from "./lib/world.mjs";

/** How much slower the processor is made. */
const SLOWER = 4;
/** One million bits a second, in bytes. */
const LINE = 125_000;
/** Milliseconds there and back on that line. */
const DELAY = 50;
/** Bytes of the evidence. */
const EVIDENCE = 10_000_000;

const trip = await setOut();
const evidence = join(args.home, "bukti.bin");
writeFileSync(evidence, randomFillSync(Buffer.alloc(EVIDENCE)));
const figures = { first_screen: await firstScreen(), seal: await seal(evidence), send: await send(evidence) };
await trip.browser.close();
trip.gate.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Milliseconds from the beginning of the visit until both buttons of the first screen are drawn. */
async function firstScreen() {
  const prepare = async (page) => {
    await slowDown(page, true);
    await page.evaluateOnNewDocument(note);
  };
  const { page, leave } = await visit(trip, { prepare, wait: false });
  const drawn = await page.waitForFunction(() => globalThis.drawnAt, { timeout: 60_000 });
  const figure = await drawn.jsonValue();
  await leave();
  return figure;
}

/** Keeps the moment after the first screen was drawn. */
function note() {
  const look = () => {
    if (document.querySelector('main[data-screen="home"] [data-do="return"]') === null) {
      requestAnimationFrame(look);
    } else {
      // After this frame is on the screen.
      requestAnimationFrame(() => setTimeout(() => (globalThis.drawnAt = performance.now())));
    }
  };
  requestAnimationFrame(look);
}

/** Seconds from "lock" until the locked file is there, in the saved page: sealing alone, without a network. */
async function seal(evidence) {
  const { page, actor, leave } = await open(trip, await savePage());
  await actor.at("offline");
  await actor.choose('[data-do="pick"]', ...(await documents("unduhan")));
  await fill(actor, evidence);
  await slowDown(page, false);
  const begin = performance.now();
  await actor.press("send");
  await page.waitForSelector('[data-do="save-sealed"]', { timeout: 120_000 });
  const took = performance.now() - begin;
  await leave();
  return took / 1000;
}

/** Seconds from "send" until the receipt. */
async function send(evidence) {
  const { page, actor, leave } = await visit(trip);
  await fill(actor, evidence);
  await slowDown(page, false);
  const begin = performance.now();
  await actor.press("send");
  await page.waitForSelector('main[data-screen="receipt"]', { timeout: 120_000 });
  const took = performance.now() - begin;
  await report.confirmReceipt(actor);
  await leave();
  return took / 1000;
}

async function fill(actor, evidence) {
  await report.begin(actor);
  await report.answer(actor, report.LEAST, async () => {
    const place = await report.addFiles(actor, evidence);
    await report.describe(actor, place, { kind: "lainnya", choice: "original" });
  });
}

async function slowDown(page, line) {
  const session = await page.createCDPSession();
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  if (!line) return;
  await session.send("Network.enable");
  const speed = { downloadThroughput: LINE, uploadThroughput: LINE };
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: DELAY, ...speed });
}
