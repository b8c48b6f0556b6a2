// What a browser left on the disk: every file of its profile, also inside of what is compressed there.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { writings } from "./watch.mjs";

/** Bytes that are unpacked from one place, at most. */
const MOST = 64 << 20;

/** Returns the places in a folder where one of these words stands, in any writing: `[word, file]`. */
export function placesOf(folder, words) {
  const wanted = words.flatMap((word) => forms(word).map((form) => [word, form]));
  const found = [];
  for (const path of filesOf(folder)) {
    const name = relative(folder, path);
    const layers = [Buffer.from(name), ...layersOf(readFileSync(path))];
    for (const [word, form] of wanted) {
      if (layers.some((bytes) => bytes.includes(form))) found.push([word, name]);
    }
  }
  return [...new Map(found.map((place) => [place.join(" "), place])).values()];
}

/** Returns a receipt in the spellings of people, and every two groups of it side by side. */
export function spellings(receipt) {
  const groups = receipt.split("-");
  const pairs = groups.slice(1).map((group, place) => [groups[place], group]);
  return ["", "-", " "].flatMap((between) => [groups, ...pairs].map((part) => part.join(between)));
}

/** Returns the bytes that a word may have on a disk. */
function forms(word) {
  const twoBytes = [word, word.toLowerCase()].map((text) => Buffer.from(text, "utf16le"));
  const hex = Buffer.from(word).toString("hex");
  const texts = [
    ...writings(word),
    encodeURIComponent(word).replaceAll("%20", "+"),
    JSON.stringify(word).slice(1, -1),
  ];
  return [...twoBytes, ...[...new Set([...texts, hex])].map((text) => Buffer.from(text))];
}

function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Returns a file as it is, and whatever can be unpacked from it. */
function layersOf(bytes) {
  return [bytes, ...tableOf(bytes), ...packedIn(bytes)];
}

/** Unpacks what begins like gzip, zlib or a deflated entry of a ZIP file, wherever it stands; brotli has no mark. */
function packedIn(bytes) {
  const found = [];
  const unpack = (how, at) => {
    try {
      const part = how(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST });
      if (part.length > 16) found.push(part);
    } catch {
      // It only looked like it.
    }
  };
  for (const [mark, how, skip] of MARKS) {
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
      unpack(how, at + skip(bytes, at));
    }
  }
  if (bytes.length < MOST) unpack((part) => brotliDecompressSync(part, { maxOutputLength: MOST }), 0);
  return found;
}

const here = () => 0;
const MARKS = [
  [Buffer.from([0x1f, 0x8b, 8]), gunzipSync, here],
  ...[0x01, 0x5e, 0x9c, 0xda].map((second) => [Buffer.from([0x78, second]), inflateSync, here]),
  [
    Buffer.from([0x50, 0x4b, 3, 4]),
    inflateRawSync,
    (bytes, at) =>
      at + 30 > bytes.length ? 30 : 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28),
  ],
];

/** Unpacks the blocks of a table of LevelDB, where Chromium keeps local storage, databases and more. */
export function tableOf(bytes) {
  if (bytes.length < 48 || bytes.readBigUInt64LE(bytes.length - 8) !== 0xdb4775248b80fb57n) return [];
  try {
    const footer = new Reader(bytes.subarray(bytes.length - 48));
    footer.handle();
    const index = new Reader(blockOf(bytes, footer.handle()));
    return [...index.entries()].map((value) => blockOf(bytes, new Reader(value).handle()));
  } catch {
    return [];
  }
}

/** Returns a block: packed by Snappy if the byte behind it says so. */
function blockOf(bytes, { offset, size }) {
  const block = bytes.subarray(offset, offset + size);
  return bytes[offset + size] === 1 ? unsnap(block) : block;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at];
      if (byte === undefined || shift > 42) throw new Error("no number");
      this.at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  handle() {
    return { offset: this.number(), size: this.number() };
  }

  take(count) {
    this.at += count;
    if (this.at > this.bytes.length) throw new Error("cut");
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** The values of a block. */
  *entries() {
    const { length } = this.bytes;
    const restarts = this.bytes.readUInt32LE(length - 4);
    const end = length - 4 - 4 * restarts;
    while (this.at < end) {
      this.number();
      const [key, value] = [this.number(), this.number()];
      this.take(key);
      yield this.take(value);
    }
  }
}

/** Unpacks Snappy. */
export function unsnap(bytes) {
  const from = new Reader(bytes);
  const to = Buffer.alloc(Math.min(from.number(), MOST));
  let at = 0;
  while (from.at < bytes.length && at < to.length) {
    const [tag] = from.take(1);
    if ((tag & 3) === 0) {
      const more = Math.max(0, (tag >> 2) - 59);
      const length = (more === 0 ? tag >> 2 : from.take(more).readUIntLE(0, more)) + 1;
      at += from.take(length).copy(to, at);
      continue;
    }
    const [length, back] = copyOf(tag, from);
    if (back === 0 || back > at) throw new Error("no such place");
    // A copy may reach into itself.
    for (const end = Math.min(at + length, to.length); at < end; at += 1) to[at] = to[at - back];
  }
  return to.subarray(0, at);
}

function copyOf(tag, from) {
  if ((tag & 3) === 1) return [((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | from.take(1)[0]];
  const bytes = (tag & 3) === 2 ? 2 : 4;
  return [(tag >> 2) + 1, from.take(bytes).readUIntLE(0, bytes)];
}
