/** Crockford base32, the alphabet of receipts, fingerprints and message ids. */

import { FormatError } from "./refusal.ts";

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Returns the upper-case symbols of bytes, most significant bit first. */
export function encode(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += SYMBOLS[(value >> bits) & 31] ?? "";
    }
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + (SYMBOLS[(value << (5 - bits)) & 31] ?? "");
}

/** Returns the bytes of a text when it is exactly what {@link encode} writes for them. */
export function decode(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let value = 0;
  let place = 0;
  for (const symbol of text) {
    const five = SYMBOLS.indexOf(symbol);
    if (five < 0) throw new FormatError("not Crockford symbols");
    value = (value << 5) | five;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[place] = value >> bits;
      place += 1;
      value &= (1 << bits) - 1;
    }
  }
  if (encode(bytes) !== text) throw new FormatError("not canonical Crockford symbols");
  return bytes;
}

/**
 * Returns what people type as canonical symbols: white space and dashes dropped, upper case, O as 0, I and L as 1;
 * `undefined` if there is a character that no text of ours contains.
 */
export function normalize(typed: string): string | undefined {
  let symbols = "";
  for (const character of typed) {
    if (/^[\s\u0085\-\u2010-\u2015]$/u.test(character) && character !== "\uFEFF") continue;
    if (!/^[0-9A-TV-Za-tv-z]$/.test(character)) return undefined;
    symbols += character.toUpperCase().replace("O", "0").replace(/[IL]/, "1");
  }
  return symbols;
}

/** Returns symbols in groups of four. */
export function groups(symbols: string): string[] {
  return symbols.match(/.{1,4}/g) ?? [];
}
