import { type Box, boxesIn, CHILDREN, FILLER, PICTURES, SETTINGS, SOUNDS } from "./boxes.ts";
import { type Coded, type Coding, scrubParameters } from "./nals.ts";
import { ascii, name, u16, u32 } from "./pieces.ts";
import { chunks, type Defaults, defaults, type Range, runs } from "./samples.ts";
import { damaged, demand, type Trace, Unclean } from "./words.ts";

/** Clears the index of a movie in place: what may not stay becomes filler of the same length, so no offset changes. */

const UNDETERMINED = 0x55c4;
const HINTS: readonly (readonly [RegExp, Trace])[] = [
  [/\xa9xyz|loci|location|GPS/, "location"],
  [/\xa9ma[kn]|\xa9mod|[Mm]ake|[Mm]odel|android|smta|SDLN/, "device"],
  [/\xa9too|\xa9swr|\xa9enc|software|encoder/, "software"],
  [/\xa9nam|\xa9cmt|\xa9des|desc|titl|dscp|comment|title/, "caption"],
  [/\xa9ART|\xa9aut|\xa9cpy|auth|perf|cprt|artist|author|reator/, "author"],
  [/\xa9day|date|Date|yrrc/, "time"],
  [/identifier|DocumentID/, "identifier"],
];

/** What a cleared index says: the tracks that stay, where their samples lie and the defaults for fragments. */
export interface Index {
  readonly tracks: ReadonlySet<number>;
  readonly ranges: Range[];
  /** The samples of pictures that may hold messages, by track. */
  readonly coded: Map<number, Coded>;
  readonly defaults: Defaults;
}

/** Notes what a box that goes is likely to tell. */
export function noteBox(bytes: Uint8Array, traces: Set<Trace>): void {
  const text = new TextDecoder("latin1").decode(bytes);
  const found = HINTS.filter(([hint]) => hint.test(text)).map(([, trace]) => trace);
  for (const trace of found.length === 0 ? (["other"] as const) : found) traces.add(trace);
}

/** Clears a `moov` box. */
export function scrubMovie(moov: Uint8Array, traces: Set<Trace>): Index {
  const [root] = boxesIn(moov, 0, moov.length);
  if (!root) damaged();
  const tracks = new Set<number>();
  const ranges: Range[] = [];
  const coded = new Map<number, Coded>();
  for (const box of boxesIn(moov, root.body, root.to)) {
    if (box.kind !== "trak") continue;
    const handler = find(moov, box, "mdia", "hdlr") ?? damaged();
    const kind = name(moov, handler.body + 8);
    if (kind === "vide" || kind === "soun") {
      const head = find(moov, box, "tkhd") ?? damaged();
      const track = u32(moov, head.body + (moov[head.body] === 1 ? 20 : 12));
      const table = find(moov, box, "mdia", "minf", "stbl") ?? damaged();
      const coding = codingOf(moov, table);
      const samples: number[] = [];
      tracks.add(track);
      if (coding) coded.set(track, { coding, samples });
      const each = coding && ((from: number, to: number) => samples.push(from, to));
      for (const range of chunks(moov, table, each)) ranges.push(range);
    } else {
      // Timed metadata is what a phone or an action camera says about places and movements.
      traces.add(kind === "meta" || kind === "camm" ? "location" : "other");
      blank(moov, box);
    }
  }
  if (tracks.size === 0) throw new Unclean("unsupported");
  const fragments = defaults(moov, find(moov, root, "mvex"));
  scrubBox(moov, root, traces);
  return { tracks, ranges, coded, defaults: fragments };
}

/** Clears a `moof` box that begins at `start`; returns where its samples lie. */
export function scrubFragment(moof: Uint8Array, start: number, index: Index, traces: Set<Trace>): Range[] {
  const [root] = boxesIn(moof, 0, moof.length);
  if (!root) damaged();
  const found: Range[] = [];
  let before = start;
  for (const box of boxesIn(moof, root.body, root.to)) {
    if (box.kind !== "traf") continue;
    const head = find(moof, box, "tfhd") ?? damaged();
    const track = u32(moof, head.body + 4);
    const samples = index.coded.get(track)?.samples;
    const each = samples && ((from: number, to: number) => samples.push(from, to));
    const ranges = runs(moof, box, start, before, index.defaults, each);
    before = ranges[ranges.length - 1]?.[1] ?? before;
    if (index.tracks.has(track)) {
      for (const range of ranges) found.push(range);
    } else {
      traces.add("other");
      blank(moof, box);
    }
  }
  scrubBox(moof, root, traces);
  return found;
}

/** Returns how the samples of a track are cut, if they are units that may be messages. */
function codingOf(moov: Uint8Array, table: Box): Coding | undefined {
  const entries = find(moov, table, "stsd") ?? damaged();
  let found: Coding | undefined;
  for (const entry of boxesIn(moov, entries.body + 8, entries.to)) {
    if (!/^(avc|hvc|hev|dvh)/.test(entry.kind)) continue;
    const settings = boxesIn(moov, entry.body + 78, entry.to);
    const box = settings.find((inner) => inner.kind === "avcC" || inner.kind === "hvcC") ?? damaged();
    const hevc = box.kind === "hvcC";
    const width = ((moov[box.body + (hevc ? 21 : 4)] ?? damaged()) & 3) + 1;
    if (found && (found.hevc !== hevc || found.width !== width)) throw new Unclean("unsupported");
    found = { hevc, width };
  }
  return found;
}

/** Turns a box into filler. */
export function blank(bytes: Uint8Array, box: Box): void {
  bytes.set(ascii("free"), box.from + 4);
  bytes.fill(0, box.body, box.to);
}

function find(bytes: Uint8Array, outer: Box, ...path: string[]): Box | undefined {
  let box: Box | undefined = outer;
  for (const kind of path) {
    const here: Box = box;
    box = boxesIn(bytes, here.body, here.to).find((inner) => inner.kind === kind);
    if (!box) return undefined;
  }
  return box;
}

function scrubBox(bytes: Uint8Array, outer: Box, traces: Set<Trace>): void {
  const allowed = CHILDREN.get(outer.kind) ?? damaged();
  for (const box of boxesIn(bytes, outer.body, outer.to)) {
    if (FILLER.has(box.kind)) clear(bytes, box.body, box.to, traces, "other");
    else if (!allowed.has(box.kind)) {
      noteBox(bytes.subarray(box.from, box.to), traces);
      blank(bytes, box);
    } else if (CHILDREN.has(box.kind)) scrubBox(bytes, box, traces);
    else scrubLeaf(bytes, box, traces);
  }
}

function scrubLeaf(bytes: Uint8Array, box: Box, traces: Set<Trace>): void {
  const { body, to } = box;
  const wide = bytes[body] === 1;
  if (box.kind === "mvhd" || box.kind === "tkhd" || box.kind === "mdhd") {
    const rest = body + (wide ? 20 : 12);
    demand(body + lengthOf(box.kind, wide) <= to && (wide || bytes[body] === 0));
    // Only tracks have flags; players take others for a part of the version.
    clear(bytes, body + (box.kind === "tkhd" ? 4 : 1), rest, traces, "time");
    if (box.kind === "mdhd") language(bytes, body + (wide ? 32 : 20), to);
    // Where the owner last stopped playing; what is behind the known fields has no meaning.
    if (box.kind === "mvhd") clear(bytes, body + (wide ? 84 : 72), body + (wide ? 108 : 96), traces, "time");
    clear(bytes, body + lengthOf(box.kind, wide), to, traces, "other");
  } else if (box.kind === "hdlr") {
    demand(body + 12 <= to);
    clear(bytes, body + 12, to, traces, "software");
  } else if (box.kind === "dref") scrubReferences(bytes, box);
  else if (box.kind === "stsd") scrubEntries(bytes, box, traces);
  else if (box.kind === "vmhd") clear(bytes, body + 12, to, traces, "other");
  else if (box.kind === "smhd") clear(bytes, body + 8, to, traces, "other");
}

/** Returns how long the body of a header box is. */
export function lengthOf(kind: string, wide: boolean): number {
  if (kind === "mvhd") return wide ? 112 : 100;
  if (kind === "tkhd") return wide ? 96 : 84;
  return wide ? 36 : 24;
}

function language(bytes: Uint8Array, at: number, to: number): void {
  demand(at + 4 <= to);
  bytes.set([UNDETERMINED >> 8, UNDETERMINED & 0xff, 0, 0], at);
}

/** Media in other files would be paths on the reporter's disk. */
function scrubReferences(bytes: Uint8Array, box: Box): void {
  for (const entry of boxesIn(bytes, box.body + 8, box.to)) {
    demand(entry.body + 4 <= entry.to);
    if (((bytes[entry.body + 3] ?? 0) & 1) === 0) throw new Unclean("unsupported");
    bytes.fill(0, entry.body + 4, entry.to);
  }
}

function scrubEntries(bytes: Uint8Array, box: Box, traces: Set<Trace>): void {
  for (const entry of boxesIn(bytes, box.body + 8, box.to)) {
    const at = entry.body;
    if (entry.kind === "encv" || entry.kind === "enca") throw new Unclean("encrypted");
    let inner: number;
    if (PICTURES.has(entry.kind)) {
      inner = at + 78;
      demand(inner <= entry.to);
      clear(bytes, at + 8, at + 24, traces, "software");
      clear(bytes, at + 42, at + 74, traces, "software");
    } else if (SOUNDS.has(entry.kind)) {
      inner = at + 28 + ([0, 16, 36][u16(bytes, at + 8)] ?? damaged());
      demand(inner <= entry.to);
      clear(bytes, at + 10, at + 16, traces, "software");
    } else {
      throw new Unclean("unsupported");
    }
    scrubSettings(bytes, inner, entry.to, traces);
  }
}

function scrubSettings(bytes: Uint8Array, from: number, to: number, traces: Set<Trace>): void {
  for (const box of boxesIn(bytes, from, to)) {
    const profile = box.kind === "colr" && !/^ncl[cx]$/.test(name(bytes, box.body));
    if (FILLER.has(box.kind)) clear(bytes, box.body, box.to, traces, "other");
    else if (!SETTINGS.has(box.kind) || profile) {
      traces.add("other");
      blank(bytes, box);
    } else if (box.kind === "hvcC") {
      if (scrubParameters(bytes, box.body, box.to)) traces.add("software");
    } else if (box.kind === "damr" || box.kind === "d263")
      clear(bytes, box.body, box.body + 4, traces, "software");
    else if (box.kind === "wave") scrubSettings(bytes, box.body, box.to, traces);
  }
}

/** Writes zeros over bytes that should be; notes the trace if they were not. */
function clear(bytes: Uint8Array, from: number, to: number, traces: Set<Trace>, trace: Trace): void {
  if (from >= to) return;
  demand(to <= bytes.length);
  if (bytes.subarray(from, to).some((byte) => byte !== 0)) traces.add(trace);
  bytes.fill(0, from, to);
}
