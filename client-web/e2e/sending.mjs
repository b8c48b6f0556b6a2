// Bad days while something is sent, and at the choice of desks and files: what is typed stays.

import assert from "node:assert/strict";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { problem, refuses } from "./lib/refusal.mjs";
import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { args, deliver, desk, play } from "./lib/world.mjs";

const isUpload = ({ method, path }) => method === "POST" && path.endsWith("/reports");

const REFUSALS = [
  [413, "report-too-large", "server-too-large"],
  [422, "report-shape", "server-shape"],
  [422, "report-desks", "server-desks"],
  [507, "full", "server-full"],
  [500, "internal", "server-failed"],
  [418, "never-heard-of", "server-odd"],
];

await play(async () => {
  const trip = await setOut();
  await refusals(trip);
  await lostLine(trip);
  await noDesk(trip);
  await files(trip);
  await memory(trip);
  await trip.browser.close();
  trip.gate.close();
});

/** Every refusal has its screen; the way back leads to what is typed, which arrives in the end. */
async function refusals(trip) {
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.ANSWERING);
  for (const [status, code, ours] of REFUSALS) {
    trip.gate.once(isUpload, problem(status, code));
    await actor.press("send");
    await actor.at("sending");
    await refuses(actor, ours);
    await actor.press("cancel");
    await actor.at("review");
  }
  trip.gate.once(isUpload, problem(422, "proof-of-work"));
  await actor.press("send");
  await report.confirmReceipt(actor);
  await leave();
  assert.deepEqual((await deliver("inspektorat")).new_cases, [1]);
  const shown = await desk("inspektorat", ["show", "1"]);
  assert.deepEqual(shown.messages[0].answers, report.ANSWERS);
}

/** The line breaks; the page tries again by itself. */
async function lostLine(trip) {
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.LEAST);
  trip.gate.firmly(isUpload, { cutAnswer: true });
  await actor.press("send");
  await report.confirmReceipt(actor);
  await leave();
  // The first attempt had arrived, its answer was lost: the same bytes again are no second report.
  assert.deepEqual((await deliver("inspektorat")).new_cases, [2]);
}

async function noDesk(trip) {
  const { actor, leave } = await visit(trip);
  await report.begin(actor, "yes");
  await actor.at("desks");
  for (const name of ["inspektorat", "dinas"]) await actor.pick(`[data-field="desk-${name}"]`);
  await actor.press("continue");
  await actor.find("[data-summary]");
  await actor.at("desks");
  await actor.pick('[data-field="desk-dinas"]');
  await actor.press("continue");
  await actor.at("form");
  await leave();
}

async function files(trip) {
  const paths = ["kosong.bin", "besar.bin", "berubah.bin"].map((name) => join(args.home, name));
  const [empty, large, changing] = paths;
  writeFileSync(empty, "");
  writeFileSync(large, Buffer.alloc(1_000_001, 1));
  writeFileSync(changing, Buffer.alloc(50_000, 1));
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.ANSWERING, async () => {
    for (const path of [empty, large]) {
      await report.addFiles(actor, path);
      await actor.press("continue");
      await actor.find("[data-summary]");
      await actor.at("evidence");
      await actor.press("remove-file");
      await actor.page.waitForFunction(() => document.querySelector("[data-file]") === null);
    }
    await report.addFiles(actor, changing);
    await report.describe(actor, 1, { kind: "audit", choice: "original" });
  });
  appendFileSync(changing, "more");
  await actor.press("send");
  await actor.at("sending");
  await refuses(actor, "file-changed");
  await actor.press("cancel");
  await actor.at("review");
  await actor.click('[data-do="change"][data-field="bukti"]');
  await actor.at("evidence");
  await actor.press("remove-file");
  await actor.press("continue");
  await actor.at("review");
  await actor.press("send");
  await report.confirmReceipt(actor);
  await leave();
}

/** A small phone has no memory left while a file is read. */
async function memory(trip) {
  const path = join(args.home, "foto.bin");
  writeFileSync(path, Buffer.alloc(50_000, 1));
  const { page, actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.LEAST, async () => {
    await report.addFiles(actor, path);
    await report.describe(actor, 1, { kind: "audit", choice: "original" });
  });
  await page.evaluate(() => {
    Blob.prototype.arrayBuffer = () => Promise.reject(new RangeError("Array buffer allocation failed"));
  });
  await actor.press("send");
  await actor.at("sending");
  await refuses(actor, "out-of-memory");
  await actor.press("cancel");
  await actor.at("review");
  await leave();
}
