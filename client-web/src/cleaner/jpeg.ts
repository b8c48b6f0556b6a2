import { concat } from "../formats/bytes.ts";
import { isOrientationOnly, orientationOnly, readExif, xmpTraces } from "./exif.ts";
import { ascii, Draft, name, type Source, same, u16 } from "./pieces.ts";
import { demand, type Trace, Unclean } from "./words.ts";

/** JPEG: segments of an allow-list, byte for byte; the picture data is never decoded. */

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const EXIF = ascii("Exif\0\0");
const JFIF = ascii("JFIF\0");
// Tables, frame headers of baseline and progressive pictures, restart interval, scan.
const NEEDED = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xdb, 0xdd, SOS]);
const OTHER_CODINGS = new Set([
  0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xdc, 0xde, 0xdf,
]);

interface Segment {
  readonly code: number;
  readonly from: number;
  readonly to: number;
}

/** Rewrites a JPEG without what its decoding does not need. */
export async function cleanJpeg(source: Source, traces: Set<Trace>): Promise<Draft> {
  const draft = new Draft(source);
  const { head, rest } = split(await segments(source));
  const adopted = await metadata(source, head, traces);
  draft.keep(0, 2);
  for (const piece of adopted) {
    if (piece instanceof Uint8Array) draft.put(piece);
    else draft.keep(piece.from, piece.to);
  }
  for (const segment of rest) {
    if (NEEDED.has(segment.code) || segment.code === EOI) draft.keep(segment.from, segment.to);
    else if (segment.code === 0xee) await keepAdobe(source, segment, draft, traces);
    else if (!head.includes(segment)) await note(source, segment, traces);
  }
  const end = rest[rest.length - 1];
  if (end && end.to < source.size) traces.add("other");
  return draft;
}

/** Tells if a file is a JPEG of allowed segments only, from its first byte to its last. */
export async function verifyJpeg(source: Source): Promise<boolean> {
  let at = 2;
  let scans = 0;
  if (u16(await source.read(0, 2), 0) !== 0xffd8) return false;
  for (;;) {
    const [sync, code] = await source.read(at, 2);
    if (sync !== 0xff || code === undefined) return false;
    if (code === EOI) return at + 2 === source.size && scans > 0;
    const body = await source.read(at + 4, u16(await source.read(at + 2, 2), 0) - 2);
    if (NEEDED.has(code) ? !isExact(code, body) : !mayStay(code, body)) return false;
    at += 4 + body.length;
    if (code === SOS) {
      at = await scanEnd(source, at);
      scans += 1;
    }
  }
}

/** Tells if a needed segment is as long as what it says it holds: nothing hides behind a table. */
function isExact(code: number, body: Uint8Array): boolean {
  if (code === 0xdd) return body.length === 2;
  if (code === SOS) return body.length === 4 + 2 * (body[0] ?? 0);
  if (code <= 0xc2) return body.length === 6 + 3 * (body[5] ?? 0);
  let at = 0;
  while (at < body.length) {
    const counts = body.subarray(at + 1, at + 17);
    const quantities = (body[at] ?? 0) >> 4 ? 129 : 65;
    at += code === 0xdb ? quantities : 17 + counts.reduce((sum, count) => sum + count, 0);
  }
  return at === body.length;
}

function mayStay(code: number, body: Uint8Array): boolean {
  if (code === 0xe0)
    return same(body.subarray(0, 5), JFIF) && body.length === 14 && body[12] === 0 && body[13] === 0;
  if (code === 0xe1) return same(body.subarray(0, 6), EXIF) && isOrientationOnly(body.subarray(6));
  return code === 0xee && body.length === 12 && name(body, 0, 5) === "Adobe";
}

/** Walks from SOI to EOI. A scan and its data are one segment; data behind EOI is not walked. */
async function segments(source: Source): Promise<Segment[]> {
  const found: Segment[] = [];
  let at = 2;
  for (;;) {
    demand((await source.u8(at)) === 0xff);
    // Any number of fill bytes may stand before a marker; they go with the segments they precede.
    while ((await source.u8(at + 1)) === 0xff) at += 1;
    const code = await source.u8(at + 1);
    if (OTHER_CODINGS.has(code)) throw new Unclean("unsupported");
    if (code === EOI) {
      demand(found.some((segment) => segment.code === SOS));
      return [...found, { code, from: at, to: at + 2 }];
    }
    demand(code >= 0xc0 && code !== SOI && !(code >= 0xd0 && code <= 0xd7) && found.length < 100_000);
    // A second frame is a second picture, which only damage can have put here.
    demand(!(isFrame(code) && found.some((segment) => isFrame(segment.code))));
    const length = u16(await source.read(at + 2, 2), 0);
    demand(length >= 2);
    let to = at + 2 + length;
    if (code === SOS) to = await scanEnd(source, to);
    demand(to <= source.size);
    found.push({ code, from: at, to });
    at = to;
  }
}

function isFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xc2;
}

/** Returns where the coded data of a scan ends: at the next marker that is neither a stuffed byte nor a restart. */
async function scanEnd(source: Source, start: number): Promise<number> {
  for (let at = start; ; ) {
    const piece = await source.some(at);
    demand(piece.length > 0);
    const mark = piece.indexOf(0xff);
    if (mark < 0) {
      at += piece.length;
      continue;
    }
    const next = await source.u8(at + mark + 1);
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at + mark;
    at += mark + (next === 0xff ? 1 : 2);
  }
}

/** Parts the segments of JFIF and EXIF, which are rebuilt, from the others. */
function split(all: Segment[]): { head: Segment[]; rest: Segment[] } {
  const frame = all.findIndex((segment) => NEEDED.has(segment.code));
  const head = all.slice(0, frame).filter((segment) => segment.code === 0xe0 || segment.code === 0xe1);
  return { head, rest: all.filter((segment) => !head.includes(segment)) };
}

/** Returns JFIF without thumbnail and EXIF with the orientation only, as far as the file has them. */
async function metadata(
  source: Source,
  head: Segment[],
  traces: Set<Trace>,
): Promise<(Segment | Uint8Array)[]> {
  let jfif: Segment | Uint8Array | undefined;
  let exif: Segment | Uint8Array | undefined;
  for (const segment of head) {
    const whole = (await source.read(segment.from, segment.to - segment.from)).slice();
    const body = whole.subarray(4);
    if (segment.code === 0xe0 && !jfif && body.length >= 14 && same(body.subarray(0, 5), JFIF)) {
      const rebuilt = concat(Uint8Array.of(0xff, 0xe0, 0, 16), body.subarray(0, 12), Uint8Array.of(0, 0));
      if (rebuilt.length !== whole.length) traces.add("thumbnail");
      jfif = same(rebuilt, whole) ? segment : rebuilt;
    } else if (segment.code === 0xe1 && !exif && same(body.subarray(0, 6), EXIF)) {
      const { orientation, traces: found } = readExif(body.subarray(6));
      for (const trace of found) traces.add(trace);
      if (orientation === 1) continue;
      const block = concat(EXIF, orientationOnly(orientation));
      const rebuilt = concat(Uint8Array.of(0xff, 0xe1, 0, block.length + 2), block);
      exif = same(rebuilt, whole) ? segment : rebuilt;
    } else {
      await note(source, segment, traces);
    }
  }
  return [jfif, exif].filter((piece) => piece !== undefined);
}

/** Keeps the marker that says how colours are coded, without anything behind its 12 bytes. */
async function keepAdobe(source: Source, segment: Segment, draft: Draft, traces: Set<Trace>): Promise<void> {
  const whole = await source.read(segment.from, segment.to - segment.from);
  const body = whole.slice(4, 16);
  if (body.length < 12 || name(body, 0, 5) !== "Adobe") {
    traces.add("other");
  } else if (whole.length === 16) {
    draft.keep(segment.from, segment.to);
  } else {
    traces.add("other");
    draft.put(concat(Uint8Array.of(0xff, 0xee, 0, 14), body));
  }
}

/** Notes what a segment that goes was for. */
async function note(source: Source, segment: Segment, traces: Set<Trace>): Promise<void> {
  const body = (await source.read(segment.from, segment.to - segment.from)).subarray(4);
  const start = new TextDecoder("latin1").decode(body.subarray(0, 40));
  if (segment.code === 0xfe) traces.add("caption");
  else if (segment.code === 0xe0) traces.add("thumbnail");
  else if (start.startsWith("Exif")) for (const trace of readExif(body.subarray(6)).traces) traces.add(trace);
  else if (start.startsWith("http://ns.adobe.com/")) for (const trace of xmpTraces(body)) traces.add(trace);
  else if (start.startsWith("Photoshop")) traces.add("author").add("caption");
  else traces.add("other");
}
