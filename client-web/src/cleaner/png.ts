import { concat } from "../formats/bytes.ts";
import { isOrientationOnly, orientationOnly, readExif, xmpTraces } from "./exif.ts";
import { ascii, be32, Draft, name, type Source, u32 } from "./pieces.ts";
import { demand, type Trace, Unclean } from "./words.ts";

/** PNG and APNG: chunks of an allow-list, byte for byte. */

const SIGNATURE = 8;
const KEPT = new Set([
  "IHDR",
  "PLTE",
  "IDAT",
  "IEND",
  "tRNS",
  "gAMA",
  "sRGB",
  "sBIT",
  "cICP",
  "acTL",
  "fcTL",
  "fdAT",
]);
// The most any chunk is read into memory for; larger ones of this kind are refused.
const READ_LIMIT = 1 << 20;

/** Rewrites a PNG without what its picture does not need. */
export async function cleanPng(source: Source, traces: Set<Trace>): Promise<Draft> {
  const draft = new Draft(source);
  draft.keep(0, SIGNATURE);
  let at = SIGNATURE;
  for (;;) {
    const head = await source.read(at, 8);
    const length = u32(head, 0);
    const kind = name(head, 4);
    const end = at + 12 + length;
    demand(end <= source.size && /^[A-Za-z]{4}$/.test(kind) && (kind === "IHDR") === (at === SIGNATURE));
    if (KEPT.has(kind)) {
      demand((await checksum(source, at + 4, at + 8 + length)) === u32(await source.read(end - 4, 4), 0));
      draft.keep(at, end);
    } else if (kind.charCodeAt(0) < 0x60) {
      throw new Unclean("unsupported");
    } else {
      await drop(source, kind, at, length, draft, traces);
    }
    at = end;
    if (kind === "IEND") break;
  }
  if (at < source.size) traces.add("other");
  return draft;
}

/** Tells if a file is a PNG of allowed chunks only, from its first byte to its last. */
export async function verifyPng(source: Source): Promise<boolean> {
  const seen = new Set<string>();
  let at = SIGNATURE;
  while (at < source.size) {
    const length = u32(await source.read(at, 4), 0);
    const kind = name(await source.read(at + 4, 4), 0);
    if (kind === "eXIf") {
      if (seen.has(kind) || length > 64 || !isOrientationOnly(await source.read(at + 8, length)))
        return false;
    } else if (!KEPT.has(kind) || seen.has("IEND")) {
      return false;
    }
    seen.add(kind);
    at += 12 + length;
  }
  return at === source.size && seen.has("IHDR") && seen.has("IDAT") && seen.has("IEND");
}

/** Notes what a chunk was for; of EXIF the orientation is kept. */
async function drop(
  source: Source,
  kind: string,
  at: number,
  length: number,
  draft: Draft,
  traces: Set<Trace>,
): Promise<void> {
  if (kind === "tIME") traces.add("time");
  else if (kind === "eXIf") await keepOrientation(source, at, length, draft, traces);
  else if (kind === "tEXt" || kind === "zTXt" || kind === "iTXt") {
    if (length > READ_LIMIT) throw new Unclean("too-large");
    for (const trace of textTraces((await source.read(at + 8, length)).slice())) traces.add(trace);
  } else {
    traces.add("other");
  }
}

async function keepOrientation(
  source: Source,
  at: number,
  length: number,
  draft: Draft,
  traces: Set<Trace>,
): Promise<void> {
  if (length > READ_LIMIT) throw new Unclean("too-large");
  const body = await source.read(at + 8, length);
  if (isOrientationOnly(body)) {
    draft.keep(at, at + 12 + length);
    return;
  }
  const { orientation, traces: found } = readExif(body);
  for (const trace of found) traces.add(trace);
  if (orientation === 1) return;
  const chunk = concat(ascii("eXIf"), orientationOnly(orientation));
  draft.put(concat(be32(chunk.length - 4), chunk, be32(crc32(chunk))));
}

/** Returns what the keyword of a text chunk tells. */
function textTraces(body: Uint8Array): Iterable<Trace> {
  const keyword = name(body, 0, Math.max(0, Math.min(79, body.indexOf(0)))).toLowerCase();
  if (keyword.includes("xmp")) return xmpTraces(body);
  if (/author|copyright|artist|creator/.test(keyword)) return ["author"];
  if (/software|tool/.test(keyword)) return ["software"];
  if (/time|date/.test(keyword)) return ["time"];
  if (/description|title|comment/.test(keyword)) return ["caption"];
  return keyword.includes("profile") ? ["device", "location", "time"] : ["other"];
}

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** Returns the CRC-32 of the bytes from `from` to `to`. */
async function checksum(source: Source, from: number, to: number): Promise<number> {
  let value = 0xffffffff;
  for (let at = from; at < to; ) {
    const piece = (await source.some(at)).subarray(0, to - at);
    demand(piece.length > 0);
    value = update(value, piece);
    at += piece.length;
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** Returns the CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  return (update(0xffffffff, bytes) ^ 0xffffffff) >>> 0;
}

function update(start: number, piece: Uint8Array): number {
  let value = start;
  for (const byte of piece) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return value;
}
