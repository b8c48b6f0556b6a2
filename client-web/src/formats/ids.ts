/** Identifiers: agency, desk, report, message, and the hex in which bytes stand in documents. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { concat, utf8 } from "./bytes.ts";
import { decode, encode, groups } from "./crockford.ts";
import { FormatError } from "./refusal.ts";

const AGENCY_LENGTH = 20;

/** Returns the lower-case hex of bytes. */
export function hex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/** Returns the bytes of lower-case hex. */
export function unhex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new FormatError("not lower-case hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let place = 0; place < bytes.length; place += 1) {
    bytes[place] = Number.parseInt(text.slice(2 * place, 2 * place + 2), 16);
  }
  return bytes;
}

/** Tells whether a text is the lower-case hex of `length` bytes. */
export function isHex(text: string, length: number): boolean {
  return text.length === 2 * length && /^[0-9a-f]*$/.test(text);
}

/** Tells whether a text is an agency id: 32 canonical Crockford symbols. */
export function isAgencyId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{32}$/.test(text);
}

/** Returns the 20 bytes of an agency id, as used inside hashes, HKDF and HMAC. */
export function agencyIdBytes(id: string): Uint8Array {
  if (!isAgencyId(id)) throw new FormatError("not an agency id");
  return decode(id);
}

/** Returns the agency that this first root key (in hex) founds. */
export function agencyOfRoot(root: string): string {
  return encode(sha256(concat(utf8("bisik/root/1\n"), unhex(root))).subarray(0, AGENCY_LENGTH));
}

/** Returns the fingerprint for people: eight groups of four symbols with dashes. */
export function fingerprint(id: string): string {
  return groups(id).join("-");
}

/** Tells whether a text is the id of a desk. */
export function isDeskId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(text);
}

/** Tells whether a text is an id from a form. */
export function isCode(text: string): boolean {
  return /^[a-z0-9_]{1,32}$/.test(text);
}

/** Tells whether a text is a message id. */
export function isMessageId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(text);
}

/** Tells whether a text is an `age1pq1` recipient by its characters and length; the key is checked before use. */
export function isRecipientText(text: string): boolean {
  return /^age1pq1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{1952}$/.test(text);
}

/** Returns the message id shown to people, from the bytes of SHA256SUMS. */
export function messageId(sums: Uint8Array): string {
  return encode(sha256(sums).subarray(0, 5));
}

/** Returns the hex of SHA-256. */
export function digest(bytes: Uint8Array): string {
  return hex(sha256(bytes));
}
