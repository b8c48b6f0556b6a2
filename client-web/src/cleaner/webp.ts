import { concat } from "../formats/bytes.ts";
import { isOrientationOnly, orientationOnly, readExif, xmpTraces } from "./exif.ts";
import { ascii, Draft, le32, name, type Source, same, u32 } from "./pieces.ts";
import { demand, type Trace, Unclean } from "./words.ts";

/** WebP: chunks of an allow-list, byte for byte; sizes and flags are corrected. */

const PICTURE = new Set(["VP8 ", "VP8L", "ALPH"]);
const READ_LIMIT = 1 << 20;
const ALPHA_OR_MOVING = 0x12;
const HAS_EXIF = 0x08;

interface Chunk {
  readonly kind: string;
  /** Where the header begins, and where the body ends without and with its padding. */
  readonly from: number;
  readonly end: number;
  readonly to: number;
}

/** Rewrites a WebP without what its picture does not need. */
export async function cleanWebp(source: Source, traces: Set<Trace>): Promise<Draft> {
  const size = u32(await source.read(4, 4), 0, true) + 8;
  demand(size <= source.size && size % 2 === 0);
  const chunks = await children(source, 12, size);
  const orientation = await examine(source, chunks, traces);
  if (size < source.size) traces.add("other");
  const body = new Draft(source);
  for (const chunk of chunks) {
    if (chunk.kind === "VP8X") await extended(source, chunk, orientation, body);
    else if (chunk.kind === "ANMF") await frame(source, chunk, body, traces);
    else if (PICTURE.has(chunk.kind) || chunk.kind === "ANIM") body.keep(chunk.from, chunk.to);
    else if (chunk.kind === "EXIF" && orientation > 1) await exif(source, chunk, orientation, body);
  }
  demand(chunks.some(({ kind }) => kind === "VP8 " || kind === "VP8L" || kind === "ANMF"));
  return withHead(source, body, chunks, orientation, size);
}

/** Tells if a file is a WebP of allowed chunks only, from its first byte to its last. */
export async function verifyWebp(source: Source): Promise<boolean> {
  if (u32(await source.read(4, 4), 0, true) + 8 !== source.size) return false;
  let at = 12;
  while (at < source.size) {
    const kind = name(await source.read(at, 4), 0);
    const length = u32(await source.read(at + 4, 4), 0, true);
    if (kind === "EXIF" && !(length < 64 && isOrientationOnly(await source.read(at + 8, length))))
      return false;
    if (kind === "ANMF" && !(await verifyFrame(source, at + 24, at + 8 + length))) return false;
    if (!PICTURE.has(kind) && !["VP8X", "ANIM", "ANMF", "EXIF"].includes(kind)) return false;
    if (kind === "VP8X" && length !== 10) return false;
    at += 8 + length + (length % 2);
  }
  return at === source.size;
}

async function verifyFrame(source: Source, from: number, to: number): Promise<boolean> {
  let at = from;
  while (at < to) {
    if (!PICTURE.has(name(await source.read(at, 4), 0))) return false;
    const length = u32(await source.read(at + 4, 4), 0, true);
    at += 8 + length + (length % 2);
  }
  return at === to;
}

async function children(source: Source, from: number, to: number): Promise<Chunk[]> {
  const found: Chunk[] = [];
  for (let at = from; at < to; ) {
    const head = await source.read(at, 8);
    const end = at + 8 + u32(head, 4, true);
    const padded = end + ((end - at) % 2);
    demand(padded <= to && found.length < 100_000);
    found.push({ kind: name(head, 0), from: at, end, to: padded });
    at = padded;
  }
  return found;
}

/** Notes what goes; returns the orientation. */
async function examine(source: Source, chunks: Chunk[], traces: Set<Trace>): Promise<number> {
  let orientation = 1;
  for (const { kind, from, end } of chunks) {
    if (PICTURE.has(kind) || kind === "VP8X" || kind === "ANIM" || kind === "ANMF") continue;
    if (end - from > READ_LIMIT) throw new Unclean("too-large");
    const body = (await source.read(from + 8, end - from - 8)).slice();
    if (kind === "EXIF") {
      const read = readExif(tiff(body));
      orientation = read.orientation;
      for (const trace of read.traces) traces.add(trace);
    } else if (kind === "XMP ") {
      for (const trace of xmpTraces(body)) traces.add(trace);
    } else {
      traces.add("other");
    }
  }
  return orientation;
}

/** Some programs write the header of JPEG before the TIFF structure. */
function tiff(body: Uint8Array): Uint8Array {
  return body.length > 6 && name(body, 0, 4) === "Exif" ? body.subarray(6) : body;
}

/** Keeps size and moving parts of the canvas; the flags tell what is left. */
async function extended(source: Source, chunk: Chunk, orientation: number, body: Draft): Promise<void> {
  demand(chunk.end - chunk.from === 18);
  const old = await source.read(chunk.from, 18);
  const flags = ((old[8] ?? 0) & ALPHA_OR_MOVING) | (orientation > 1 ? HAS_EXIF : 0);
  const rebuilt = concat(old.subarray(0, 8), Uint8Array.of(flags, 0, 0, 0), old.subarray(12, 18));
  if (same(old, rebuilt)) body.keep(chunk.from, chunk.to);
  else body.put(rebuilt);
}

async function frame(source: Source, chunk: Chunk, body: Draft, traces: Set<Trace>): Promise<void> {
  demand(chunk.end - chunk.from >= 24);
  const inner = await children(source, chunk.from + 24, chunk.end);
  const kept = inner.filter(({ kind }) => PICTURE.has(kind));
  if (kept.length === inner.length) {
    body.keep(chunk.from, chunk.to);
    return;
  }
  traces.add("other");
  const length = kept.reduce((sum, part) => sum + part.to - part.from, 16);
  body.put(concat(ascii("ANMF"), le32(length), await source.read(chunk.from + 8, 16)));
  for (const part of kept) body.keep(part.from, part.to);
}

async function exif(source: Source, chunk: Chunk, orientation: number, body: Draft): Promise<void> {
  const block = orientationOnly(orientation);
  if (same(await source.read(chunk.from + 8, chunk.end - chunk.from - 8), block))
    body.keep(chunk.from, chunk.to);
  else body.put(concat(ascii("EXIF"), le32(block.length), block));
}

/** Puts the container's head before the body; a file that kept everything keeps its head, too. */
function withHead(source: Source, body: Draft, chunks: Chunk[], orientation: number, size: number): Draft {
  demand(orientation === 1 || chunks.some(({ kind }) => kind === "VP8X"));
  const draft = new Draft(source);
  if (body.length === size - 12) draft.keep(0, 12);
  else draft.put(concat(ascii("RIFF"), le32(body.length + 4), ascii("WEBP")));
  draft.append(body);
  return draft;
}
