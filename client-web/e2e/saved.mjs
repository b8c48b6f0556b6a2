// The saved page: opened from a file it verifies the agency's documents, locks a report into a file and opens an edition.
// The locked file goes in by the form of a browser without JavaScript.

import assert from "node:assert/strict";
import { readdirSync, watch as watchFolder } from "node:fs";
import { join } from "node:path";
import { refuses } from "./lib/refusal.mjs";
import * as report from "./lib/report.mjs";
import { documents, folder, open, savePage } from "./lib/saved.mjs";
import { sample, setOut } from "./lib/visit.mjs";
import { checkDevice, checkLine } from "./lib/watch.mjs";
import { deliver, desk, play, publish } from "./lib/world.mjs";

const REPLY = "Terima kasih. Laporan Anda kami baca.";

await play(async () => {
  const trip = await setOut();
  const saved = await savePage();
  const receipt = await lock(trip, saved, await documents("pertama"));
  const [sealed] = readdirSync(folder("terkunci"));
  await handIn(trip, join(folder("terkunci"), sealed));

  assert.deepEqual((await deliver("inspektorat")).new_cases, [1]);
  const shown = await desk("inspektorat", ["show", "1"]);
  assert.deepEqual(shown.messages[0].answers, report.ANSWERS);
  await desk("inspektorat", ["reply", "1", "--text-file", "-"], `${REPLY}\n`);
  await publish("inspektorat");
  await read(trip, saved, await documents("kedua"), receipt);
  checkLine(trip.gate.take(), [...report.MARKS, receipt]);
  await trip.browser.close();
  trip.gate.close();
});

/** Locks a report into a file; returns the receipt. */
async function lock(trip, saved, files) {
  const { page, actor, leave } = await open(trip, saved);
  await actor.at("offline");
  await actor.choose('[data-do="pick"]', files[1]);
  await refuses(actor, "card-invalid");
  await actor.choose('[data-do="pick"]', ...files);
  await report.begin(actor);
  await report.answer(actor, report.ANSWERING, async () => {
    await report.addFiles(actor, sample("tests/evidence/samples/jpeg-phone.jpg"));
    await report.describe(actor, 1, { kind: "foto" });
  });
  await actor.press("send");
  await actor.at("sending");
  const isSaved = fileIn(folder("terkunci"));
  await actor.press("save-sealed");
  await isSaved;
  await actor.press("continue");
  const receipt = await report.confirmReceipt(actor);
  await checkDevice(page, [...report.MARKS, receipt]);
  await leave();
  return receipt;
}

/** Waits until a browser has finished a file in a folder. */
function fileIn(path) {
  return new Promise((resolve) => {
    const look = () => {
      const names = readdirSync(path);
      if (names.length === 0 || names.some((name) => /\.(?:crdownload|part)$/.test(name))) return;
      watcher.close();
      resolve();
    };
    const watcher = watchFolder(path, look);
    look();
  });
}

/** Hands the file in where no script runs. */
async function handIn(trip, sealed) {
  const context = await trip.browser.createBrowserContext();
  const page = await context.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(`${trip.origin}${trip.path}/`);
  const field = await page.$('form input[type="file"][name="report"]');
  await field.uploadFile(sealed);
  const [answer] = await Promise.all([page.waitForNavigation(), page.click("form button[type=submit]")]);
  assert.equal(answer.status(), 201);
  await context.close();
}

/** Opens the newest edition with the receipt. */
async function read(trip, saved, files, receipt) {
  const { actor, leave } = await open(trip, saved);
  await actor.at("offline");
  await actor.choose('[data-do="pick"]', ...files);
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.press("open-message");
  await actor.at("letter");
  await actor.reads(REPLY);
  await leave();
}
