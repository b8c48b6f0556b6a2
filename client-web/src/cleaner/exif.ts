import { concat } from "../formats/bytes.ts";
import { ascii, name, same, u16, u32 } from "./pieces.ts";
import type { Trace } from "./words.ts";

/** What an EXIF block says about orientation, and which traces it holds. */
export interface Exif {
  readonly orientation: number;
  readonly traces: Set<Trace>;
}

const ORIENTATION = 0x0112;
const DETAIL = 0x8769;
const GPS = 0x8825;
const TRACES: ReadonlyMap<number, Trace> = new Map<number, Trace>([
  [0x010e, "caption"],
  [0x9286, "caption"],
  [0x9c9b, "caption"],
  [0x9c9c, "caption"],
  [0x010f, "device"],
  [0x0110, "device"],
  [0x927c, "device"],
  [0xa431, "device"],
  [0xa433, "device"],
  [0xa434, "device"],
  [0xa435, "device"],
  [0x0131, "software"],
  [0x0132, "time"],
  [0x9003, "time"],
  [0x9004, "time"],
  [0x013b, "author"],
  [0x8298, "author"],
  [0xa430, "author"],
  [0x9c9d, "author"],
  [0xa420, "identifier"],
]);

/** Reads a TIFF structure; one that cannot be read to its end is worth "other" and what was found. */
export function readExif(tiff: Uint8Array): Exif {
  const traces = new Set<Trace>();
  let orientation = 1;
  const follow = (at: number, depth: number): void => {
    const count = u16(tiff, at, little);
    for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
      const tag = u16(tiff, entry, little);
      const trace = TRACES.get(tag);
      if (trace) traces.add(trace);
      if (tag === ORIENTATION && depth === 0) orientation = u16(tiff, entry + 8, little);
      if (tag === GPS) traces.add("location");
      if (tag === DETAIL && depth === 0) follow(u32(tiff, entry + 8, little), 1);
    }
    if (depth === 0 && u32(tiff, at + 2 + 12 * count, little) !== 0) traces.add("thumbnail");
  };
  let little = false;
  try {
    little = name(tiff, 0, 2) === "II";
    follow(u32(tiff, 4, little), 0);
  } catch {
    traces.add("other");
  }
  if (traces.size === 0 && !(orientation > 1 && same(tiff, orientationOnly(orientation))))
    traces.add("other");
  return { orientation: orientation >= 1 && orientation <= 8 ? orientation : 1, traces };
}

/** Returns the TIFF structure that holds an orientation and nothing else. */
export function orientationOnly(orientation: number): Uint8Array<ArrayBuffer> {
  return concat(
    ascii("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"),
    Uint8Array.of(orientation, 0, 0, 0, 0, 0, 0),
  );
}

/** Tells if bytes are exactly what `orientationOnly` writes for an orientation that turns. */
export function isOrientationOnly(tiff: Uint8Array): boolean {
  const orientation = tiff[19] ?? 0;
  return orientation >= 2 && orientation <= 8 && same(tiff, orientationOnly(orientation));
}

const XMP_WORDS: readonly (readonly [string, Trace])[] = [
  ["GPS", "location"],
  ["Date", "time"],
  ["reator", "author"],
  ["CreatorTool", "software"],
  ["istory", "history"],
  ["DocumentID", "identifier"],
  ["InstanceID", "identifier"],
  ["escription>", "caption"],
  ["Make", "device"],
  ["Thumbnail", "thumbnail"],
];

/** Returns the traces an XMP packet tells of, by the words in it. */
export function xmpTraces(packet: Uint8Array): Set<Trace> {
  const text = new TextDecoder("latin1").decode(packet);
  const found = new Set<Trace>(XMP_WORDS.filter(([word]) => text.includes(word)).map(([, trace]) => trace));
  return found.size === 0 ? found.add("other") : found;
}
