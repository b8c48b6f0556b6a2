import { inflateSync, strFromU8 } from "fflate";
import type * as Heavy from "./heavy.ts";
import type { Cleaned } from "./words.ts";

/** Starts the late part of the page when the first document is chosen. */

declare global {
  // The name the build gives to the late part.
  var bisikLate: typeof Heavy | undefined;
}

/** Cleans a document by the late part. */
export async function cleanLate(bytes: Uint8Array, extension: string): Promise<Cleaned> {
  const late = globalThis.bisikLate ?? start();
  if (!late) return { outcome: "refused", reason: "unsupported", extension, traces: [] };
  const done = await late.cleanDocument(bytes, extension);
  if ("reason" in done) return { outcome: "refused", ...done };
  return { outcome: "cleaned", blob: new Blob([done.bytes]), extension: done.extension, traces: done.traces };
}

/** Inflates the inert script at the end of the page and runs it; its hash is in the page's policy. */
function start(): typeof Heavy | undefined {
  const packed = globalThis.document?.getElementById("late")?.textContent;
  if (!packed) return undefined;
  const script = document.createElement("script");
  script.textContent = strFromU8(
    inflateSync(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0))),
  );
  document.head.append(script);
  script.remove();
  return globalThis.bisikLate;
}
