// What a browser with a lasting profile keeps of a whole visit: the address of the page, and nothing that was written.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { HOST, launchWithProfile } from "./lib/browser.mjs";
import { openGate } from "./lib/gate.mjs";
import { placesOf, spellings } from "./lib/profile.mjs";
import * as report from "./lib/report.mjs";
import { visit } from "./lib/visit.mjs";
import { args, deliver, desk, play, publish } from "./lib/world.mjs";

const NAME = "catatan-rahasia-77.csv";
const LEDGER = Buffer.alloc(900_000, "BUKTI-9C41;\0");
const REPLY = "Berkas Anda sudah kami teruskan ke bagian pemeriksaan khusus.";
const LATER = "Tambahan dari saya: kuncinya disimpan di laci meja depan.";
const TYPED = "Kalimat yang belum selesai ketika peramban dimatikan paksa";
/** What is planted as a careless page would leave it: each must be found, or the search is worth nothing. */
const CANARIES = [
  "kenari-alamat-31",
  "kenari-isian-32",
  "kenari-simpanan-33",
  "kenari-larik-34",
  "kenari-singgahan-35",
];

await play(async () => {
  const home = join(args.home, "profil");
  mkdirSync(home);
  const gate = await openGate(args.url);
  const words = [...report.MARKS, "sepuluh persen", NAME, "BUKTI-9C41", REPLY, LATER];

  const receipt = await inBrowser(home, gate, reporting);
  await deliver("inspektorat");
  await desk("inspektorat", ["reply", "1", "--text-file", "-"], `${REPLY}\n`);
  await publish("inspektorat");
  await inBrowser(home, gate, (trip) => returning(trip, receipt));
  words.push(...spellings(receipt));
  assert.deepEqual(placesOf(home, words), [], "after two visits");
  assert.notDeepEqual(placesOf(home, [HOST]), [], "the profile does not even hold the address");

  // A browser that is killed has no time to tidy up, and offers to restore what was on the screen.
  await inBrowser(home, gate, (trip) => dying(trip, receipt));
  assert.deepEqual(placesOf(home, [...words, TYPED]), [], "after a browser that was killed");

  await inBrowser(home, gate, careless);
  const found = placesOf(home, CANARIES);
  for (const canary of CANARIES) {
    const places = found.filter(([word]) => word === canary).map(([, place]) => place);
    assert.notDeepEqual(places, [], `the search does not find ${canary}`);
    process.stderr.write(`${canary}: ${places.join(", ")}\n`);
  }
  gate.close();
});

/** Opens a browser with the profile, and closes it as a person does. */
async function inBrowser(home, gate, work) {
  const browser = await launchWithProfile(home);
  const trip = { gate, browser, profile: true, origin: `http://${HOST}:${gate.port}` };
  trip.path = new URL(args.url).pathname;
  const result = await work(trip);
  await browser.close();
  return result;
}

/** A report with evidence. */
async function reporting(trip) {
  const ledger = join(args.home, NAME);
  writeFileSync(ledger, LEDGER);
  const { actor, leave } = await visit(trip);
  await report.begin(actor);
  await report.answer(actor, report.ANSWERING, async () => {
    await report.addFiles(actor, ledger);
    await report.describe(actor, 1, { kind: "audit", choice: "original", keepName: true });
  });
  await actor.press("send");
  const receipt = await report.confirmReceipt(actor);
  await leave();
  return receipt;
}

/** Coming back, reading the letter, answering. */
async function returning(trip, receipt) {
  const { actor, leave } = await visit(trip);
  await report.comeBack(actor, receipt);
  await report.readAndAnswer(actor, REPLY, LATER);
  await leave();
}

/** Writing, when the power goes. */
async function dying(trip, receipt) {
  const { page, actor } = await visit(trip);
  await actor.press("return");
  await actor.at("return");
  await actor.type('[data-field="receipt"]', receipt);
  await actor.press("back");
  await report.begin(actor);
  await report.answer(actor, { ...report.LEAST, apa: (person) => person.type('[data-field="apa"]', TYPED) });
  await actor.reads(TYPED);
  await actor.click('[data-do="change"][data-field="apa"]');
  await actor.at("form");
  // Chromium writes down what is on the screen some seconds after it changed; this is what it must not find.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 6000)));
  trip.browser.process().kill("SIGKILL");
}

/** A page as others make them: a form by GET, storage, a database, the cache. */
async function careless(trip) {
  const [, , stored, row, cached] = CANARIES;
  const headers = { "content-type": "text/html", "cache-control": "max-age=3600" };
  const form = `<form><input name="q"><textarea name="t"></textarea><button>go</button></form><!-- ${cached} -->`;
  const server = createServer((_, response) => response.writeHead(200, headers).end(form));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await trip.browser.newPage();
  await page.goto(`http://${HOST}:${server.address().port}/`);
  await page.type("input", CANARIES[0]);
  await page.type("textarea", CANARIES[1]);
  await page.evaluate(keep, stored, row);
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  await page.close();
  server.closeAllConnections();
  server.close();
}

/** Keeps words as pages can. */
async function keep(stored, row) {
  localStorage.setItem("a", stored);
  const opening = indexedDB.open("b", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("c");
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const change = opening.result.transaction("c", "readwrite", { durability: "strict" });
  change.objectStore("c").put(row, 1);
  await new Promise((resolve) => {
    change.oncomplete = resolve;
  });
}
