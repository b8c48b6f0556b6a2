import { name, type Source, u32, u64 } from "./pieces.ts";
import { demand, Unclean } from "./words.ts";

/** Boxes of ISO media files (MP4, MOV, M4A) and the tables of which box may hold which. */

/** A box: header from `from`, body from `body`, end at `to`. */
export interface Box {
  readonly kind: string;
  readonly from: number;
  readonly body: number;
  readonly to: number;
}

/** Filler; it stays, filled with zeros. */
export const FILLER: ReadonlySet<string> = new Set(["free", "skip", "wide"]);

const TABLES = "stts ctts cslg stss stps stsz stz2 stsc stco co64 sdtp sbgp sgpd";

/** What may be inside of what; everything else becomes filler. */
export const CHILDREN: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    moov: "mvhd trak mvex",
    trak: "tkhd edts mdia",
    edts: "elst",
    mdia: "mdhd hdlr minf",
    minf: "vmhd smhd hdlr dinf stbl",
    dinf: "dref",
    stbl: `stsd ${TABLES}`,
    mvex: "mehd trex",
    moof: "mfhd traf",
    traf: "tfhd tfdt trun sdtp sbgp sgpd",
  }).map(([kind, inner]) => [kind, new Set(inner.split(" "))]),
);

/** Codings whose sample entries are understood, and where their inner boxes begin. */
export const PICTURES: ReadonlySet<string> = new Set(
  "avc1 avc2 avc3 hvc1 hev1 mp4v s263 h263 av01 vp08 vp09 dvh1 dvhe".split(" "),
);
/** The same for sound. */
export const SOUNDS: ReadonlySet<string> = new Set(
  "mp4a samr sawb alac Opus ac-3 ec-3 fLaC sowt twos lpcm in24 in32 fl32 fl64 ulaw alaw .mp3".split(" "),
);

/** What may be inside a sample entry: settings of decoders, shape and colours of the picture. */
export const SETTINGS: ReadonlySet<string> = new Set(
  "avcC hvcC esds d263 damr av1C vpcC alac dOps dac3 dec3 dfLa dvcC dvvC colr pasp clap btrt fiel chan wave frma enda mp4a".split(
    " ",
  ),
);

/** The longest index that is read into memory. */
const INDEX_LIMIT = 32 << 20;

/** Returns the boxes of a file, without their bodies. */
export async function topBoxes(source: Source): Promise<Box[]> {
  const found: Box[] = [];
  for (let at = 0; at < source.size; ) {
    const head = await source.read(at, Math.min(16, source.size - at));
    const box = header(head, 0, at, source.size);
    found.push(box);
    demand(found.length < 200_000);
    at = box.to;
  }
  return found;
}

/** Returns the boxes between two places of bytes in memory. */
export function boxesIn(bytes: Uint8Array, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let at = from; at < to; ) {
    // QuickTime ends some lists with four zero bytes.
    if (to - at === 4 && u32(bytes, at) === 0) break;
    const box = header(bytes, at, at, to);
    demand(box.to > box.from || box.to === to);
    found.push(box);
    at = box.to;
  }
  return found;
}

/** Returns the bytes of a box that is an index, whole. */
export async function load(source: Source, box: Box): Promise<Uint8Array> {
  if (box.to - box.from > INDEX_LIMIT) throw new Unclean("too-large");
  return (await source.read(box.from, box.to - box.from)).slice();
}

function header(bytes: Uint8Array, at: number, from: number, end: number): Box {
  const short = u32(bytes, at);
  const kind = name(bytes, at + 4);
  const body = from + (short === 1 ? 16 : 8);
  const to = short === 0 ? end : from + (short === 1 ? u64(bytes, at + 8) : short);
  demand(to <= end && to >= body);
  return { kind, from, body, to };
}
