import { type Source, u16, u32 } from "./pieces.ts";
import type { Range } from "./samples.ts";
import { damaged, demand, Unclean } from "./words.ts";

/**
 * Messages between the pictures of H.264 and H.265: cameras and programs put names, settings and places there. Those that
 * decoding does not need are overwritten in place, with bytes that need no escaping.
 */

/** How the samples of a track are cut into units. */
export interface Coding {
  readonly hevc: boolean;
  /** Bytes of the length before each unit. */
  readonly width: number;
}

/** Samples of one coding, as places in the file: from, to, from, to, ... */
export interface Coded {
  readonly coding: Coding;
  readonly samples: number[];
}

/** What messages that go are overwritten with. */
export const OVERWRITTEN = 0xff;

/** Timing, recovery, colours and other messages for decoders; all others go. */
const KEPT = new Set([0, 1, 2, 3, 6, 9, 10, 19, 45, 47, 128, 129, 130, 131, 132, 133, 137, 144, 147]);
const LONGEST = 1 << 20;
const MOST = 100_000;

/** Returns the places of the messages that go. */
export async function messages(source: Source, { coding, samples }: Coded): Promise<Range[]> {
  const found: Range[] = [];
  for (let place = 0; place < samples.length; place += 2) {
    let at = samples[place] ?? 0;
    const end = samples[place + 1] ?? 0;
    while (at + coding.width < end) {
      const length = lengthOf(await source.read(at, coding.width));
      const unit = at + coding.width;
      at = unit + length;
      demand(at <= end);
      if (length === 0 || !isMessages(await source.u8(unit), coding.hevc)) continue;
      demand(length <= LONGEST);
      for (const [from, to] of inUnit(await source.read(unit, length), coding.hevc))
        found.push([unit + from, unit + to]);
      if (found.length > MOST) throw new Unclean("unsupported");
    }
  }
  return found;
}

/** Overwrites the messages among the parameter sets of an `hvcC` box. */
export function scrubParameters(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from + 23;
  let changed = false;
  for (let arrays = bytes[from + 22] ?? damaged(); arrays > 0; arrays -= 1) {
    let units = u16(bytes, at + 1);
    at += 3;
    for (; units > 0; units -= 1) {
      const unit = at + 2;
      at = unit + u16(bytes, at);
      demand(at <= to);
      if (unit === at || !isMessages(bytes[unit] ?? 0, true)) continue;
      for (const [start, end] of inUnit(bytes.subarray(unit, at), true)) {
        changed ||= bytes.subarray(unit + start, unit + end).some((byte) => byte !== OVERWRITTEN);
        bytes.fill(OVERWRITTEN, unit + start, unit + end);
      }
    }
  }
  return changed;
}

function lengthOf(bytes: Uint8Array): number {
  if (bytes.length === 4) return u32(bytes, 0);
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function isMessages(head: number, hevc: boolean): boolean {
  const kind = hevc ? (head >> 1) & 63 : head & 31;
  return hevc ? kind === 39 || kind === 40 : kind === 6;
}

/** Returns the payloads that go, as places in the unit. */
function inUnit(unit: Uint8Array, hevc: boolean): Range[] {
  const found: Range[] = [];
  let at = hevc ? 2 : 1;
  // A last byte of 0x80 ends the list.
  while (at + 2 <= unit.length && unit[at] !== 0x80) {
    let kind = 0;
    let size = 0;
    for (; unit[at] === 0xff; at += 1) kind += 255;
    kind += unit[at] ?? damaged();
    for (at += 1; unit[at] === 0xff; at += 1) size += 255;
    size += unit[at] ?? damaged();
    const start = at + 1;
    at = skip(unit, start, size);
    if (!KEPT.has(kind)) found.push([start, at]);
  }
  return found;
}

/** Returns the place behind `size` bytes; a 3 behind two zeros is no byte of them. */
function skip(unit: Uint8Array, start: number, size: number): number {
  let at = start;
  let zeros = 0;
  for (let left = size; left > 0; at += 1) {
    const byte = unit[at] ?? damaged();
    const inserted = zeros >= 2 && byte === 3;
    zeros = byte === 0 ? zeros + 1 : 0;
    if (!inserted) left -= 1;
  }
  return at;
}
