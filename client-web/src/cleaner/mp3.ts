import { concat } from "../formats/bytes.ts";
import { ascii, Draft, name, type Source, same, u32 } from "./pieces.ts";
import { damaged, demand, type Trace } from "./words.ts";

/** MP3: frames of sound, byte for byte; tags before and behind them go. */

const RATES_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLING = [44100, 48000, 32000];
// Tags are read up to here for what they tell; all of them go, however long.
const READ_LIMIT = 1 << 16;
const TAIL_LIMIT = 1 << 20;
const FRAMES: readonly (readonly [string, Trace])[] = [
  ["TPE", "author"],
  ["TCOM", "author"],
  ["TOWN", "author"],
  ["TCOP", "author"],
  ["TSSE", "software"],
  ["TENC", "software"],
  ["TDRC", "time"],
  ["TYER", "time"],
  ["TDAT", "time"],
  ["TIT", "caption"],
  ["COMM", "caption"],
  ["USLT", "caption"],
  ["APIC", "thumbnail"],
  ["UFID", "identifier"],
  ["PRIV", "other"],
];

/** What the header of a frame says. */
interface Frame {
  readonly length: number;
  /** Version, layer and sampling rate; the same in every frame of a file. */
  readonly kind: number;
  /** Where the Xing frame begins inside a frame. */
  readonly side: number;
}

/** Rewrites an MP3 file without tags; the encoder's name in the first frame becomes that of LAME. */
export async function cleanMp3(source: Source, traces: Set<Trace>): Promise<Draft> {
  const draft = new Draft(source);
  const start = await skipTags(source, traces);
  const first = parse(await source.read(start, 4)) ?? damaged();
  await keepFirst(source, start, first, draft, traces);
  const end = await lastFrame(source, start, first.kind);
  draft.keep(start + first.length, end);
  if (end < source.size) await noteTail(source, end, first.kind, traces);
  return draft;
}

/** Tells if a file is MP3 frames only, from its first byte to its last, without foreign words in a Xing frame. */
export async function verifyMp3(source: Source): Promise<boolean> {
  let at = 0;
  let kind: number | undefined;
  while (at < source.size) {
    const frame = parse(await source.read(at, 4));
    if (!frame || (kind !== undefined && frame.kind !== kind) || at + frame.length > source.size)
      return false;
    if (at === 0) {
      const bytes = await source.read(0, frame.length);
      if (!same(bytes, rebuildXing(bytes, frame.side))) return false;
    }
    kind = frame.kind;
    at += frame.length;
  }
  return kind !== undefined;
}

/** Tells if a frame of layer III begins with these four bytes. */
export function isFrame(head: Uint8Array): boolean {
  return parse(head) !== undefined;
}

function parse(head: Uint8Array): Frame | undefined {
  const [sync = 0, second = 0, third = 0, fourth = 0] = head;
  const version = (second >> 3) & 3;
  const rate = (third >> 4) & 15;
  const sampling = (third >> 2) & 3;
  // Free bit rates have no length in the header, and only layer III is MP3.
  if (sync !== 0xff || second < 0xe0 || version === 1 || ((second >> 1) & 3) !== 1 || sampling === 3)
    return undefined;
  if (rate === 0 || rate === 15) return undefined;
  const v1 = version === 3;
  const bits = ((v1 ? RATES_V1 : RATES_V2)[rate] ?? 0) * 1000;
  const hertz = (SAMPLING[sampling] ?? 0) / (v1 ? 1 : version === 2 ? 2 : 4);
  const length = Math.floor(((v1 ? 144 : 72) * bits) / hertz) + ((third >> 1) & 1);
  const mono = fourth >> 6 === 3;
  const side = 4 + (v1 ? (mono ? 17 : 32) : mono ? 9 : 17);
  return { length, kind: (version << 2) | sampling, side };
}

/** Returns where the sound begins: behind every ID3v2 tag and the zeros after it. */
async function skipTags(source: Source, traces: Set<Trace>): Promise<number> {
  let at = 0;
  while (at + 10 <= source.size && name(await source.read(at, 3), 0, 3) === "ID3") {
    const head = await source.read(at, 10);
    let length = 10 + ((head[5] ?? 0) & 0x10 ? 10 : 0);
    for (const [place, digit] of head.subarray(6).entries()) {
      demand(digit < 0x80);
      length += digit * 2 ** (7 * (3 - place));
    }
    demand(at + length <= source.size);
    noteTag(await source.read(at, Math.min(length, READ_LIMIT)), traces);
    at += length;
    while (at < source.size && (await source.u8(at)) === 0) at += 1;
  }
  return at;
}

function noteTag(tag: Uint8Array, traces: Set<Trace>): void {
  const text = new TextDecoder("latin1").decode(tag);
  const found = FRAMES.filter(([id]) => text.includes(id)).map(([, trace]) => trace);
  for (const trace of found.length === 0 ? (["other"] as const) : found) traces.add(trace);
}

async function keepFirst(
  source: Source,
  at: number,
  frame: Frame,
  draft: Draft,
  traces: Set<Trace>,
): Promise<void> {
  const bytes = await source.read(at, frame.length);
  const rebuilt = rebuildXing(bytes, frame.side);
  if (same(bytes, rebuilt)) {
    draft.keep(at, at + frame.length);
  } else {
    traces.add("software");
    draft.put(rebuilt);
  }
}

/**
 * Returns a first frame whose Xing part keeps number of frames and bytes, index, quality, delay and padding, which
 * players need. Everything else there names the encoder and its settings.
 */
function rebuildXing(frame: Uint8Array, side: number): Uint8Array {
  const mark = frame.length >= side + 8 ? name(frame, side) : "";
  if (mark !== "Xing" && mark !== "Info") return frame;
  const flags = u32(frame, side + 4);
  const rest =
    side + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  demand(rest <= frame.length);
  const rebuilt = concat(frame.subarray(0, rest), new Uint8Array(frame.length - rest));
  const lame = rest + 36 <= frame.length && /^(LAME|Lav[cf])/.test(name(frame, rest, 9));
  if (!lame) return rebuilt;
  rebuilt.set(ascii("LAME3.100"), rest);
  rebuilt.set(frame.subarray(rest + 21, rest + 24), rest + 21);
  const sum = crc16(rebuilt.subarray(0, rest + 34));
  rebuilt.set([sum >> 8, sum & 0xff], rest + 34);
  return rebuilt;
}

function crc16(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
  }
  return value;
}

/** Returns where the unbroken row of whole frames ends. */
async function lastFrame(source: Source, start: number, kind: number): Promise<number> {
  let at = start;
  while (at + 4 <= source.size) {
    const frame = parse(await source.read(at, 4));
    if (frame?.kind !== kind || at + frame.length > source.size) break;
    at += frame.length;
  }
  demand(at > start);
  return at;
}

/** Notes what stands behind the sound; sound behind a gap is damage, not a tag. */
async function noteTail(source: Source, from: number, kind: number, traces: Set<Trace>): Promise<void> {
  demand(source.size - from <= TAIL_LIMIT);
  const tail = await source.read(from, source.size - from);
  for (let at = tail.indexOf(0xff); at >= 0 && at + 4 <= tail.length; at = tail.indexOf(0xff, at + 1)) {
    const frame = parse(tail.subarray(at, at + 4));
    const next =
      frame && at + frame.length + 4 <= tail.length ? parse(tail.subarray(at + frame.length)) : undefined;
    demand(!(frame?.kind === kind && next?.kind === kind));
  }
  if (tail.every((byte) => byte === 0)) return;
  if (tail.length >= 128 && name(tail, tail.length - 128, 3) === "TAG") traces.add("author").add("caption");
  else traces.add("other");
}
