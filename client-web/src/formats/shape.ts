/**
 * The outer shape of what is sealed, judged by its bytes alone, before any age code runs.
 *
 * Every header is `age-encryption.org/v1`, then for each desk one stanza of two lines, then the MAC; no stanza of
 * another type, nothing that tells one program from another.
 */

import { headerLength, MAX_DESKS } from "./padding.ts";

const HEADER =
  /^age-encryption\.org\/v1\n(?:-> mlkem768x25519 [A-Za-z0-9+/]{1494}\n[A-Za-z0-9+/]{43}\n){1,8}--- [A-Za-z0-9+/]{43}\n$/;

/** Tells whether the bytes begin with the header of a file that is sealed to this number of recipients. */
export function hasHeader(bytes: Uint8Array, desks: number): boolean {
  if (desks < 1 || desks > MAX_DESKS) return false;
  const length = headerLength(desks);
  // Every byte becomes one character, so that the expression sees the bytes as they are.
  return bytes.length >= length && HEADER.test(String.fromCharCode(...bytes.subarray(0, length)));
}
