// The whole story: report with three files and a desk left out, receipt, return, request for completeness, follow-up,
// close. The desk shows exactly what was typed; nothing leaves the origin, no plain word passes, the device keeps nothing.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as report from "./lib/report.mjs";
import { sample, setOut, visit } from "./lib/visit.mjs";
import { checkDevice, checkLine } from "./lib/watch.mjs";
import { args, deliver, desk, play, publish } from "./lib/world.mjs";

const NAME = "catatan-rahasia-77.csv";
const LEDGER = Buffer.alloc(900_000, "BUKTI-9C41;\0");
const REPLY = "Terima kasih. Kami membutuhkan satu hal lagi.";
const QUESTIONS = ["Di mana pembayaran dilakukan?", "Siapa yang menyerahkan uangnya?"];
const MARKS = [...report.MARKS, NAME, "BUKTI-9C41", "warung kopi seberang"];

await play(async () => {
  const trip = await setOut();
  const ledger = join(args.home, NAME);
  writeFileSync(ledger, LEDGER);

  const { receipt, messageId } = await sendReport(trip, ledger);
  await checkDesks(messageId);
  await answerAtDesk();
  const later = await comeBackAndAnswer(trip, receipt);
  await checkFollowUp(later);
  await close(trip, receipt);

  const words = [...MARKS, receipt, ...receipt.split("-").map((group) => `"${group}"`)];
  checkLine(trip.gate.take(), words);
  await trip.browser.close();
  trip.gate.close();
});

async function sendReport(trip, ledger) {
  const { page, actor, leave } = await visit(trip);
  const entries = await checkDevice(page, MARKS);
  await report.begin(actor, "yes");
  await actor.at("desks");
  await actor.pick('[data-field="desk-dinas"]');
  await actor.press("continue");
  await report.answer(actor, report.ANSWERING, async () => {
    await report.addFiles(actor, sample("tests/evidence/samples/jpeg-phone.jpg"));
    // The part of the page that cleans documents starts for this one.
    await report.addFiles(actor, sample("tests/evidence/samples/pdf-rich.pdf"), ledger);
    await report.describe(actor, 1, { kind: "foto", holders: "many", note: "papan proyek" });
    await report.describe(actor, 2, { kind: "surat", choice: "cleaned" });
    await report.describe(actor, 3, { kind: "audit", holders: "few", choice: "original", keepName: true });
  });
  await actor.reads("Meja inspektorat");
  await actor.press("send");
  const receipt = await report.confirmReceipt(actor);
  const messageId = await report.messageId(actor);
  assert.equal(await checkDevice(page, [...MARKS, receipt]), entries, "the history grew");
  await leave();
  return { receipt, messageId };
}

async function checkDesks(messageId) {
  // The desk that is left out opens nothing.
  await deliver("dinas");
  assert.deepEqual(await desk("dinas", ["list", "--all"]), []);
  const imported = await deliver("inspektorat");
  assert.deepEqual(imported.new_cases, [1]);
  const shown = await desk("inspektorat", ["show", "1"]);
  const [message] = shown.messages;
  assert.equal(message.id, messageId);
  assert.deepEqual(message.answers, report.ANSWERS);
  const listed = await desk("inspektorat", ["evidence", "list", "1"]);
  assert.deepEqual(
    listed.map(({ size, name }) => [size, name]),
    [
      [listed[0].size, null],
      [listed[1].size, null],
      [LEDGER.length, NAME],
    ],
  );
  await desk("inspektorat", ["evidence", "verify", "1"]);
  for (const number of ["1", "2"]) await checkCleaned(number);
}

/** What was planted in a sample begins with RAHASIA; nothing of it has come along. */
async function checkCleaned(number) {
  const to = `bukti-${number}`;
  await desk("inspektorat", ["evidence", "export", "1", "1", number, "--to", to, "--yes"]);
  const folder = join(args.home, to);
  const [name] = readdirSync(folder);
  const bytes = readFileSync(join(folder, name));
  assert.ok(bytes.length > 1000 && !bytes.includes("RAHASIA"), `evidence ${number}`);
}

async function answerAtDesk() {
  await desk("inspektorat", ["status", "1", "perlu_lengkap"]);
  const questions = join(args.home, "questions.txt");
  writeFileSync(questions, `${QUESTIONS.join("\n")}\n`);
  await desk("inspektorat", ["reply", "1", "--text-file", "-", "--questions-file", questions], `${REPLY}\n`);
  await publish("inspektorat");
}

async function comeBackAndAnswer(trip, receipt) {
  const { page, actor, leave } = await visit(trip);
  await report.comeBack(actor, receipt.toLowerCase().replaceAll("-", " "));
  await actor.at("inbox");
  await actor.reads("Kami membutuhkan tambahan");
  await actor.press("open-message");
  await actor.at("letter");
  await actor.reads(REPLY);
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("questions");
  await actor.at("reply");
  await checkLanguage(actor);
  for (const question of QUESTIONS) await actor.reads(question);
  await actor.type('[data-field="question-1"]', "Di warung kopi seberang kantor.");
  await actor.type('[data-field="message"]', "Itu saja yang saya tahu.");
  await actor.press("send");
  await actor.at("done");
  const messageId = await report.messageId(actor);
  await checkDevice(page, [...MARKS, receipt]);
  await leave();
  return messageId;
}

/** What is wrong stands there in the language of the page, also when that changes afterwards. */
async function checkLanguage(actor) {
  await actor.press("send");
  await actor.reads("Pesan masih kosong.");
  await actor.press("language");
  await actor.reads("The message is still empty.");
  await actor.press("language");
  await actor.reads("Pesan masih kosong.");
}

async function checkFollowUp(messageId) {
  assert.deepEqual((await deliver("inspektorat")).messages, [1]);
  const shown = await desk("inspektorat", ["show", "1"]);
  const message = shown.messages[1];
  assert.equal(message.id, messageId);
  assert.equal(
    message.message,
    `> ${QUESTIONS[0]}\nDi warung kopi seberang kantor.\n\nItu saja yang saya tahu.`,
  );
  await publish("inspektorat");
}

async function close(trip, receipt) {
  const { actor, leave } = await visit(trip);
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.press("close");
  await actor.at("close");
  await actor.press("close");
  await actor.press("confirm");
  await actor.at("closed");
  await leave();
  await deliver("inspektorat");
  const [listed] = await desk("inspektorat", ["list", "--all"]);
  assert.equal(listed.reporter_closed, true);
}
