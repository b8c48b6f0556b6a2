/** What the tests of vectors share: reading tests/vectors, and the randomness that they record. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { utf8 } from "../src/formats/bytes.ts";
import { unhex } from "../src/formats/ids.ts";
import { FormatError, Refusal } from "../src/formats/refusal.ts";

/** A document of unknown shape: the test that uses a member says by that what it must be. */
// biome-ignore lint/suspicious/noExplicitAny: vectors have a different shape in every file, fixed by what writes them
export type Vector = any;

/** Reads one file of vectors. */
export function vectors(name: string): Vector {
  return JSON.parse(readFileSync(`../tests/vectors/${name}`, "utf8"));
}

/** Returns a list of cases; none would prove nothing. */
export function cases(list: Vector): Vector[] {
  assert.ok(Array.isArray(list) && list.length > 0);
  return list;
}

/** Returns the bytes that a vector gives as hex, or as a text that is repeated. */
export function bytesOf(piece: { hex?: string; len?: number; repeat?: string }): Uint8Array {
  return piece.hex === undefined ? utf8((piece.repeat ?? "").repeat(piece.len ?? 0)) : unhex(piece.hex);
}

/** Expects a refusal with this code. */
export function refuses(code: string, action: () => unknown, label = ""): void {
  assert.throws(action, (error) => error instanceof Refusal && error.code === code, `${label}: not ${code}`);
}

/** Expects a broken rule of a format. */
export function breaksRule(action: () => unknown, label = ""): void {
  assert.throws(action, FormatError, label);
}

/** Plays back recorded bytes. */
export class Tape {
  #rest: Uint8Array;

  constructor(hex: string) {
    this.#rest = unhex(hex);
  }

  /** Returns the next bytes. */
  readonly take = (length: number): Uint8Array => {
    assert.ok(length <= this.#rest.length, "more randomness than was recorded");
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  };

  /** Tells whether every byte has been drawn. */
  get isUsedUp(): boolean {
    return this.#rest.length === 0;
  }
}

/**
 * Runs `work` while the age library draws from a tape that another writer recorded. That writer draws the nonce of
 * the payload right after the file key; the library draws it last.
 */
export async function withTape<T>(tape: Tape, stanzas: number, work: () => Promise<T>): Promise<T> {
  const real = globalThis.crypto.getRandomValues;
  let draws = 0;
  let nonce: Uint8Array = new Uint8Array();
  const replay = (out: Uint8Array<ArrayBuffer>): Uint8Array => {
    // Blinding of multiplications changes no result; only its caller tells it from a nonce.
    if (new Error().stack?.includes("mulCTBlinded")) return real.call(globalThis.crypto, out) as Uint8Array;
    draws += 1;
    const isLast = draws === stanzas + 2;
    out.set(isLast ? nonce : tape.take(out.length));
    if (draws === 1) nonce = tape.take(16);
    return out;
  };
  Object.defineProperty(globalThis.crypto, "getRandomValues", { value: replay, configurable: true });
  try {
    return await work();
  } finally {
    Object.defineProperty(globalThis.crypto, "getRandomValues", { value: real, configurable: true });
  }
}

/** Random bytes of the real generator. */
export function random(length: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

/** Takes all pieces. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const taken: Uint8Array[] = [];
  for await (const piece of pieces) taken.push(piece);
  return Buffer.concat(taken);
}
