/** A small agency out of tests/vectors, with desks whose identities the tests hold. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { concat, utf8 } from "../src/formats/bytes.ts";
import { type VerifiedCard, verifyCard } from "../src/formats/card.ts";
import type { VerifiedHeader } from "../src/formats/edition.ts";
import { unhex } from "../src/formats/ids.ts";
import { sign, verifyKeyOf } from "../src/formats/keys.ts";
import { recipientOf } from "../src/sealing/hybrid.ts";
import { newReceipt } from "../src/sealing/receipt.ts";
import { type Evidence, type Message, seenOf } from "../src/sealing/report.ts";
import { type ThreadKeys, threadKeys } from "../src/sealing/schedule.ts";
import { random, vectors } from "./core-vectors.ts";

/** The agency. */
export const agency: string = vectors("card.json").agency;
/** Its card, with two desks. */
export const card: VerifiedCard = verifyCard(unhex(vectors("card.json").bundle), agency);
/** The text of each desk's identity. */
export const identities: string[] = [0x61, 0x62].map((byte) => identityText(new Uint8Array(32).fill(byte)));
/** An edition of each desk, by which reports are sealed to these identities. */
export const headers: VerifiedHeader[] = card.card.desks.map(({ id }, index) => ({
  desk: id,
  hash: "ab".repeat(32),
  header: {
    number: "202603041",
    date: "2026-03-04",
    until: "2026-03-13",
    card_serial: card.card.serial,
    card_hash: card.hash,
    recipient: recipientOf(new Uint8Array(32).fill(0x61 + index)),
    letters: card.card.letters,
    letter_size: 8192,
    salt: "00".repeat(32),
    body_hash: "00".repeat(32),
  },
}));

/** Returns new keys. */
export function newKeys(): ThreadKeys {
  return threadKeys(newReceipt(agency, random), agency);
}

/** Returns a later message to the first desk. */
export function message(change: Partial<Message> = {}): Message {
  const base: Message = {
    kind: "follow-up",
    to: ["inspektorat"],
    seen: seenOf(headers),
    language: "id",
    answers: [],
    message: "Uang diminta di loket.",
    evidence: [],
  };
  return { ...base, ...change };
}

/** Returns a piece of evidence of random bytes. */
export function evidence(size: number, change: Partial<Evidence> = {}): Evidence {
  const parts: BlobPart[] = [];
  for (let left = size; left > 0; left -= 60_000) parts.push(Buffer.from(random(Math.min(left, 60_000))));
  const base = { extension: "jpg", kind: "foto", holders: "few" as const, note: "", cleaned: true };
  return { ...base, blob: new Blob(parts), ...change };
}

/** Returns the text of an identity. */
export function identityText(seed: Uint8Array): string {
  return bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase();
}

/** Returns a note with one signature by the key of a seed; the name of the key can be another one than it should. */
export function signNote(
  type: string,
  desk: string,
  content: string,
  seed: Uint8Array,
  name = `${agency}/${desk === "-" ? "root" : desk}`,
): Uint8Array {
  const text = utf8(`${type}\n${agency}\n${desk}\n${content}\n`);
  const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(1), unhex(verifyKeyOf(seed)))).subarray(0, 4);
  const blob = Buffer.from(concat(id, sign(seed, text))).toString("base64");
  return concat(text, utf8(`\n\u2014 ${name} ${blob}\n`));
}
