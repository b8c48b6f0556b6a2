import { cleanGif, verifyGif } from "./gif.ts";
import { cleanJpeg, verifyJpeg } from "./jpeg.ts";
import { cleanLate } from "./late.ts";
import { cleanMovie, verifyMovie } from "./movie.ts";
import { cleanMp3, verifyMp3 } from "./mp3.ts";
import { type Draft, Source } from "./pieces.ts";
import { cleanPng, verifyPng } from "./png.ts";
import { type Format, recognise } from "./recognise.ts";
import { cleanWebp, verifyWebp } from "./webp.ts";
import { type Cleaned, type Reason, type Trace, Unclean } from "./words.ts";

/** Removes metadata from evidence on the reporter's device, by rewriting bytes; pictures are never decoded. */

export type { Cleaned, Reason, Trace } from "./words.ts";

/** Documents are read as a whole; larger ones are refused. */
const LATE_LIMIT = 32 << 20;

interface Rewriter {
  clean(source: Source, traces: Set<Trace>): Promise<Draft>;
  /** Walks a finished file anew and tells if nothing but what is allowed is in it. */
  verify(source: Source): Promise<boolean>;
}

const REWRITERS: Readonly<Record<string, Rewriter>> = {
  jpeg: { clean: cleanJpeg, verify: verifyJpeg },
  png: { clean: cleanPng, verify: verifyPng },
  webp: { clean: cleanWebp, verify: verifyWebp },
  gif: { clean: cleanGif, verify: verifyGif },
  movie: { clean: cleanMovie, verify: verifyMovie },
  mp3: { clean: cleanMp3, verify: verifyMp3 },
};

/**
 * Cleans one file. Its type is told by its content, never by its name.
 *
 * Throws nothing but Refusal "file-changed", when the file cannot be read any more.
 */
export async function clean(file: Blob): Promise<Cleaned> {
  const source = new Source(file);
  const format = await recognise(source);
  const rewriter = REWRITERS[format.how];
  if (rewriter) return rewrite(source, format, rewriter);
  if (format.how === "text")
    return { outcome: "untouched", blob: file, extension: format.extension, traces: [] };
  if (format.how === "late") {
    if (file.size > LATE_LIMIT) return refused("too-large", format.extension);
    return cleanLate(await source.read(0, file.size), format.extension);
  }
  return refused(format.how as Reason, format.extension);
}

async function rewrite(source: Source, format: Format, rewriter: Rewriter): Promise<Cleaned> {
  const traces = new Set<Trace>();
  const { extension } = format;
  try {
    const draft = await rewriter.clean(source, traces);
    const whole = draft.isWhole();
    const blob = whole ? source.blob : draft.blob();
    // The second walk is the one that decides: it knows nothing of what the first has done.
    if (!(await rewriter.verify(new Source(blob)))) return refused("damaged", extension, traces);
    if (whole) return { outcome: "untouched", blob, extension, traces: [] };
    return { outcome: "cleaned", blob, extension, traces: [...traces].sort() };
  } catch (error) {
    if (error instanceof Unclean) return refused(error.reason, extension, traces);
    throw error;
  }
}

function refused(reason: Reason, extension: string, traces: Iterable<Trace> = []): Cleaned {
  return { outcome: "refused", reason, extension, traces: [...traces].sort() };
}
