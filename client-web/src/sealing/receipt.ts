/**
 * The receipt: 128 random bits and a check, the only thing a reporter keeps. It never leaves the device.
 *
 * The check finds every wrong symbol, every swap of neighbours and every two wrong symbols; and since it covers the
 * agency, a receipt of another agency is refused.
 */

import { concat, type Random, utf8 } from "../formats/bytes.ts";
import { decode, encode, groups, normalize } from "../formats/crockford.ts";
import { agencyIdBytes } from "../formats/ids.ts";
import { Refusal } from "../formats/refusal.ts";

const SYMBOLS = 28;
const SECRET_LENGTH = 16;
const CHECK_LABEL = utf8("bisik/receipt/1\n");
const CRC_POLYNOMIAL = 0xd31;

/** A receipt of one agency. */
export class Receipt {
  /** The 16 bytes from which everything is derived. */
  readonly secret: Uint8Array;
  readonly #agency: string;
  #forgotten = false;

  constructor(secret: Uint8Array, agency: string) {
    this.secret = secret;
    this.#agency = agency;
  }

  /** Returns the text: seven groups of four symbols. */
  groups(): string[] {
    if (this.#forgotten) throw new Error("the receipt was wiped");
    const packed = concat(this.secret, check(this.secret, this.#agency));
    const symbols = encode(packed).slice(0, SYMBOLS);
    packed.fill(0);
    return groups(symbols);
  }

  /** Forgets the secret; the texts that were made of it stay with whoever asked for them. */
  wipe(): void {
    this.#forgotten = true;
    this.secret.fill(0);
  }
}

/** Makes a new receipt for an agency. */
export function newReceipt(agency: string, random: Random): Receipt {
  return new Receipt(random(SECRET_LENGTH), agency);
}

/**
 * Reads a receipt as people type it: any case, spaces, dashes, O for 0, I and L for 1.
 *
 * Refuses `receipt-symbol` for a character that no receipt has, `receipt-length`, and `receipt-check` for a mistyped
 * receipt or one of another agency.
 */
export function parseReceipt(typed: string, agency: string): Receipt {
  const symbols = normalize(typed);
  if (symbols === undefined) throw new Refusal("receipt-symbol");
  if (symbols.length !== SYMBOLS) throw new Refusal("receipt-length");
  // A 29th symbol fills the last of the 18 bytes with zero bits.
  const packed = decode(`${symbols}0`);
  const secret = packed.slice(0, SECRET_LENGTH);
  const expected = check(secret, agency);
  const holds = packed[SECRET_LENGTH] === expected[0] && packed[SECRET_LENGTH + 1] === expected[1];
  packed.fill(0);
  if (!holds) throw new Refusal("receipt-check");
  return new Receipt(secret, agency);
}

/** Returns the twelve check bits, at the top of two bytes. */
function check(secret: Uint8Array, agency: string): Uint8Array {
  const input = concat(CHECK_LABEL, agencyIdBytes(agency), secret);
  const crc = crc12(input);
  input.fill(0);
  return Uint8Array.of(crc >> 4, (crc << 4) & 0xff);
}

/** CRC-12/GSM: not reflected, initial value 0, final XOR with ones. */
export function crc12(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 4;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x800 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1) & 0xfff;
  }
  return crc ^ 0xfff;
}
