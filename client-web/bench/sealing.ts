/**
 * How fast a report with 10 MB of evidence is sealed, and how long the longest piece of work would keep a page from
 * answering: `node bench/run.mjs [--jitless] bench/sealing.ts`.
 */

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { utf8 } from "../src/formats/bytes.ts";
import { verifyCard } from "../src/formats/card.ts";
import { readHeaders, type VerifiedHeader } from "../src/formats/edition.ts";
import { writeFrames } from "../src/formats/frames.ts";
import { unhex } from "../src/formats/ids.ts";
import { Refusal } from "../src/formats/refusal.ts";
import { newReceipt } from "../src/sealing/receipt.ts";
import { prepareReport, sealDecoy, seenOf } from "../src/sealing/report.ts";
import { threadKeys } from "../src/sealing/schedule.ts";

const SIZE = 10_000_000;
const random = (length: number) => globalThis.crypto.getRandomValues(new Uint8Array(length));
const read = (name: string) => JSON.parse(readFileSync(`../tests/vectors/${name}`, "utf8"));

/** Watches how long the event loop is held; a page is kept from answering as long. */
class Watch {
  longest = 0;
  #last = performance.now();
  #timer = setInterval(() => this.#tick(), 0);

  stop(): number {
    clearInterval(this.#timer);
    this.#tick();
    return this.longest;
  }

  #tick(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }
}

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const watch = new Watch();
  const start = performance.now();
  await work();
  const spent = performance.now() - start;
  process.stdout.write(`${name.padEnd(34)} ${spent.toFixed(0).padStart(7)} ms, longest slice ${watch.stop().toFixed(0)} ms\n`);
}

const agency = read("card.json").agency;
const card = verifyCard(unhex(read("edition.json").bundle), agency);
const headers = readHeaders(writeFrames([utf8(read("edition.json").note)]), card).filter(
  (one): one is VerifiedHeader => !(one instanceof Refusal),
);
const keys = threadKeys(newReceipt(agency, random), agency);
const blob = new Blob(Array.from({ length: SIZE / 50_000 }, () => random(50_000)));
const sealing = prepareReport(
  {
    kind: "follow-up",
    to: ["inspektorat"],
    seen: seenOf(headers),
    language: "id",
    answers: [],
    message: "",
    evidence: [{ blob, extension: "bin", kind: "foto", holders: "unknown", note: "", cleaned: false }],
  },
  card,
  headers,
  keys,
  random,
);
await timed("verify card", async () => verifyCard(unhex(read("edition.json").bundle), agency));
await timed("derive the keys of a thread", async () => threadKeys(newReceipt(agency, random), agency));
await timed("decoy, 8 desks", () => sealDecoy(8, random));
for (const turn of ["cold", "warm", "warm"]) {
  await timed(`10 MB of evidence, ${turn}`, async () => {
    for await (const _ of sealing.pieces());
  });
}
