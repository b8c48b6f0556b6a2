// The saved page: opened from a file it verifies the agency's documents, locks a report into a file and opens an edition.
// The locked file goes in by the form of a browser without JavaScript.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, watch as watchFolder, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Actor } from "./lib/actor.mjs";
import { refuses } from "./lib/refusal.mjs";
import * as report from "./lib/report.mjs";
import { sample, setOut } from "./lib/visit.mjs";
import { checkDevice, checkLine, watch } from "./lib/watch.mjs";
import { args, deliver, desk, play, publish } from "./lib/world.mjs";

const REPLY = "Terima kasih. Laporan Anda kami baca.";

await play(async () => {
  const trip = await setOut();
  const saved = join(args.home, "halaman.html");
  writeFileSync(saved, await download(`${args.url}/`));
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

async function download(address) {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  return Buffer.from(await response.arrayBuffer());
}

function folder(name) {
  const path = join(args.home, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Downloads what the page of files links to, under names that tell nothing. */
async function documents(name) {
  const list = (await download(`${args.url}/files`)).toString();
  // The page says everything twice, in both languages.
  const found = new Set([...list.matchAll(/href="([^"]+)"/g)].map(([, link]) => link));
  const links = [...found].map((link) => new URL(link, `${args.url}/files`).href);
  const wanted = links.filter((link) => /\/(?:card|headers|editions\/[^/]+\/[0-9]+)$/.test(link));
  assert.equal(wanted.length, 4, list);
  const paths = wanted.map((_, place) => join(folder(name), `unduhan (${place})`));
  for (const [place, link] of wanted.entries()) writeFileSync(paths[place], await download(link));
  return paths;
}

/** Opens the saved page. */
async function open(trip, saved) {
  const downloadBehavior = { policy: "allow", downloadPath: folder("terkunci") };
  const context = await trip.browser.createBrowserContext({ downloadBehavior });
  const page = await context.newPage();
  await page.setViewport({ width: 360, height: 740 });
  const watched = watch(page, "file://");
  await page.goto(pathToFileURL(saved).href);
  const leave = async () => {
    watched.check();
    await context.close();
  };
  return { page, actor: new Actor(page), leave };
}

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
