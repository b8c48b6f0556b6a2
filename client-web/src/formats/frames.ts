/** Frames: several byte strings in one body, each behind its length as a big-endian u32. */

import { concat } from "./bytes.ts";
import { FormatError } from "./refusal.ts";

/** Returns the parts as one framed body. */
export function writeFrames(parts: readonly Uint8Array[]): Uint8Array {
  const framed = parts.flatMap((part) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, part.length);
    return [length, part];
  });
  return concat(...framed);
}

/** Returns the parts of a framed body: at most `maxParts`, each at most `maxLength` bytes. */
export function readFrames(body: Uint8Array, maxParts: number, maxLength: number): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const parts: Uint8Array[] = [];
  let place = 0;
  while (place < body.length) {
    if (parts.length === maxParts) throw new FormatError("too many parts");
    if (body.length - place < 4) throw new FormatError("the body ends inside a part");
    const length = view.getUint32(place);
    if (length > maxLength) throw new FormatError("a part is too long");
    const end = place + 4 + length;
    if (end > body.length) throw new FormatError("the body ends inside a part");
    parts.push(body.subarray(place + 4, end));
    place = end;
  }
  return parts;
}
