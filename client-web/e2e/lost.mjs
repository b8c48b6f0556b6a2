// Bad lines and bad servers while evidence is sent: it goes on where it stopped, and nothing is typed again.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { args, ask, deliver, desk, play } from "./lib/world.mjs";

const CONTENT = Buffer.from(
  Uint8Array.from({ length: 900_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff),
);
const isPatch = (asked) => asked.method === "PATCH";

await play(async () => {
  const trip = await setOut();
  const paths = ["satu.bin", "dua.bin"].map((name) => join(args.home, name));
  for (const path of paths) writeFileSync(path, CONTENT);

  await story(trip, paths, 1, breakInside);
  await story(trip, paths, 2, loseTheLastAnswer);
  await story(trip, paths, 3, restartTheServer);
  await story(trip, paths, 4, tellToWait);
  await story(trip, paths, 5, pauseOverARestart);
  await story(trip, paths, 6, giveUpAndBeginAgain);
  await trip.browser.close();
  trip.gate.close();
});

/** Sends a report with two files while `trouble` makes trouble; the desk gets it once, whole. */
async function story(trip, paths, number, trouble) {
  trip.gate.take();
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.ANSWERING, async () => {
    await report.addFiles(actor, ...paths);
    await report.describe(actor, 1, { kind: "audit", choice: "original" });
    await report.describe(actor, 2, { kind: "audit", choice: "original" });
  });
  const check = await trouble(trip.gate, actor);
  await actor.press("send");
  await check?.();
  await report.confirmReceipt(actor);
  await leave();
  const imported = await deliver("inspektorat");
  assert.deepEqual(imported.new_cases, [number]);
  const shown = await desk("inspektorat", ["show", String(number)]);
  assert.deepEqual(shown.messages[0].answers, report.ANSWERS);
  const listed = await desk("inspektorat", ["evidence", "list", String(number)]);
  assert.deepEqual(
    listed.map(({ size }) => size),
    [CONTENT.length, CONTENT.length],
  );
  await desk("inspektorat", ["evidence", "verify", String(number)]);
}

async function breakInside(gate) {
  gate.firmly((asked) => isPatch(asked) && asked.headers["upload-offset"] === "1048576", {
    cutAfter: 100_000,
  });
  return async () => {
    await gate.until((asked) => asked.method === "HEAD");
    await gate.until(
      (asked) => isPatch(asked) && asked.status === 204 && asked.headers["upload-offset"] !== "0",
    );
    const passed = gate.take();
    const asking = passed.findIndex((asked) => asked.method === "HEAD");
    const offset = Number(passed.slice(asking).find(isPatch).headers["upload-offset"]);
    // What was on its way arrived: the rest of the piece followed, no more.
    assert.ok(offset >= 1_048_576 && offset <= 1_148_576, String(offset));
  };
}

async function loseTheLastAnswer(gate) {
  const isLast = (asked) => isPatch(asked) && asked.headers["upload-offset"] !== "0";
  gate.firmly(isLast, { cutAnswer: true });
  return async () => {
    await gate.until((asked) => asked.method === "HEAD");
    assert.equal(gate.take().filter(({ path }) => path.endsWith("/uploads")).length, 1);
  };
}

async function restartTheServer(gate) {
  let go;
  const hold = new Promise((resolve) => {
    go = resolve;
  });
  gate.firmly((asked) => isPatch(asked) && asked.headers["upload-offset"] !== "0", { hold, cutAfter: 0 });
  return async () => {
    await gate.until((asked) => isPatch(asked) && asked.status === 204);
    gate.target = new URL(await ask("restart"));
    go();
    await gate.until((asked) => asked.method === "HEAD");
    assert.equal(gate.take().filter(({ path }) => path.endsWith("/uploads")).length, 1);
  };
}

async function tellToWait(gate, actor) {
  const problem = JSON.stringify({ type: "urn:bisik:problem:busy", title: "", status: 429, detail: "" });
  const headers = { "content-type": "application/problem+json", "retry-after": "2" };
  gate.once(isPatch, { status: 429, headers, body: problem });
  return async () => {
    // The waiting is told, with a way to end it.
    await actor.press("retry");
  };
}

/** Holds the second piece back, and waits until the server has the first one. */
function stopAtTheSecondPiece(gate) {
  let go;
  const hold = new Promise((resolve) => {
    go = resolve;
  });
  gate.once((asked) => isPatch(asked) && asked.headers["upload-offset"] !== "0", { hold });
  return { go, first: () => gate.until((asked) => isPatch(asked) && asked.status === 204) };
}

/** Somebody pauses, the server is started again meanwhile, and sending goes on: with the keyboard alone. */
async function pauseOverARestart(gate, actor) {
  const { go, first } = stopAtTheSecondPiece(gate);
  return async () => {
    await first();
    await actor.reads("1,1 MB dari 2,2 MB");
    await actor.press("pause");
    await actor.reads("Dijeda");
    gate.target = new URL(await ask("restart"));
    go();
    const before = gate.take();
    assert.equal(before.filter(({ path }) => path.endsWith("/uploads")).length, 1);
    // Whoever paused stands on the button that goes on.
    assert.equal(await actor.page.evaluate(() => document.activeElement?.dataset.do), "go-on");
    await actor.page.keyboard.press("Enter");
    await gate.until((asked) => asked.method === "HEAD");
    const after = gate.take();
    assert.equal(after.filter(({ path }) => path.endsWith("/uploads")).length, 0);
  };
}

/** Somebody gives up: the server drops what it has. What was typed stays, and is sent from its beginning. */
async function giveUpAndBeginAgain(gate, actor) {
  const { go, first } = stopAtTheSecondPiece(gate);
  return async () => {
    await first();
    await actor.press("cancel");
    await actor.at("review");
    await gate.until((asked) => asked.method === "DELETE" && asked.status === 204);
    go();
    gate.take();
    await actor.press("send");
    await gate.until(
      (asked) => isPatch(asked) && asked.status === 204 && asked.headers["upload-offset"] === "0",
    );
  };
}
