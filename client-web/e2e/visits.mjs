// What an observer of the line sees is the same for a new text report, a reader without an answer, a reader with one, a
// text follow-up and a visitor who only looks; and the same as for the command line.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { headersOf, shapeOf } from "./lib/watch.mjs";
import { args, deliver, desk, play, publish, reporter } from "./lib/world.mjs";

await play(async () => {
  const trip = await setOut();
  const { gate } = trip;

  /** Makes a visit, waits for its upload, and returns what passed; the page itself comes first. */
  const passing = async (errand) => {
    const { actor, leave } = await visit(trip);
    await actor.at("home");
    const result = await errand(actor);
    await leave();
    const [page, ...rest] = gate.take();
    assert.deepEqual([page.method, page.path], ["GET", `${trip.path}/`]);
    return { result, shape: shapeOf(rest), headers: headersOf(rest) };
  };

  const looking = await passing(() => undefined);
  const writing = await passing(async (actor) => {
    await report.begin(actor);
    await report.answer(actor, report.LEAST);
    await actor.press("send");
    return report.confirmReceipt(actor);
  });
  const receipt = writing.result;
  const readingNothing = await passing((actor) => read(actor, receipt, "none"));
  await deliver("inspektorat");
  await desk("inspektorat", ["reply", "1", "--text-file", "-"], "Terima kasih atas laporan Anda.\n");
  await publish("inspektorat");
  const readingAnswer = await passing((actor) => read(actor, receipt, "letter"));
  const answering = await passing(async (actor) => {
    await read(actor, receipt, "letter");
    await actor.press("reply");
    await actor.at("reply");
    await actor.type('[data-field="message"]', "Map biru itu ada di lemari kedua.");
    await actor.press("send");
    await actor.at("done");
  });

  const { shape, headers } = writing;
  assert.equal(shape.length, 6, shape.join("\n"));
  for (const other of [looking, readingNothing, readingAnswer, answering]) {
    assert.deepEqual(other.shape, shape);
    assert.deepEqual(other.headers, headers);
  }
  await compareWithProgram(trip, shape, receipt);
  await compareEvidence(trip);
  await trip.browser.close();
  gate.close();
});

async function read(actor, receipt, found) {
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.find(found === "letter" ? "[data-desk]" : "[data-empty]");
}

/** Runs the reporter's program through the gate. */
async function program(trip, command, input) {
  const server = `http://127.0.0.1:${trip.gate.port}${trip.path}`;
  await reporter(command, input, server);
  return shapeOf(trip.gate.take());
}

async function compareWithProgram(trip, shape, receipt) {
  writeAnswers([]);
  assert.deepEqual(await program(trip, ["send", "--answers", "answers.json", "--no-check"]), shape);
  assert.deepEqual(await program(trip, ["inbox"], `${receipt}\n`), shape);
  assert.deepEqual(await program(trip, ["reply"], `${receipt}\nMap itu berisi kuitansi.\n`), shape);
}

/** Evidence is a larger upload, in the same pieces whoever sends it. */
async function compareEvidence(trip) {
  const names = ["satu.bin", "dua.bin"];
  const paths = names.map((name) => join(args.home, name));
  for (const path of paths) writeFileSync(path, Buffer.alloc(800_000, 7));
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.LEAST, async () => {
    await report.addFiles(actor, ...paths);
    await report.describe(actor, 1, { kind: "audit", choice: "original" });
    await report.describe(actor, 2, { kind: "audit", choice: "original" });
  });
  await actor.press("send");
  await actor.at("receipt");
  const [, ...page] = trip.gate.take();
  await actor.press("continue");
  await actor.at("retype");
  await actor.press("noted");
  await leave();
  assert.deepEqual(trip.gate.take(), []);
  writeAnswers(names.map((file) => ({ file, kind: "audit", holders: "few", note: "" })));
  const send = ["send", "--answers", "answers.json", "--no-check", "--allow-uncleaned"];
  const sent = await program(trip, send);
  const anonymous = (shape) => shape.map((line) => line.replace(/uploads\/[0-9a-f]{32}/, "uploads/*"));
  assert.deepEqual(anonymous(shapeOf(page)), anonymous(sent));
}

function writeAnswers(evidence) {
  const answers = [
    { field: "kategori", value: { choice: ["suap", "pengadaan"] } },
    {
      field: "apa",
      value: { text: "Pemotongan honor petugas lapangan terjadi setiap bulan tanpa tanda terima." },
    },
    { field: "siapa", entry: 1, part: "jabatan", value: { text: "Kepala bidang rekaan" } },
  ];
  writeFileSync(join(args.home, "answers.json"), JSON.stringify({ answers, leave_out: [], evidence }));
}
