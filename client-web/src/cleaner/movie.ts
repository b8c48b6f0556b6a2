import { concat } from "../formats/bytes.ts";
import { type Box, boxesIn, CHILDREN, FILLER, load, PICTURES, SETTINGS, SOUNDS, topBoxes } from "./boxes.ts";
import { messages, OVERWRITTEN, scrubParameters } from "./nals.ts";
import { ascii, be32, Draft, name, type Source, same, u16, u32 } from "./pieces.ts";
import { joined, type Range } from "./samples.ts";
import { type Index, lengthOf, noteBox, scrubFragment, scrubMovie } from "./scrub.ts";
import { damaged, demand, type Trace } from "./words.ts";

/**
 * MP4, MOV and M4A: the index is cleared in place, media data stays where it is, and whatever no picture or sound
 * track refers to becomes zeros.
 */

const KEPT = new Set(["ftyp", "styp", "moov", "moof", "mdat", "sidx"]);
const NOTE_LIMIT = 1 << 18;

/** Rewrites a recording without what its playing does not need. */
export async function cleanMovie(source: Source, traces: Set<Trace>): Promise<Draft> {
  const plan = await read(source, traces);
  const needed = plan.boxes.map(
    (box) => KEPT.has(box.kind) && (box.kind !== "mdat" || used(plan.ranges, box).length > 0),
  );
  const last = needed.lastIndexOf(true);
  const draft = new Draft(source);
  for (const [place, box] of plan.boxes.entries()) {
    const index = plan.indexes.get(box);
    if (index) await putIndex(source, box, index, draft);
    else if (needed[place] && box.kind === "mdat") await putMedia(source, box, plan, draft, traces);
    else if (needed[place]) draft.keep(box.from, box.to);
    else if (FILLER.has(box.kind) && (await source.isZero(box.body, box.to))) draft.keep(box.from, box.to);
    else await drop(source, box, place < last, draft, traces);
  }
  return draft;
}

/** Tells if a recording holds nothing but boxes of the list, cleared, and media its tracks refer to. */
export async function verifyMovie(source: Source): Promise<boolean> {
  const plan = await read(source, new Set());
  for (const box of plan.boxes) {
    const index = plan.indexes.get(box);
    if (index) {
      const bytes = await load(source, box);
      if (!verifyBoxes(bytes, boxesIn(bytes, 0, bytes.length), new Set(["moov", "moof"]))) return false;
    } else if (box.kind === "mdat") {
      for (const [from, to] of gaps(plan.ranges, box)) if (!(await source.isZero(from, to))) return false;
      for (const [from, to] of used(plan.messages, box))
        if (!(await isOverwritten(source, from, to))) return false;
    } else if (FILLER.has(box.kind)) {
      if (!(await source.isZero(box.body, box.to))) return false;
    } else if (!KEPT.has(box.kind)) {
      return false;
    }
  }
  return true;
}

interface Plan {
  readonly boxes: Box[];
  /** Cleared bytes of every `moov` and `moof`. */
  readonly indexes: Map<Box, Uint8Array>;
  /** Where the samples of the tracks that stay lie. */
  readonly ranges: Range[];
  /** Where messages between pictures lie that must go. */
  readonly messages: Range[];
}

async function read(source: Source, traces: Set<Trace>): Promise<Plan> {
  const boxes = await topBoxes(source);
  const indexes = new Map<Box, Uint8Array>();
  const [movie, ...more] = boxes.filter((box) => box.kind === "moov");
  if (!movie || more.length > 0) damaged();
  const bytes = await load(source, movie);
  const index: Index = scrubMovie(bytes, traces);
  indexes.set(movie, bytes);
  const ranges = [...index.ranges];
  for (const box of boxes) {
    if ((box.kind === "ftyp" || box.kind === "styp") && box.to - box.from > 256) damaged();
    if (box.kind !== "moof") continue;
    const fragment = await load(source, box);
    for (const range of scrubFragment(fragment, box.from, index, traces)) ranges.push(range);
    indexes.set(box, fragment);
  }
  const all = joined(ranges);
  demand(all.length > 0);
  // Every sample must lie in media data; anything else would keep bytes of other boxes.
  const media = boxes.filter((box) => box.kind === "mdat");
  for (const [from, to] of all) demand(media.some((box) => box.body <= from && to <= box.to));
  const found: Range[] = [];
  for (const coded of index.coded.values())
    for (const range of await messages(source, coded)) found.push(range);
  return { boxes, indexes, ranges: all, messages: joined(found) };
}

async function putIndex(source: Source, box: Box, index: Uint8Array, draft: Draft): Promise<void> {
  if (same(await load(source, box), index)) draft.keep(box.from, box.to);
  else draft.put(index);
}

/** Keeps media data but for what nobody plays, which becomes zeros, and for messages, which are overwritten. */
async function putMedia(
  source: Source,
  box: Box,
  plan: Plan,
  draft: Draft,
  traces: Set<Trace>,
): Promise<void> {
  const holes = gaps(plan.ranges, box).map((range) => ({ range, message: false }));
  const told = used(plan.messages, box).map((range) => ({ range, message: true }));
  let at = box.from;
  for (const { range, message } of [...holes, ...told].sort(
    (left, right) => left.range[0] - right.range[0],
  )) {
    const [from, to] = range;
    if (await (message ? isOverwritten(source, from, to) : source.isZero(from, to))) continue;
    demand(from >= at);
    traces.add(message ? "software" : "other");
    draft.keep(at, from);
    if (message) draft.put(new Uint8Array(to - from).fill(OVERWRITTEN));
    else draft.zeros(to - from);
    at = to;
  }
  draft.keep(at, box.to);
}

async function isOverwritten(source: Source, from: number, to: number): Promise<boolean> {
  return (await source.read(from, to - from)).every((byte) => byte === OVERWRITTEN);
}

function used(ranges: Range[], box: Box): Range[] {
  return ranges.filter(([from, to]) => box.body <= from && to <= box.to);
}

function gaps(ranges: Range[], box: Box): Range[] {
  const found: Range[] = [];
  let at = box.body;
  for (const [from, to] of used(ranges, box)) {
    if (at < from) found.push([at, from]);
    at = to;
  }
  if (at < box.to) found.push([at, box.to]);
  return found;
}

/** Cuts a box off at the end of the file; before, filler takes its place. */
async function drop(
  source: Source,
  box: Box,
  before: boolean,
  draft: Draft,
  traces: Set<Trace>,
): Promise<void> {
  if (FILLER.has(box.kind) || box.kind === "mdat") {
    if (box.body < box.to) traces.add("other");
  } else if (box.kind !== "mfra") {
    noteBox(await source.read(box.from, Math.min(box.to - box.from, NOTE_LIMIT)), traces);
  }
  if (!before) return;
  const length = box.to - box.from;
  // A header of 64 bits keeps its length; both forms are as long as they were.
  if (box.body - box.from === 16)
    draft.put(concat(be32(1), ascii("free"), await source.read(box.from + 8, 8)));
  else draft.put(concat(be32(length), ascii("free")));
  draft.zeros(box.to - box.body);
}

/** The second walk: says of every box if it may be what it is. */
function verifyBoxes(bytes: Uint8Array, boxes: Box[], allowed: ReadonlySet<string>): boolean {
  return boxes.every((box) => {
    const body = bytes.subarray(box.body, box.to);
    if (FILLER.has(box.kind)) return isZero(body);
    if (!allowed.has(box.kind)) return false;
    const children = CHILDREN.get(box.kind);
    if (children) return verifyBoxes(bytes, boxesIn(bytes, box.body, box.to), children);
    return verifyLeaf(bytes, box, body);
  });
}

function verifyLeaf(bytes: Uint8Array, box: Box, body: Uint8Array): boolean {
  const wide = body[0] === 1;
  switch (box.kind) {
    case "mvhd":
    case "tkhd":
    case "mdhd":
      if (!wide && body[0] !== 0) return false;
      return (
        isZero(body.subarray(box.kind === "tkhd" ? 4 : 1, wide ? 20 : 12)) &&
        isZero(body.subarray(lengthOf(box.kind, wide)))
      );
    case "hdlr":
      return isZero(body.subarray(12)) && (/^(vide|soun)$/.test(name(body, 8)) || name(body, 4) === "dhlr");
    case "dref":
      return boxesIn(bytes, box.body + 8, box.to).every((entry) =>
        isZero(bytes.subarray(entry.body + 4, entry.to)),
      );
    case "stsd":
      return boxesIn(bytes, box.body + 8, box.to).every((entry) => verifyEntry(bytes, entry));
    default:
      return true;
  }
}

function verifyEntry(bytes: Uint8Array, entry: Box): boolean {
  const body = bytes.subarray(entry.body, entry.to);
  if (PICTURES.has(entry.kind)) {
    const cleared = isZero(body.subarray(8, 24)) && isZero(body.subarray(42, 74));
    return cleared && verifySettings(bytes, entry.body + 78, entry.to);
  }
  const start = [28, 44, 64][u16(body, 8)];
  if (!SOUNDS.has(entry.kind) || start === undefined || !isZero(body.subarray(10, 16))) return false;
  return verifySettings(bytes, entry.body + start, entry.to);
}

function verifySettings(bytes: Uint8Array, from: number, to: number): boolean {
  return boxesIn(bytes, from, to).every((box) => {
    if (FILLER.has(box.kind)) return isZero(bytes.subarray(box.body, box.to));
    if (box.kind === "wave") return verifySettings(bytes, box.body, box.to);
    if (box.kind === "damr" || box.kind === "d263") return u32(bytes, box.body) === 0;
    if (box.kind === "hvcC") return !scrubParameters(bytes.slice(), box.body, box.to);
    return SETTINGS.has(box.kind) && (box.kind !== "colr" || /^ncl[cx]$/.test(name(bytes, box.body)));
  });
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
