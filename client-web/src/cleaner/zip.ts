import { inflateSync, type Zippable, zipSync } from "fflate";
import { name, same, u16, u32 } from "./pieces.ts";
import { crc32 } from "./png.ts";
import { damaged, demand, Unclean } from "./words.ts";

/** Reads ZIP packages strictly and writes them without times. */

const END = 22;
const LONGEST_COMMENT = 0xffff;
const MOST_PARTS = 5_000;
const UNPACKED_LIMIT = 96 << 20;
const DEFLATED = 8;

/** The parts of a package by name, in order. */
export type Parts = Map<string, Uint8Array>;

/** Unpacks a package; what is encrypted, doubled, hidden between the parts or too large is refused. */
export function unpack(bytes: Uint8Array): Parts {
  const end = findEnd(bytes);
  const count = u16(bytes, end + 10, true);
  const parts: Parts = new Map();
  let total = 0;
  let at = u32(bytes, end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw new Unclean("unsupported");
  demand(count > 0 && count <= MOST_PARTS);
  for (let entry = 0; entry < count; entry += 1) {
    demand(name(bytes, at) === "PK\x01\x02");
    const [words, extra, comment] = [
      u16(bytes, at + 28, true),
      u16(bytes, at + 30, true),
      u16(bytes, at + 32, true),
    ];
    if (u16(bytes, at + 8, true) & 1) throw new Unclean("encrypted");
    total += u32(bytes, at + 24, true);
    if (total > UNPACKED_LIMIT) throw new Unclean("too-large");
    const label = decode(bytes.subarray(at + 46, at + 46 + words));
    demand(words > 0 && !parts.has(label) && !/[\\\0]|(^|\/)\.\.(\/|$)|^\//.test(label));
    // Folders have no content.
    if (!label.endsWith("/")) parts.set(label, one(bytes, at));
    at += 46 + words + extra + comment;
  }
  demand(at === end);
  return parts;
}

/** Packs parts; every time is the first day of 1980. */
export function pack(parts: Parts): Uint8Array<ArrayBuffer> {
  const files: Zippable = {};
  for (const [label, bytes] of parts) {
    const packed = label === "mimetype" || /\.(jpe?g|png|gif)$/i.test(label);
    files[label] = [bytes, { level: packed ? 0 : 6 }];
  }
  return new Uint8Array(zipSync(files, { mtime: new Date(1980, 0, 1), os: 0 }));
}

/** Decodes UTF-8 without tolerance. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return damaged();
  }
}

function findEnd(bytes: Uint8Array): number {
  for (let at = bytes.length - END; at >= 0 && at >= bytes.length - END - LONGEST_COMMENT; at -= 1) {
    if (
      bytes[at] === 0x50 &&
      name(bytes, at) === "PK\x05\x06" &&
      at + END + u16(bytes, at + 20, true) === bytes.length
    ) {
      return at;
    }
  }
  return damaged();
}

function one(bytes: Uint8Array, entry: number): Uint8Array {
  const local = u32(bytes, entry + 42, true);
  demand(name(bytes, local) === "PK\x03\x04");
  const words = u16(bytes, local + 26, true);
  const listed = bytes.subarray(entry + 46, entry + 46 + u16(bytes, entry + 28, true));
  demand(same(bytes.subarray(local + 30, local + 30 + words), listed));
  const from = local + 30 + words + u16(bytes, local + 28, true);
  const [method, packed, size] = [
    u16(bytes, entry + 10, true),
    u32(bytes, entry + 20, true),
    u32(bytes, entry + 24, true),
  ];
  demand(from + packed <= bytes.length);
  const content = inflate(bytes.subarray(from, from + packed), method, size);
  demand(content.length === size && crc32(content) === u32(bytes, entry + 16, true));
  return content;
}

function inflate(packed: Uint8Array, method: number, size: number): Uint8Array {
  if (method === 0) return packed;
  if (method !== DEFLATED) throw new Unclean("unsupported");
  return inflateSync(packed, { out: new Uint8Array(size) });
}
