import { Refusal } from "../formats/refusal.ts";
import { damaged, demand } from "./words.ts";

/** Reads and writes a file as pieces, so that a recording of 100 MB is never in memory as a whole. */

const WINDOW = 64 * 1024;
const ZEROS = new Uint8Array(WINDOW);

/** A file read through a small window. */
export class Source {
  readonly blob: Blob;
  readonly size: number;
  private window = new Uint8Array(0);
  private start = 0;

  constructor(blob: Blob) {
    this.blob = blob;
    this.size = blob.size;
  }

  /** Returns `length` bytes from `at`; a file that ends before is damaged. */
  async read(at: number, length: number): Promise<Uint8Array> {
    demand(length >= 0 && at >= 0 && at + length <= this.size);
    if (length > WINDOW) return this.load(at, at + length);
    const from = at - this.start;
    if (from < 0 || from + length > this.window.length) {
      this.window = await this.load(at, Math.min(at + WINDOW, this.size));
      this.start = at;
    }
    return this.window.subarray(at - this.start, at - this.start + length);
  }

  /** Returns what is left of the window from `at`, at least one byte unless the file ends there. */
  async some(at: number): Promise<Uint8Array> {
    if (at < this.start || at >= this.start + this.window.length) {
      await this.read(at, Math.min(WINDOW, this.size - at));
    }
    return this.window.subarray(at - this.start);
  }

  async u8(at: number): Promise<number> {
    return (await this.read(at, 1))[0] ?? damaged();
  }

  /** Tells if the bytes from `from` to `to` are all zero. */
  async isZero(from: number, to: number): Promise<boolean> {
    for (let at = from; at < to; ) {
      const piece = (await this.some(at)).subarray(0, to - at);
      if (piece.length === 0 || piece.some((byte) => byte !== 0)) return false;
      at += piece.length;
    }
    return true;
  }

  private async load(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await this.blob.slice(from, to).arrayBuffer());
    } catch {
      throw new Refusal("file-changed");
    }
    if (bytes.length !== to - from) throw new Refusal("file-changed");
    return bytes;
  }
}

type Part = { readonly from: number; to: number } | Uint8Array<ArrayBuffer>;

/** A new file made of slices of the old one and small pieces of new bytes. */
export class Draft {
  private readonly source: Source;
  private readonly parts: Part[] = [];
  /** Bytes so far. */
  length = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** Appends the old bytes from `from` to `to`. */
  keep(from: number, to: number): void {
    demand(from >= 0 && from <= to && to <= this.source.size);
    if (from === to) return;
    const last = this.parts[this.parts.length - 1];
    if (last && "to" in last && last.to === from) last.to = to;
    else this.parts.push({ from, to });
    this.length += to - from;
  }

  /** Appends new bytes. */
  put(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.parts.push(new Uint8Array(bytes));
    this.length += bytes.length;
  }

  /** Appends another draft of the same file. */
  append(other: Draft): void {
    for (const part of other.parts) {
      if ("to" in part) this.keep(part.from, part.to);
      else this.put(part);
    }
  }

  /** Appends `length` zero bytes, held once for all. */
  zeros(length: number): void {
    for (let left = length; left > 0; left -= WINDOW)
      this.parts.push(ZEROS.subarray(0, Math.min(left, WINDOW)));
    this.length += length;
  }

  /** Tells if the new file is the old one. */
  isWhole(): boolean {
    const [only, ...more] = this.parts;
    return (
      more.length === 0 &&
      only !== undefined &&
      "to" in only &&
      only.from === 0 &&
      only.to === this.source.size
    );
  }

  /** Returns the new file; browsers keep the slices as references. */
  blob(): Blob {
    return new Blob(
      this.parts.map((part) => ("to" in part ? this.source.blob.slice(part.from, part.to) : part)),
    );
  }
}

/** Returns a number of 16 bits; one behind the end is damage. */
export function u16(bytes: Uint8Array, at: number, little = false): number {
  return view(bytes).getUint16(inside(bytes, at, 2), little);
}

/** Returns a number of 32 bits; one behind the end is damage. */
export function u32(bytes: Uint8Array, at: number, little = false): number {
  return view(bytes).getUint32(inside(bytes, at, 4), little);
}

/** Returns a number of 64 bits; one no file can have is damage. */
export function u64(bytes: Uint8Array, at: number): number {
  const number = u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
  demand(Number.isSafeInteger(number));
  return number;
}

/** Returns bytes as characters up to 255; some behind the end are damage. */
export function name(bytes: Uint8Array, at: number, length = 4): string {
  return String.fromCharCode(...bytes.subarray(inside(bytes, at, length), at + length));
}

/** Returns the bytes of a number of 32 bits, the highest first. */
export function be32(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** Returns the bytes of a number of 32 bits, the lowest first. */
export function le32(number: number): Uint8Array {
  return be32(number).reverse();
}

/** Returns characters up to 255 as bytes. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Counts how often a word stands in bytes. */
export function count(bytes: Uint8Array, word: string): number {
  const wanted = ascii(word);
  const first = wanted[0] ?? 0;
  let found = 0;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (same(bytes.subarray(at, at + wanted.length), wanted)) found += 1;
  }
  return found;
}

/** Tells if bytes are equal. */
export function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function inside(bytes: Uint8Array, at: number, length: number): number {
  demand(at >= 0 && at + length <= bytes.length);
  return at;
}
