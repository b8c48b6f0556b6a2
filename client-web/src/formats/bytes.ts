/** Bytes and their text: UTF-8, strict on both sides. */

import { FormatError } from "./refusal.ts";

const encoder = new TextEncoder();
// A byte order mark is kept, so that it is refused like any other stray character.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Returns the text of UTF-8 bytes; anything that is not UTF-8 is refused. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FormatError("not UTF-8");
  }
}

/** Returns all parts as one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Compares two byte strings from the left: negative, zero or positive. */
export function compare(one: Uint8Array, other: Uint8Array): number {
  const common = Math.min(one.length, other.length);
  for (let place = 0; place < common; place += 1) {
    const difference = (one[place] ?? 0) - (other[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Tells whether two byte strings are the same. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return compare(one, other) === 0;
}

/** A source of random bytes: `crypto.getRandomValues` in the page. */
export type Random = (length: number) => Uint8Array;
