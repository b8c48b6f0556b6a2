/** The few sizes that sealed reports have, so that a size tells as little as possible. */

/** The padded size of every text report, in bytes. */
export const TEXT_SIZE = 32 * 1024;
/** The largest padded size: 64 GiB. */
const MAX_SIZE = 2 ** 36;
/** The most desks on a card, and stanzas in a report's header. */
export const MAX_DESKS = 8;
/** Bytes of plaintext in one age STREAM chunk. */
export const CHUNK = 64 * 1024;
/** Bytes between the header and the first chunk. */
export const NONCE_LENGTH = 16;

/** Bytes of one `mlkem768x25519` stanza, and of a header beside its stanzas. */
const STANZA_LENGTH = 1557;
const HEADER_BASE = 70;
/** From here on sizes step by eighths of a power of two instead of by halves. */
const FINE_FROM = 64 * 1024 * 1024;
/** Bytes of the authentication tag on each chunk. */
const TAG_LENGTH = 16;

/** Returns the smallest padded size that holds an archive of this length; `undefined` above {@link MAX_SIZE}. */
export function paddedSize(archive: number): number | undefined {
  if (archive <= TEXT_SIZE) return TEXT_SIZE;
  if (archive > MAX_SIZE) return undefined;
  let power = TEXT_SIZE;
  // The greatest power of two below the length: the next sizes lie between it and its double.
  while (power * 2 < archive) power *= 2;
  const step = power >= FINE_FROM ? power / 8 : power / 2;
  return Math.ceil(archive / step) * step;
}

/** Returns the length of the age header of a report with this number of stanzas. */
export function headerLength(desks: number): number {
  return HEADER_BASE + STANZA_LENGTH * desks;
}

/** Returns the length of a sealed report. */
export function sealedLength(padded: number, desks: number): number {
  return headerLength(desks) + NONCE_LENGTH + padded + TAG_LENGTH * Math.ceil(padded / CHUNK);
}
