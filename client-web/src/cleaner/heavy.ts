import { cleanOffice } from "./office.ts";
import { cleanPdf } from "./pdf.ts";
import { type Reason, type Trace, Unclean } from "./words.ts";

/** The late part of the page: documents, which need libraries that most reporters never do. */

/** What became of a document; plain data, since the late part shares no classes with the page. */
export type Document =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly extension: string; readonly traces: Trace[] }
  | { readonly reason: Reason; readonly extension: string; readonly traces: Trace[] };

/** Cleans a PDF, or a package of OOXML or ODF. Never throws. */
export async function cleanDocument(bytes: Uint8Array, extension: string): Promise<Document> {
  const traces = new Set<Trace>();
  const known = { extension };
  try {
    const cleaned =
      extension === "pdf" ? await cleanPdf(bytes, traces) : await cleanOffice(bytes, traces, known);
    return { bytes: cleaned, ...known, traces: [...traces].sort() };
  } catch (error) {
    // Engines tell only by the words that memory has run out.
    const memory = error instanceof RangeError && /alloc|memory/i.test(error.message);
    const reason = error instanceof Unclean ? error.reason : memory ? "too-large" : "damaged";
    return { reason, ...known, traces: [...traces].sort() };
  }
}
