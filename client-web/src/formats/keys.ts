/**
 * Ed25519 (RFC 8032) keys and signatures, strict: one key, one encoding, and the same signatures accepted as by the
 * Rust programs. The library's own verification works with the cofactor, so the equation is computed here.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal } from "./bytes.ts";
import { hex, isHex, unhex } from "./ids.ts";
import { type Codec, textOf } from "./json.ts";

const { Point } = ed25519;

/** 2^255 - 19. */
const PRIME = 2n ** 255n - 19n;

/**
 * The y coordinates of the eight points of small order: orders 1, 2, 4, and 8 twice, each with both signs. Anybody
 * could sign for such a key.
 */
const SMALL_ORDER_Y = [
  1n,
  PRIME - 1n,
  0n,
  littleEndian(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
  littleEndian(unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
];

/** Tells whether a text is the hex of an Ed25519 key that is canonical and not of small order. */
export function isVerifyKey(text: string): boolean {
  if (!isHex(text, 32)) return false;
  const bytes = unhex(text);
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  const y = littleEndian(bytes);
  return y < PRIME && !SMALL_ORDER_Y.includes(y);
}

/** A verify key in JSON. */
export const verifyKey: Codec<string> = textOf(isVerifyKey);

/** Checks a signature without the cofactor: `[S]B - [k]A` must be encoded exactly as R. */
export function verify(key: string, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isVerifyKey(key) || signature.length !== 64) return false;
  const keyBytes = unhex(key);
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  const point = decodePoint(keyBytes);
  if (point === undefined) return false;
  const k = littleEndian(sha512(concat(r, keyBytes, message))) % Point.Fn.ORDER;
  const right = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return equal(right.toBytes(), r);
}

/** Returns the verify key of a seed. */
export function verifyKeyOf(seed: Uint8Array): string {
  return hex(ed25519.getPublicKey(seed));
}

/** Signs a message with the key of a seed. */
export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed);
}

function decodePoint(bytes: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    // The bytes are the encoding of no point.
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes.slice().reverse())}`);
}
