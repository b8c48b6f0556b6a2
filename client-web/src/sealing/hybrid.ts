/**
 * age files to recipients of the one type `mlkem768x25519`, in the one shape that all programs write.
 *
 * The library would also seal to classical recipients, mix types, and use keys that the specification forbids; texts
 * are therefore checked here to the last bit before it sees them, and the header that it writes is checked again.
 */

import { x25519 } from "@noble/curves/ed25519.js";
import { MLKEM768X25519 } from "@noble/post-quantum/hybrid.js";
import { bech32 } from "@scure/base";
import { Decrypter, Encrypter, type Recipient } from "age-encryption";
import type { Random } from "../formats/bytes.ts";
import { isRecipientText } from "../formats/ids.ts";
import { headerLength } from "../formats/padding.ts";
import { pause } from "../formats/pause.ts";
import { FormatError } from "../formats/refusal.ts";
import { hasHeader } from "../formats/shape.ts";

const SEED_LENGTH = 32;
const RECIPIENT_LENGTH = 1216;
const MLKEM_LENGTH = 1184;
/** Bytes of the ML-KEM key that hold coefficients, two in three bytes. */
const COEFFICIENT_BYTES = 1152;
const MODULUS = 3329;

/** Adds no stanza, but lets the page breathe between two recipients. */
const BREATH: Recipient = {
  wrapFileKey: async () => {
    await pause();
    return [];
  },
};

/** Returns the recipient that belongs to the seed of an identity. */
export function recipientOf(seed: Uint8Array): string {
  return bech32.encode("age1pq", bech32.toWords(MLKEM768X25519.getPublicKey(seed)), false);
}

/** Makes a recipient whose secret is forgotten at once, for places that must not be opened by anybody. */
export function throwawayRecipient(random: Random): string {
  const seed = random(SEED_LENGTH);
  const recipient = recipientOf(seed);
  seed.fill(0);
  return recipient;
}

/** Refuses the text of a recipient that must not be used: its spelling, its coefficients, a point of low order. */
export function checkRecipient(text: string): void {
  const bytes = isRecipientText(text) ? decodeRecipient(text) : new Uint8Array();
  if (bytes.length !== RECIPIENT_LENGTH || bech32.encode("age1pq", bech32.toWords(bytes), false) !== text) {
    throw new FormatError("not the canonical text of a recipient");
  }
  if (!isReduced(bytes.subarray(0, COEFFICIENT_BYTES))) {
    throw new FormatError("the ML-KEM half is not reduced");
  }
  if (hasLowOrder(bytes.subarray(MLKEM_LENGTH))) throw new FormatError("the X25519 half has low order");
}

/**
 * Seals what `plain` yields. Yields the header alone first, then the rest in pieces of a chunk; between pieces the
 * page can breathe. Errors of `plain` come out unchanged.
 */
export async function* seal(
  recipients: readonly string[],
  plain: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    checkRecipient(recipient);
    encrypter.addRecipient(recipient);
    encrypter.addRecipient(BREATH);
    await pause();
  }
  const sealed = await encrypter.encrypt(streamOf(plain));
  const reader = sealed.getReader();
  try {
    const header = await reader.read();
    if (
      header.value?.length !== headerLength(recipients.length) ||
      !hasHeader(header.value, recipients.length)
    ) {
      throw new FormatError("the library wrote a header of another shape");
    }
    yield header.value;
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
      yield next.value;
      await pause();
    }
  } finally {
    // The taker may have stopped half-way: nothing is waited for but the source, which must be left in order.
    void reader.cancel().catch(() => undefined);
    await plain.return(undefined);
  }
}

/** Opens a whole small file that is sealed to one recipient, with the seed of its identity. */
export async function open(sealed: Uint8Array, seed: Uint8Array): Promise<Uint8Array> {
  if (!hasHeader(sealed, 1)) throw new FormatError("a header of another shape");
  const decrypter = new Decrypter();
  decrypter.addIdentity(bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase());
  return await decrypter.decrypt(sealed).catch(() => {
    throw new FormatError("the file does not open");
  });
}

function decodeRecipient(text: string): Uint8Array {
  try {
    return bech32.fromWords(bech32.decode(text as `${string}1${string}`, false).words);
  } catch {
    return new Uint8Array();
  }
}

/** Tells whether all twelve-bit coefficients are below the modulus. */
function isReduced(bytes: Uint8Array): boolean {
  for (let place = 0; place + 2 < bytes.length; place += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(place, place + 3);
    if ((a | ((b & 0x0f) << 8)) >= MODULUS || ((b >> 4) | (c << 4)) >= MODULUS) return false;
  }
  return true;
}

/** A point of low order gives zero for every secret, so one trial decides for all; the library refuses zero. */
function hasLowOrder(point: Uint8Array): boolean {
  try {
    x25519.getSharedSecret(new Uint8Array(32).fill(1), point);
    return false;
  } catch {
    return true;
  }
}

function streamOf(plain: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await plain.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}
