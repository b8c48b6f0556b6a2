/**
 * Makes documents, sound and damaged, and says of each whether this implementation takes it. `tests/tests/agree.rs`
 * asks the Rust programs the same:
 *
 *   node bench/run.mjs tests/core-agree.ts FILE COUNT
 *
 * Signatures are made after the damage, so that what is judged is the content. FILE gets one JSON object a line.
 */

import { writeFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { answers, checkAnswers } from "../src/formats/answers.ts";
import { concat, utf8 } from "../src/formats/bytes.ts";
import { verifyCard } from "../src/formats/card.ts";
import { type EditionHeader, readHeaders } from "../src/formats/edition.ts";
import { writeFrames } from "../src/formats/frames.ts";
import { hex, unhex } from "../src/formats/ids.ts";
import { fromJson } from "../src/formats/json.ts";
import { sign, verify, verifyKeyOf } from "../src/formats/keys.ts";
import { FormatError, Refusal } from "../src/formats/refusal.ts";
import { seal } from "../src/sealing/hybrid.ts";
import { openLetter } from "../src/sealing/letter.ts";
import { newReceipt, parseReceipt } from "../src/sealing/receipt.ts";
import type { ThreadKeys } from "../src/sealing/schedule.ts";
import { collect, random, type Vector, vectors } from "./core-vectors.ts";
import { agency, card, newKeys, signNote } from "./core-world.ts";

const [path = "", count = ""] = process.argv.slice(2);
const ROOT = new Uint8Array(32).fill(1);
const DESK = new Uint8Array(32).fill(11);

/** Values at the borders of what formats allow, and some beyond. */
const NUMBERS = [0, 1, 2, 3, 4, 20, 21, 60, 61, 64, 400, 401, 1024, 2048, 3650, 3651, 8192, 10_000, 10_001];
const BIG = [2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, 1.5, -1];
const STRINGS = [
  "",
  " ",
  "a",
  "A",
  "_",
  "-",
  "x".repeat(32),
  "x".repeat(33),
  "x".repeat(600),
  "x".repeat(601),
];
const ODD = [
  "é".repeat(300),
  "\u{1F600}",
  "\uFEFF",
  "\u0085",
  "\u2028",
  "\u0000",
  "\u007F",
  "\u00A0",
  "\uD800",
  "\\",
];
const WORDS = [
  "required",
  "optional",
  "identity",
  "source",
  "category",
  "yes_no",
  "place",
  "when",
  "unknown",
  "yes",
];
const DAYS = ["2026-01-01", "2026-02-29", "2024-02-29", "1999-12-31", "9999-12-31", "2026-3-1", "2026-12"];
const TEXT_DAMAGE = [
  " ",
  ",",
  "\n",
  "\\u0041",
  "0",
  "e1",
  ".0",
  "\u{1F600}",
  "}",
  "]",
  '"a":1,',
  "null",
  "\\/",
];

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

/** Returns every place of a tree: what holds it, and its name there. */
function placesOf(tree: Vector): [Vector, string][] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.keys(tree).flatMap((key): [Vector, string][] => [[tree, key], ...placesOf(tree[key])]);
}

/** Changes one place of a tree. */
function damage(tree: Vector): void {
  const places = placesOf(tree);
  const [holder, key] = pick(places);
  const old = holder[key];
  const roll = Math.random();
  if (roll < 0.1) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (roll < 0.2 && Array.isArray(old)) old.push(...JSON.parse(JSON.stringify(old)));
  else if (roll < 0.3) {
    const [other, name] = pick(places);
    holder[key] = JSON.parse(JSON.stringify(other[name]));
  } else if (typeof old === "number") holder[key] = pick([...NUMBERS, ...BIG, old + 1]);
  else if (typeof old === "string") holder[key] = pick([...STRINGS, ...ODD, ...WORDS, ...DAYS, `${old}x`]);
  else if (typeof old === "boolean") holder[key] = !old;
  else holder[key] = pick([null, {}, [], "place", { text: { long: true, min: 1, max: 5 } }]);
}

/** Returns the text of a document with up to three faults, or none. */
function damaged(text: string): string {
  const tree = JSON.parse(text);
  const faults = pick([0, 1, 1, 1, 1, 2, 3]);
  for (let fault = 0; fault < faults; fault += 1) damage(tree);
  const written = JSON.stringify(tree);
  if (Math.random() < 0.85) return written;
  const at = Math.floor(Math.random() * written.length);
  return written.slice(0, at) + pick(TEXT_DAMAGE) + written.slice(at + pick([0, 0, 1]));
}

/** Tells whether `read` takes its document. */
function takes(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof FormatError || error instanceof Refusal) return false;
    throw error;
  }
}

const contentOf = (note: string) => note.split("\n")[3] ?? "";
const [succession = "", cardNote = ""] = vectors("card.json").accepted[0].notes;
const editionNote: string = vectors("edition.json").note;
const places = vectors("answers.json");
const letterFile = vectors("letter.json");
const keys = newKeys();

function cardCase(): Vector {
  const note = signNote("bisik/card/1", "-", damaged(contentOf(cardNote)), ROOT);
  const bundle = writeFrames([utf8(succession), note]);
  return { kind: "card", input: hex(bundle), taken: takes(() => verifyCard(bundle, agency)) };
}

function headerCase(): Vector {
  const note = signNote("bisik/edition/1", "inspektorat", damaged(contentOf(editionNote)), DESK);
  const [found] = takes(() => readHeaders(writeFrames([note]), card))
    ? readHeaders(writeFrames([note]), card)
    : [];
  return { kind: "header", input: hex(note), taken: found !== undefined && !(found instanceof Refusal) };
}

function answersCase(): Vector {
  const text = damaged(pick(places.accepted.slice(1) as Vector[]).answers);
  const read = () => checkAnswers(card.card.form, fromJson(utf8(text), 1 << 16, answers), false);
  return { kind: "answers", input: hex(utf8(text)), taken: takes(read) };
}

async function letterCase(): Promise<Vector> {
  const text = utf8(damaged(letterFile.letter));
  const padded = new Uint8Array(6533).fill(0x20);
  padded.set(text.subarray(0, padded.length));
  async function* plain(): AsyncGenerator<Uint8Array> {
    yield padded;
  }
  const sealed = await collect(seal([keys.recipient], plain()));
  const { place } = letterFile;
  const address = new Uint8Array(16);
  const reader = { identity: keys.identity, verifyKey: place.thread, address: () => address };
  const header = { desk: place.desk, header: { number: place.edition } as EditionHeader, hash: "" };
  const letter = await openLetter(
    concat(address, sealed),
    header,
    place.agency,
    reader as unknown as ThreadKeys,
  ).catch((error) => {
    if (error instanceof Refusal) return undefined;
    throw error;
  });
  return { kind: "letter", input: hex(sealed), taken: letter !== undefined };
}

function receiptCase(): Vector {
  const text = [
    ...newReceipt(agency, random)
      .groups()
      .join(pick(["-", " ", "", "\u2013", "\uFEFF", "\u0085"])),
  ];
  if (Math.random() < 0.6) {
    const at = Math.floor(Math.random() * text.length);
    text[at] = pick([
      "o",
      "O",
      "0",
      "i",
      "L",
      "1",
      "u",
      "!",
      "é",
      "\u2003",
      "\u200B",
      "ı",
      "K",
      text[at + 1] ?? "",
    ]);
  }
  const typed = pick([text.join(""), text.join("").toLowerCase()]);
  return { kind: "receipt", input: hex(utf8(typed)), taken: takes(() => parseReceipt(typed, agency)) };
}

/** A signature with changed bits, an S of another size, or a key with a component of small order. */
function signatureCase(): Vector {
  const seed = random(32);
  const message = random(Math.floor(Math.random() * 40));
  const signature = sign(seed, message).slice();
  let key = unhex(verifyKeyOf(seed)).slice();
  const flip = (bytes: Uint8Array) => {
    const at = Math.floor(Math.random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
  };
  const roll = Math.random();
  if (roll < 0.2) flip(signature);
  else if (roll < 0.4) flip(key);
  else if (roll < 0.6) signature.set(random(32), pick([0, 32]));
  else if (roll < 0.8) key = withTorsion(key);
  const taken = verify(hex(key), message, signature);
  return { kind: "signature", input: hex(concat(key, signature, message)), taken };
}

function withTorsion(key: Uint8Array): Uint8Array<ArrayBuffer> {
  const torsion = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  return ed25519.Point.fromBytes(key)
    .add(torsion.multiplyUnsafe(pick([1n, 2n, 4n])))
    .toBytes()
    .slice();
}

// The first line is the identity to which letters are sealed.
const lines: Vector[] = [{ kind: "identity", input: hex(keys.identity), taken: true }];
for (let turn = 0; turn < Number(count); turn += 1) {
  lines.push(cardCase(), headerCase(), answersCase(), receiptCase(), signatureCase());
  if (turn % 4 === 0) lines.push(await letterCase());
}
writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
