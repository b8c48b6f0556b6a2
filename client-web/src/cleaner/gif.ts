import { xmpTraces } from "./exif.ts";
import { Draft, name, type Source } from "./pieces.ts";
import { damaged, demand, type Trace } from "./words.ts";

/** GIF: pictures, their timing and the loop count stay, byte for byte. */

const LOOPS = ["NETSCAPE2.0", "ANIMEXTS1.0"];
const READ_LIMIT = 1 << 18;

/** Rewrites a GIF without comments and foreign extensions. */
export async function cleanGif(source: Source, traces: Set<Trace>): Promise<Draft> {
  const draft = new Draft(source);
  let at = 13 + (await colours(source, 10));
  draft.keep(0, at);
  // Timing belongs to the picture that follows; it goes with a text that goes.
  let timing: { from: number; to: number } | undefined;
  let pictures = 0;
  for (;;) {
    const kind = await source.u8(at);
    if (kind === 0x3b) break;
    const end = await blockEnd(source, at);
    if (kind === 0x2c) {
      if (timing) draft.keep(timing.from, timing.to);
      timing = undefined;
      pictures += 1;
      draft.keep(at, end);
    } else if ((await source.u8(at + 1)) === 0xf9) {
      demand(end === at + 8);
      timing = { from: at, to: end };
    } else if (await isLoop(source, at, end)) {
      draft.keep(at, end);
    } else {
      if ((await source.u8(at + 1)) === 0x01) timing = undefined;
      await note(source, at, end, traces);
    }
    at = end;
  }
  demand(pictures > 0);
  draft.keep(at, at + 1);
  if (at + 1 < source.size) traces.add("other");
  return draft;
}

/** Tells if a file is a GIF of pictures, timing and loop count only, from its first byte to its last. */
export async function verifyGif(source: Source): Promise<boolean> {
  let at = 13 + (await colours(source, 10));
  for (;;) {
    const kind = await source.u8(at);
    if (kind === 0x3b) return at + 1 === source.size;
    const label = await source.u8(at + 1);
    const end = await blockEnd(source, at);
    const allowed = kind === 0x2c || (label === 0xf9 && end - at === 8) || (await isLoop(source, at, end));
    if (!allowed) return false;
    at = end;
  }
}

/** Returns the length of the colour table the flags at `at` tell of. */
async function colours(source: Source, at: number): Promise<number> {
  const flags = await source.u8(at);
  return flags & 0x80 ? 3 * (2 << (flags & 7)) : 0;
}

async function blockEnd(source: Source, at: number): Promise<number> {
  const kind = await source.u8(at);
  if (kind === 0x21) return dataEnd(source, at + 2);
  if (kind !== 0x2c) damaged();
  return dataEnd(source, at + 11 + (await colours(source, at + 9)));
}

async function dataEnd(source: Source, start: number): Promise<number> {
  let at = start;
  for (;;) {
    const length = await source.u8(at);
    at += 1 + length;
    demand(at <= source.size);
    if (length === 0) return at;
  }
}

async function isLoop(source: Source, at: number, end: number): Promise<boolean> {
  if (end - at !== 19) return false;
  const bytes = await source.read(at, 19);
  const shape =
    bytes[0] === 0x21 && bytes[1] === 0xff && bytes[2] === 11 && bytes[14] === 3 && bytes[15] === 1;
  return shape && LOOPS.includes(name(bytes, 3, 11));
}

async function note(source: Source, at: number, end: number, traces: Set<Trace>): Promise<void> {
  const label = await source.u8(at + 1);
  if (label === 0xfe || label === 0x01) traces.add("caption");
  else if (label === 0xff && end - at > 14 && name(await source.read(at + 3, 11), 0, 11) === "XMP DataXMP") {
    for (const trace of xmpTraces((await source.read(at, Math.min(end - at, READ_LIMIT))).slice()))
      traces.add(trace);
  } else traces.add("other");
}
