import { type Box, boxesIn } from "./boxes.ts";
import { u16, u32, u64 } from "./pieces.ts";
import { damaged, demand, Unclean } from "./words.ts";

/** Where the samples of tracks lie in a file. */

/** From the first byte to behind the last. */
export type Range = [from: number, to: number];

const MOST_SAMPLES = 20_000_000;

/** Is told where every sample lies. */
export type Each = (from: number, to: number) => void;

/** Returns the ranges of all chunks of a sample table. */
export function chunks(moov: Uint8Array, table: Box, each?: Each): Range[] {
  const boxes = boxesIn(moov, table.body, table.to);
  const body = (kind: string): Uint8Array | undefined => {
    const box = boxes.find((inner) => inner.kind === kind);
    return box && moov.subarray(box.body, box.to);
  };
  const places = offsets(body("stco"), body("co64"));
  const runs = body("stsc") ?? damaged();
  const size = sizes(body("stsz"), body("stz2"));
  const found: Range[] = [];
  let sample = 0;
  let run = -1;
  for (const [number, from] of places.entries()) {
    while (run + 1 < u32(runs, 4) && u32(runs, 8 + 12 * (run + 1)) <= number + 1) run += 1;
    demand(run >= 0);
    let to = from;
    const last = sample + u32(runs, 12 + 12 * run);
    if (size.constant > 0 && !each) {
      demand(last <= size.count);
      to += size.constant * (last - sample);
      sample = last;
    }
    demand(sample === last || last <= MOST_SAMPLES);
    for (; sample < last; sample += 1) {
      const start = to;
      to += size.of(sample);
      each?.(start, to);
    }
    found.push([from, to]);
  }
  return found;
}

function offsets(short: Uint8Array | undefined, long: Uint8Array | undefined): number[] {
  const table = short ?? long ?? damaged();
  const width = short ? 4 : 8;
  const count = u32(table, 4);
  demand(8 + width * count <= table.length);
  return Array.from({ length: count }, (_, place) =>
    short ? u32(table, 8 + 4 * place) : u64(table, 8 + 8 * place),
  );
}

/** Sizes of samples: one for all, or one each. */
interface Sizes {
  readonly constant: number;
  readonly count: number;
  of(sample: number): number;
}

function sizes(plain: Uint8Array | undefined, packed: Uint8Array | undefined): Sizes {
  const table = plain ?? packed ?? damaged();
  const constant = plain ? u32(table, 4) : 0;
  const count = u32(table, 8);
  if (plain) return { constant, count, of: (sample) => constant || u32(table, 12 + 4 * sample) };
  const bits = table[7] ?? 0;
  if (bits === 16) return { constant, count, of: (sample) => u16(table, 12 + 2 * sample) };
  if (bits !== 8) throw new Unclean("unsupported");
  return { constant, count, of: (sample) => table[12 + sample] ?? damaged() };
}

/** Sizes of samples that a fragmented file names once for all, by track. */
export type Defaults = ReadonlyMap<number, number>;

/** Returns the defaults of a movie's `mvex` box. */
export function defaults(moov: Uint8Array, extends_: Box | undefined): Defaults {
  const found = new Map<number, number>();
  for (const box of extends_ ? boxesIn(moov, extends_.body, extends_.to) : []) {
    if (box.kind === "trex") found.set(u32(moov, box.body + 4), u32(moov, box.body + 16));
  }
  return found;
}

/** Returns the ranges of the samples of one track of a fragment; `start` is where the fragment begins in the file. */
export function runs(
  moof: Uint8Array,
  traf: Box,
  start: number,
  before: number,
  defaults: Defaults,
  each?: Each,
): Range[] {
  const boxes = boxesIn(moof, traf.body, traf.to);
  const head = boxes.find((box) => box.kind === "tfhd") ?? damaged();
  const flags = u32(moof, head.body) & 0xffffff;
  let at = head.body + 8;
  let base = flags & 0x20000 ? start : before;
  if (flags & 1) base = u64(moof, at);
  at += (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0);
  const size = flags & 0x10 ? u32(moof, at) : (defaults.get(u32(moof, head.body + 4)) ?? 0);
  const found: Range[] = [];
  let next = base;
  for (const box of boxes) {
    if (box.kind !== "trun") continue;
    const range = oneRun(moof, box, base, next, size, each);
    found.push(range);
    next = range[1];
  }
  return found;
}

function oneRun(moof: Uint8Array, box: Box, base: number, next: number, size: number, each?: Each): Range {
  const flags = u32(moof, box.body) & 0xffffff;
  const count = u32(moof, box.body + 4);
  let at = box.body + 8;
  let from = next;
  if (flags & 1) {
    from = base + (u32(moof, at) | 0);
    at += 4;
  }
  if (flags & 4) at += 4;
  const before = flags & 0x100 ? 4 : 0;
  const width = before + (flags & 0x200 ? 4 : 0) + (flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0);
  demand(at + width * count <= box.to && count <= MOST_SAMPLES);
  if (!(flags & 0x200) && !each) return [from, from + size * count];
  let to = from;
  for (let sample = 0; sample < count; sample += 1) {
    const begin = to;
    to += flags & 0x200 ? u32(moof, at + width * sample + before) : size;
    each?.(begin, to);
  }
  return [from, to];
}

/** Sorts ranges and joins those that touch or overlap. */
export function joined(ranges: Range[]): Range[] {
  const found: Range[] = [];
  for (const [from, to] of ranges
    .filter(([from, to]) => from < to)
    .sort((left, right) => left[0] - right[0])) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}
