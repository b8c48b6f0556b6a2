import { cleanGif, verifyGif } from "./gif.ts";
import { cleanJpeg, verifyJpeg } from "./jpeg.ts";
import { type Draft, Source } from "./pieces.ts";
import { cleanPng, verifyPng } from "./png.ts";
import { damaged, type Trace, Unclean } from "./words.ts";

/** Pictures inside of documents: the same cleaning, in memory. */

/** A cleaned picture and the extension its content calls for. */
export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly extension: "jpg" | "png" | "gif";
}

/** Cleans a JPEG, PNG or GIF; any other picture is refused. */
export async function cleanPicture(bytes: Uint8Array, traces: Set<Trace>): Promise<Picture> {
  const source = new Source(new Blob([new Uint8Array(bytes)]));
  const [extension, clean, verify] = kindOf(bytes);
  const draft: Draft = await clean(source, traces);
  const blob = draft.blob();
  if (!(await verify(new Source(blob)))) damaged();
  return { bytes: new Uint8Array(await blob.arrayBuffer()), extension };
}

/** Tells if bytes are a JPEG with nothing to clean. */
export async function isCleanJpeg(bytes: Uint8Array): Promise<boolean> {
  return verifyJpeg(new Source(new Blob([new Uint8Array(bytes)])));
}

type Kind = readonly [Picture["extension"], typeof cleanJpeg, typeof verifyJpeg];

function kindOf(bytes: Uint8Array): Kind {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xd8) return ["jpg", cleanJpeg, verifyJpeg];
  if (first === 0x89 && second === 0x50 && third === 0x4e) return ["png", cleanPng, verifyPng];
  if (first === 0x47 && second === 0x49 && third === 0x46) return ["gif", cleanGif, verifyGif];
  throw new Unclean("unsupported");
}
