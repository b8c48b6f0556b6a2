/**
 * The canonical tar inside a sealed report: plain ustar entries of one kind, with nothing in a header that could
 * differ between two writers.
 */

import { utf8 } from "../formats/bytes.ts";

/** Bytes of a header, and the unit that contents are padded to. */
const BLOCK_LENGTH = 512;
/** The largest entry, in bytes: below 4 GiB. */
export const MAX_ENTRY_LENGTH = 2 ** 32 - 1;
/** Bytes of zeros that end the archive. */
export const END_LENGTH = 2 * BLOCK_LENGTH;

/** The name and size of an entry: all that a canonical header says. */
export interface Entry {
  name: string;
  size: number;
}

/** Returns the header of an entry. */
export function header({ name, size }: Entry): Uint8Array {
  const block = new Uint8Array(BLOCK_LENGTH);
  const put = (offset: number, text: string) => block.set(utf8(text), offset);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\x000000000\0");
  put(124, `${octal(size, 11)}\0`);
  put(136, "00000000000\0");
  put(156, "0");
  put(257, "ustar\x0000");
  put(329, "0000000\x000000000\0");
  // The checksum is made with spaces in its own place.
  const sum = block.reduce((total, byte) => total + byte, 0) + 8 * 0x20;
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

/** Returns how many zeros follow the content of an entry. */
export function paddingOf({ size }: Entry): number {
  return (BLOCK_LENGTH - (size % BLOCK_LENGTH)) % BLOCK_LENGTH;
}

/** Returns how many bytes header, content and padding of an entry take. */
export function totalLength(entry: Entry): number {
  return BLOCK_LENGTH + entry.size + paddingOf(entry);
}

/** Returns the name of a piece of evidence in the archive, numbered from 1. */
export function evidenceName(number: number, extension: string): string {
  return `evidence/${String(number).padStart(4, "0")}.${extension}`;
}

/** Tells whether a text is an extension that an entry may have. */
export function isExtension(text: string): boolean {
  return /^[a-z0-9]{1,5}$/.test(text);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
