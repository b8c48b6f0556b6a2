/**
 * Seals many messages for `tests/tests/shapes.rs`, which compares them with those of the Rust programs:
 *
 *   node bench/run.mjs tests/core-shapes.ts FOLDER COUNT
 *
 * Writes FOLDER/texts.bin, the sealed texts and decoys one after the other; FOLDER/evidence-N.age; and
 * FOLDER/index.json, which says what is inside.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "../src/formats/ids.ts";
import { type Message, prepareReport, sealDecoy } from "../src/sealing/report.ts";
import { collect, random } from "./core-vectors.ts";
import { card, evidence, headers, message, newKeys } from "./core-world.ts";

const DESKS = card.card.desks.map(({ id }) => id);
const KEYS = newKeys();
const SIZES = [1, 20_000, 70_000, 1_500_000];
const [folder = "", count = ""] = process.argv.slice(2);

/** Every third is a decoy, one goes to both desks, one leaves a desk out. */
async function sealText(
  number: number,
): Promise<{ sealed: Uint8Array; to: string[]; message: string | null }> {
  if (number % 3 === 0) return { sealed: await sealDecoy(DESKS.length, random), to: [], message: null };
  const to = number % 3 === 1 ? DESKS : DESKS.slice(0, 1);
  return await sealMessage({ to, message: "x".repeat(number * 20) });
}

async function sealMessage(
  change: Partial<Message>,
): Promise<{ sealed: Uint8Array; to: string[]; message: string }> {
  const sealing = prepareReport(message(change), card, headers, KEYS, random);
  const sealed = await collect(sealing.pieces());
  return { sealed, to: change.to ?? [], message: sealing.messageId() };
}

const texts = [];
const bytes = [];
for (let number = 0; number < Number(count); number += 1) {
  const { sealed, ...said } = await sealText(number);
  texts.push(said);
  bytes.push(sealed);
}
const files = [];
for (const [index, size] of SIZES.entries()) {
  const attached = [evidence(size), evidence(7)];
  const { sealed, message: id } = await sealMessage({ to: DESKS, evidence: attached });
  const contents = await Promise.all(
    attached.map(async ({ blob }) => new Uint8Array(await blob.arrayBuffer())),
  );
  writeFileSync(join(folder, `evidence-${index}.age`), sealed);
  files.push({ message: id, evidence: contents.map(digest) });
}
writeFileSync(join(folder, "texts.bin"), Buffer.concat(bytes));
writeFileSync(join(folder, "index.json"), JSON.stringify({ texts, files }));
