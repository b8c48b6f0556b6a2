// A tour of every screen of the page, with whatever can stand on it; at each stop somebody looks.

import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { clockBy, idleClock, problem } from "./refusal.mjs";
import * as report from "./report.mjs";
import { sample, visit } from "./visit.mjs";
import { args, deliver, desk, publish } from "./world.mjs";

const isUpload = ({ method, path }) => method === "POST" && path.endsWith("/reports");
const isCard = ({ path }) => path.endsWith("/card");

/** Goes everywhere; `look(page, name)` is called at each stop. `options` are those of the windows. */
export async function tour(trip, look, options = {}) {
  const open = async ({ prepare, ...more } = {}) => {
    const both = async (page) => {
      await options.prepare?.(page);
      await prepare?.(page);
    };
    const visited = await visit(trip, { ...options, ...more, prepare: both });
    return { ...visited, stop: (name) => look(visited.page, name) };
  };
  await stopped(trip, open);
  await aside(trip, open);
  const receipt = await writing(trip, open);
  await returning(trip, open, receipt);
}

async function stopped(trip, open) {
  const old = await open({ prepare: clockBy(500), wait: false });
  await old.actor.at("stopped");
  await old.stop("stopped-clock");
  await old.leave();
  const end = trip.gate.always(isCard, { cutAnswer: true });
  const lost = await open({ wait: false });
  await lost.actor.at("stopped");
  await lost.stop("stopped-lost");
  await lost.leave();
  end();
  const agent = "Mozilla/5.0 (Linux; Android 13; wv) Chrome/120.0.0.0 Mobile Instagram 309.0";
  const inApp = await open({ prepare: (page) => page.setUserAgent(agent), wait: false });
  await inApp.actor.at("device");
  await inApp.stop("device");
  await inApp.leave();
}

/** The saved page before it has its documents, and the question whether somebody is there. */
async function aside(trip, open) {
  const path = join(args.home, "halaman.html");
  const page = await fetch(`http://127.0.0.1:${trip.gate.port}${trip.path}/`);
  writeFileSync(path, await page.text());
  const address = pathToFileURL(path).href;
  const offline = await open({ address, wait: false });
  await offline.actor.at("offline");
  await offline.stop("offline");
  await offline.leave();
  const idle = await open({ prepare: idleClock });
  await idle.page.evaluate(() => globalThis.later(19));
  await idle.actor.at("idle");
  await idle.stop("idle");
  await idle.leave();
}

async function writing(trip, open) {
  const { page, actor, leave, stop } = await open();
  await actor.at("home");
  await stop("home");
  for (const aside of ["help", "key"]) {
    await actor.press(aside);
    await actor.at(aside);
    await stop(aside);
    await actor.press("back");
    await actor.at("home");
  }
  await actor.press("report");
  await actor.at("before");
  await stop("before");
  await actor.press("continue");
  await actor.at("self-check");
  for (const id of ["pejabat", "kerugian"]) await actor.pick(`[data-field="check-${id}"][value="no"]`);
  await actor.pick('[data-field="check-konflik"][value="yes"]');
  await stop("self-check");
  await actor.press("continue");
  await actor.at("desks");
  await stop("desks");
  await actor.press("continue");
  await questions(actor, stop);
  await actor.at("review");
  await stop("review");
  await actor.press("give-up");
  await actor.at("exit-warning");
  await stop("exit-warning");
  await actor.press("stay");
  await actor.at("review");
  await sending(trip, actor, stop);
  const receipt = await report.readReceipt(actor);
  await stop("receipt");
  await actor.press("continue");
  await actor.at("retype");
  await stop("retype");
  await actor.press("check");
  await actor.find("[data-summary]");
  await stop("retype-wrong");
  await actor.press("noted");
  await actor.at("done");
  await stop("done");
  await page.evaluate(() => scrollTo(0, 0));
  await leave();
  return receipt;
}

/** Each question with its answer; the first also with an error, the evidence with files of several kinds. */
async function questions(actor, stop) {
  const answering = {};
  for (const [id, how] of Object.entries(report.ANSWERING)) {
    if (typeof how !== "function") continue;
    answering[id] = async (person) => {
      if (id === "kategori" || id === "apa") {
        await person.press("continue");
        await person.find("[data-summary]");
        await stop(`form-${id}-wrong`);
      }
      await how(person);
      if (id === "apa")
        await person.type('[data-field="apa"]', `${report.WHAT} Saya selaku bendahara, HP 081234567890.`);
      await stop(`form-${id}`);
    };
  }
  await report.answer(actor, { ...answering, pernah_lapor: "unknown" }, async () => {
    await report.addFiles(actor, sample("tests/evidence/samples/jpeg-phone.jpg"));
    await report.addFiles(actor, sample("tests/evidence/samples/photo.heic"));
    await stop("evidence");
    await actor.press("continue");
    await actor.find("[data-summary]");
    await stop("evidence-wrong");
    await report.describe(actor, 1, { kind: "foto", holders: "few" });
    await report.describe(actor, 2, { kind: "foto", choice: "original" });
  });
}

/** Every state of the sending. */
async function sending(trip, actor, stop) {
  let go;
  const hold = new Promise((resolve) => {
    go = resolve;
  });
  trip.gate.firmly(isUpload, { hold, cutAnswer: true });
  await actor.press("send");
  await actor.at("sending");
  await stop("sending");
  go();
  await actor.find('[data-do="retry"]');
  await stop("sending-waiting");
  trip.gate.once(isUpload, problem(507, "full"));
  await actor.press("retry");
  await actor.find("[data-refusal]");
  await stop("sending-failed");
  await actor.press("resume");
}

async function returning(trip, open, receipt) {
  const first = await open();
  await report.comeBack(first.actor, `${receipt.slice(0, -1)}${receipt.endsWith("A") ? "B" : "A"}`);
  await first.actor.find("[data-summary]");
  await first.stop("return-wrong");
  await first.actor.type('[data-field="receipt"]', receipt);
  await first.stop("return");
  await first.actor.press("open");
  await first.actor.at("inbox");
  await first.stop("inbox-empty");
  await first.leave();

  await answerAtDesk();
  const { actor, leave, stop } = await open();
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await stop("inbox");
  await actor.press("open-message");
  await actor.at("letter");
  await stop("letter");
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("questions");
  await actor.at("reply");
  await stop("reply");
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("add-evidence");
  await actor.at("evidence-more");
  await stop("evidence-more");
  await pausing(trip, actor, stop);
  await actor.at("evidence-more");
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("close");
  await actor.at("close");
  await actor.press("close");
  await actor.find('[data-do="confirm"]');
  await stop("close");
  await actor.press("confirm");
  await actor.at("closed");
  await stop("closed");
  await leave();
}

/** Evidence on its way, paused, and given up. */
async function pausing(trip, actor, stop) {
  const paths = ["rekaman-1.bin", "rekaman-2.bin"].map((name) => join(args.home, name));
  for (const path of paths) writeFileSync(path, Buffer.alloc(900_000, 1));
  await report.addFiles(actor, ...paths);
  for (const card of [1, 2]) await report.describe(actor, card, { kind: "audit", choice: "original" });
  let go;
  const hold = new Promise((resolve) => {
    go = resolve;
  });
  trip.gate.once((asked) => asked.method === "PATCH" && asked.headers["upload-offset"] !== "0", { hold });
  await actor.press("send");
  await actor.at("sending");
  await actor.reads("1,1 MB dari 2,2 MB");
  await stop("sending-evidence");
  await actor.press("pause");
  await actor.find('[data-do="go-on"]');
  await stop("sending-paused");
  await actor.press("cancel");
  go();
}

async function answerAtDesk() {
  await deliver("inspektorat");
  const questions = join(args.home, "questions.txt");
  writeFileSync(questions, "Di mana pembayaran dilakukan?\nSiapa yang menyerahkan uangnya?\n");
  appendFileSync(questions, `Apakah ${"panjang".repeat(12)} itu benar?\n`);
  await desk("inspektorat", ["status", "1", "perlu_lengkap"]);
  const reply = ["reply", "1", "--text-file", "-", "--questions-file", questions, "--words-checked"];
  await desk(
    "inspektorat",
    reply,
    `Terima kasih.\n\nKami membaca laporan Anda. ${"sangat".repeat(20)}\n<b>bukan tebal</b>\n`,
  );
  await publish("inspektorat");
}
