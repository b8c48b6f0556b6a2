/** Evidence on its way into a message: chosen, cleaned, described. */

import type { Cleaned } from "../cleaner/cleaner.ts";
import type { Card } from "../formats/card.ts";
import { type Choice, type Form, fieldsOf } from "../formats/form.ts";
import { MAX_FILES } from "../sealing/content.ts";
import type { Evidence } from "../sealing/report.ts";
import { cleanText } from "./draft.ts";
import { last } from "./last.ts";

/** What to do with a file: send it cleaned, send it as it is, choose another one in its place, or leave it out. */
export type FileChoice = "cleaned" | "original" | "replace" | "drop";

/** A file of evidence as far as it is decided. */
export interface FileDraft {
  /** Names it on the screen; never used twice. */
  number: number;
  file: File;
  /** `undefined` while it is being looked at. */
  cleaned?: Cleaned;
  choice?: FileChoice;
  kind: string;
  holders: Evidence["holders"];
  note: string;
  keepName: boolean;
}

/** Something about a file that keeps it from being sent. `error-<code>` is its message. */
export interface FileProblem {
  number: number;
  code:
    | "file-cleaning"
    | "file-choice"
    | "file-kind"
    | "file-note"
    | "file-empty"
    | "file-large"
    | "files-large"
    | "files-many";
  /** The limit in bytes, or how many files are possible. */
  max?: number;
}

/** The most characters of a note. */
const MAX_NOTE = 300;

/** Returns a file that was just chosen. */
export function chosen(number: number, file: File): FileDraft {
  return { number, file, kind: "", holders: "unknown", note: "", keepName: false };
}

/** Takes what cleaning found; what could be cleaned is sent clean unless the reporter decides otherwise. */
export function withCleaned(draft: FileDraft, cleaned: Cleaned): FileDraft {
  return cleaned.outcome === "refused" ? { ...draft, cleaned } : { ...draft, cleaned, choice: "cleaned" };
}

/** Returns the kinds of evidence that the form knows. */
export function kindsOf(form: Form): Choice[] {
  for (const { kind } of fieldsOf(form)) {
    if (typeof kind === "object" && "evidence" in kind) return kind.evidence.kinds;
  }
  return [];
}

/** Returns what keeps the files from being sent. */
export function fileProblems(files: FileDraft[], limits: Card["limits"]): FileProblem[] {
  const kept = files.filter((draft) => draft.choice !== "drop");
  const problems = kept.flatMap((draft) => ownProblems(draft, limits.file_bytes));
  const total = kept.reduce((sum, draft) => sum + blobOf(draft).size, 0);
  const end = last(kept)?.number ?? 0;
  if (total > limits.report_bytes)
    problems.push({ number: end, code: "files-large", max: limits.report_bytes });
  if (kept.length > MAX_FILES) problems.push({ number: end, code: "files-many", max: MAX_FILES });
  return problems;
}

/** Returns the files as they go into the message. */
export function evidenceOf(files: FileDraft[]): Evidence[] {
  return files.flatMap((draft) => {
    const { cleaned } = draft;
    if (cleaned === undefined || (draft.choice !== "cleaned" && draft.choice !== "original")) return [];
    const evidence: Evidence = {
      blob: blobOf(draft),
      extension: cleaned.extension,
      kind: draft.kind,
      holders: draft.holders,
      note: cleanText(draft.note),
      cleaned: draft.choice === "cleaned",
    };
    return [draft.keepName ? { ...evidence, name: draft.file.name } : evidence];
  });
}

/** Returns the length of all evidence together. */
export function totalSize(files: FileDraft[]): number {
  return evidenceOf(files).reduce((sum, { blob }) => sum + blob.size, 0);
}

function ownProblems(draft: FileDraft, max: number): FileProblem[] {
  const { number } = draft;
  if (draft.file.size === 0) return [{ number, code: "file-empty" }];
  if (blobOf(draft).size > max) return [{ number, code: "file-large", max }];
  if (draft.cleaned === undefined) return [{ number, code: "file-cleaning" }];
  const problems: FileProblem[] = [];
  if (draft.choice === undefined || draft.choice === "replace")
    problems.push({ number, code: "file-choice" });
  if (draft.kind === "") problems.push({ number, code: "file-kind" });
  if (draft.note.length > MAX_NOTE) problems.push({ number, code: "file-note", max: MAX_NOTE });
  return problems;
}

function blobOf({ file, cleaned, choice }: FileDraft): Blob {
  return choice === "cleaned" && cleaned !== undefined && cleaned.outcome !== "refused" ? cleaned.blob : file;
}
