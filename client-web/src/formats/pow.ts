/**
 * Proof of work: what a report costs its sender while the server is flooded; nothing when it is idle.
 *
 * `SHA-256("bisik/pow/1\n" || challenge || SHA-256(age header) || nonce)` must start with the published number of
 * zero bits.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concat, type Random, utf8 } from "./bytes.ts";
import { hex, isHex, unhex } from "./ids.ts";
import { type Codec, count, fromJson, record, textOf } from "./json.ts";
import { pause } from "./pause.ts";
import { Refusal, refuseAs } from "./refusal.ts";

/** The most zero bits that a server asks for and a client works for. */
const MAX_BITS = 18;
/** Attempts between two pauses: some milliseconds, even without a compiler. */
const ATTEMPTS = 128;
const MAX_DOCUMENT = 256;
const NONCE_LENGTH = 8;

/** The challenge of the current ten minutes, the JSON document of `GET challenge`. */
export interface Challenge {
  /** 16 bytes, in hex. */
  challenge: string;
  /** Leading zero bits asked for. */
  bits: number;
}

const codec: Codec<Challenge> = record<Challenge>({
  challenge: textOf((text) => isHex(text, 16)),
  bits: count,
});

/** Reads the document of `GET challenge`. */
export function readChallenge(bytes: Uint8Array): Challenge {
  return refuseAs("server-odd", {}, () => fromJson(bytes, MAX_DOCUMENT, codec));
}

/**
 * Returns the nonce, in hex, for a report with this SHA-256 of its header, starting at a random one. More bits than
 * an honest server asks for are refused.
 */
export async function solve(challenge: Challenge, headerDigest: Uint8Array, random: Random): Promise<string> {
  if (challenge.bits > MAX_BITS) throw new Refusal("pow-too-hard");
  const nonce = random(NONCE_LENGTH);
  const prefix = concat(utf8("bisik/pow/1\n"), unhex(challenge.challenge), headerDigest);
  for (let attempt = 1; !holds(challenge.bits, prefix, nonce); attempt += 1) {
    increment(nonce);
    if (attempt % ATTEMPTS === 0) await pause();
  }
  return hex(nonce);
}

function holds(bits: number, prefix: Uint8Array, nonce: Uint8Array): boolean {
  const found = new DataView(sha256(concat(prefix, nonce)).buffer).getUint32(0);
  return Math.clz32(found) >= bits;
}

function increment(number: Uint8Array): void {
  for (let place = number.length - 1; place >= 0; place -= 1) {
    number[place] = ((number[place] ?? 0) + 1) & 0xff;
    if (number[place] !== 0) return;
  }
}
