/**
 * The key schedule of a thread: everything that a receipt stands for.
 *
 * `prk = HKDF-Extract(salt "bisik/receipt/1", the 16 bytes)`, `key(label) = HKDF-Expand(prk, label || 0x00 ||
 * agency id, 32)`; one label for each use.
 */

import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "../formats/bytes.ts";
import type { VerifiedHeader } from "../formats/edition.ts";
import { agencyIdBytes, unhex } from "../formats/ids.ts";
import { sign, verifyKeyOf } from "../formats/keys.ts";
import { recipientOf } from "./hybrid.ts";
import type { Receipt } from "./receipt.ts";

const EXTRACT_SALT = utf8("bisik/receipt/1");
const ADDRESS_LABEL = utf8("bisik/letter/1\n");
const ADDRESS_LENGTH = 16;

/** The keys of a thread: three secrets, and the public halves of two. */
export class ThreadKeys {
  /** The agency that the thread is with. */
  readonly agency: string;
  /** Verifies the reports of the thread. */
  readonly verifyKey: string;
  /** Letters are sealed to it. */
  readonly recipient: string;
  /** The seed of the identity that opens the letters. */
  readonly identity: Uint8Array;
  /** The secret that thread and desks share to compute where the thread's letters lie. */
  readonly letterKey: Uint8Array;
  readonly #signing: Uint8Array;
  #forgotten = false;

  constructor(secret: Uint8Array, agency: string) {
    const prk = extract(sha256, secret, EXTRACT_SALT);
    const key = (label: string) => expand(sha256, prk, concat(utf8(`${label}\0`), agencyIdBytes(agency)), 32);
    this.agency = agency;
    this.identity = key("bisik/reply-identity/1");
    this.#signing = key("bisik/thread-signing/1");
    this.letterKey = key("bisik/letter-address/1");
    this.verifyKey = verifyKeyOf(this.#signing);
    this.recipient = recipientOf(this.identity);
    prk.fill(0);
  }

  /** Signs with the key of the thread. */
  sign(message: Uint8Array): Uint8Array {
    this.#remember();
    return sign(this.#signing, message);
  }

  /** Returns the address of the thread's letter in an edition. */
  address({ desk, header }: Pick<VerifiedHeader, "desk" | "header">): Uint8Array {
    this.#remember();
    const input = concat(
      ADDRESS_LABEL,
      agencyIdBytes(this.agency),
      utf8(`${desk}\n${header.number}\n`),
      unhex(header.salt),
      unhex(this.verifyKey),
    );
    return hmac(sha256, this.letterKey, input).subarray(0, ADDRESS_LENGTH);
  }

  /** Forgets the secrets; a sealing that still runs then fails, instead of signing with a key of zeros. */
  wipe(): void {
    this.#forgotten = true;
    this.identity.fill(0);
    this.letterKey.fill(0);
    this.#signing.fill(0);
  }

  #remember(): void {
    if (this.#forgotten) throw new Error("the keys were wiped");
  }
}

/** Derives the keys of the thread that a receipt opens. */
export function threadKeys(receipt: Receipt, agency: string): ThreadKeys {
  return new ThreadKeys(receipt.secret, agency);
}
