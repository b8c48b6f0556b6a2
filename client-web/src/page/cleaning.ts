/** Taking files into a message: each is cleaned as soon as it is chosen. */

import { clean } from "../cleaner/cleaner.ts";
import type { App } from "./app.ts";
import { chosen, type FileDraft, withCleaned } from "./files.ts";
import { write } from "./state.ts";

/** Adds chosen files and cleans them, one after the other. */
export async function addFiles(app: App, files: File[], inPlaceOf?: number): Promise<void> {
  const first = 1 + Math.max(0, ...app.state.writing.files.map((file) => file.number));
  const added = files.map((file, index) => chosen(first + index, file));
  app.change((state) => write(state, { files: replaced(state.writing.files, added, inPlaceOf) }));
  for (const draft of added) {
    if (draft.file.size === 0) continue;
    const cleaned = await clean(draft.file).catch(() => undefined);
    setFile(app, draft.number, (file) =>
      cleaned === undefined
        ? { ...file, cleaned: { outcome: "refused", reason: "damaged", extension: "bin", traces: [] } }
        : withCleaned(file, cleaned),
    );
  }
}

/** Changes one file, if it is still there. */
export function setFile(app: App, number: number, change: (file: FileDraft) => FileDraft): void {
  app.change((state) =>
    write(state, {
      files: state.writing.files.map((file) => (file.number === number ? change(file) : file)),
    }),
  );
}

function replaced(files: FileDraft[], added: FileDraft[], place: number | undefined): FileDraft[] {
  if (place === undefined) return [...files, ...added];
  return files.flatMap((file) => {
    if (file.number !== place) return [file];
    return added.map((fresh) => ({ ...fresh, kind: file.kind, holders: file.holders, note: file.note }));
  });
}
