/** What a reporter has typed so far, and how it becomes answers. */

import { type Answer, lengthOf, type Value } from "../formats/answers.ts";
import { isDay, isMonth } from "../formats/day.ts";
import {
  type Choice,
  type Field,
  type FieldKind,
  type Form,
  fieldsOf,
  type GroupKind,
  groupOf,
  type YesNo,
} from "../formats/form.ts";

/** A day, month or year as typed. */
export interface DateDraft {
  day: string;
  month: string;
  year: string;
}

/** Which kind of time is told. */
export type WhenMode = "day" | "month" | "range" | "ongoing";

/** What is typed for one question; members that belong to other kinds of questions stay away. */
export interface FieldDraft {
  unknown?: boolean;
  text?: string;
  picked?: string[];
  yesNo?: YesNo;
  mode?: WhenMode;
  from?: DateDraft;
  to?: DateDraft;
  entries?: Drafts[];
}

/** What is typed, by the id of the question. */
export type Drafts = Record<string, FieldDraft>;

/** Something typed that cannot be taken. `error-<code>` is its message. */
export interface Problem {
  code: "required" | "too-short" | "too-long" | "date" | "backwards" | "entry-empty";
  /** Where: the question, or a part of an entry. */
  part?: string;
  entry?: number;
  min?: number;
  max?: number;
  count?: number;
}

/** The most characters of a place. */
const MAX_PLACE = 300;
/** An empty date. */
export const noDate: DateDraft = { day: "", month: "", year: "" };

/** Returns the options of a question, if it has any. */
export function optionsOf(form: Form, kind: FieldKind): Choice[] {
  if (kind === "category") return form.categories;
  return typeof kind === "object" && "choice" in kind ? kind.choice.options : [];
}

/** Returns the greatest number of characters of a text; `undefined` if the question takes no text. */
export function maxOf(kind: FieldKind): number | undefined {
  if (kind === "place") return MAX_PLACE;
  return typeof kind === "object" && "text" in kind ? kind.text.max : undefined;
}

/** Returns typed text as it is sent: without space around it, and well-formed. */
export function cleanText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(/\p{Cs}/gu, "\ufffd")
    .trim();
}

/** Returns whether nothing at all is answered. */
export function isEmpty(draft: FieldDraft | undefined): boolean {
  if (draft === undefined) return true;
  const entries = draft.entries ?? [];
  return (
    draft.unknown !== true &&
    cleanText(draft.text ?? "") === "" &&
    (draft.picked ?? []).length === 0 &&
    draft.yesNo === undefined &&
    draft.mode === undefined &&
    entries.every(isEmptyEntry)
  );
}

/** Returns whether no part of an entry is answered. */
function isEmptyEntry(entry: Drafts): boolean {
  return Object.values(entry).every(isEmpty);
}

/** Returns what keeps an answer from being taken as it is. */
export function problemsOf(field: Field, draft: FieldDraft | undefined): Problem[] {
  if (draft === undefined || isEmpty(draft)) return field.need === "required" ? [missing(field)] : [];
  if (draft.unknown === true) return [];
  const { kind } = field;
  const group = groupOf(kind);
  if (group !== undefined) {
    return (draft.entries ?? []).flatMap((entry, index) =>
      entryProblems(group, entry).map((problem) => ({ ...problem, entry: index + 1 })),
    );
  }
  return kind === "when" ? whenProblems(draft) : textProblems(kind, draft);
}

/** Returns what is typed but cannot be taken; a gap is none of it. */
export function unfit(field: Field, draft: FieldDraft | undefined): Problem[] {
  return problemsOf({ ...field, need: "optional" }, draft);
}

/** Returns the answers in the form's order. What cannot be taken is left to {@link unfit}. */
export function answersOf(form: Form, drafts: Drafts): Answer[] {
  return fieldsOf(form).flatMap((field) => {
    const draft = drafts[field.id];
    if (draft === undefined || isEmpty(draft) || unfit(field, draft).length > 0) return [];
    if (draft.unknown === true) return [{ field: field.id, value: "unknown" }];
    const group = groupOf(field.kind);
    if (group !== undefined) return entriesOf(field.id, group.fields, draft.entries ?? []);
    const value = valueFrom(form, field, draft);
    return value === undefined ? [] : [{ field: field.id, value }];
  });
}

/** Returns a typed date as a day; `undefined` if there is no such day. */
function dayFrom(date: DateDraft | undefined): string | undefined {
  const text = `${date?.year.trim()}-${pad(date?.month)}-${pad(date?.day)}`;
  return isDay(text) ? text : undefined;
}

/** Returns a typed date as a month; `undefined` if there is no such month. */
function monthFrom(date: DateDraft | undefined): string | undefined {
  const text = `${date?.year.trim()}-${pad(date?.month)}`;
  return isMonth(text) ? text : undefined;
}

/** Nothing is answered: in a group, the first part of the first entry is where to begin. */
function missing({ kind }: Field): Problem {
  const part = groupOf(kind)?.fields[0]?.id;
  return part === undefined ? { code: "required" } : { code: "required", entry: 1, part };
}

function pad(digits: string | undefined): string {
  return (digits ?? "").trim().padStart(2, "0");
}

function entriesOf(field: string, parts: Field[], entries: Drafts[]): Answer[] {
  const filled = entries.filter((entry) => !isEmptyEntry(entry));
  return filled.flatMap((entry, index) =>
    parts.flatMap((part) => {
      const draft = entry[part.id];
      const value = draft === undefined || isEmpty(draft) ? undefined : valueFrom(undefined, part, draft);
      return value === undefined ? [] : [{ field, entry: index + 1, part: part.id, value }];
    }),
  );
}

function valueFrom(form: Form | undefined, { kind }: Field, draft: FieldDraft): Value | undefined {
  if (draft.unknown === true) return "unknown";
  if (kind === "yes_no") return draft.yesNo === undefined ? undefined : { yes_no: draft.yesNo };
  if (kind === "when") return whenOf(draft);
  if (maxOf(kind) !== undefined) return { text: cleanText(draft.text ?? "") };
  const options =
    form !== undefined
      ? optionsOf(form, kind)
      : typeof kind === "object" && "choice" in kind
        ? kind.choice.options
        : [];
  const picked = options.map((option) => option.id).filter((id) => draft.picked?.includes(id));
  return picked.length === 0 ? undefined : { choice: picked };
}

function whenOf(draft: FieldDraft): Value | undefined {
  const from = dayFrom(draft.from);
  const to = dayFrom(draft.to);
  if (draft.mode === "ongoing") return { when: "ongoing" };
  if (draft.mode === "month") {
    const month = monthFrom(draft.from);
    return month === undefined ? undefined : { when: { month } };
  }
  if (from === undefined) return undefined;
  if (draft.mode === "day") return { when: { day: from } };
  return to === undefined || to < from ? undefined : { when: { range: { from, to } } };
}

function whenProblems(draft: FieldDraft): Problem[] {
  if (whenOf(draft) !== undefined) return [];
  const from = dayFrom(draft.from);
  const to = dayFrom(draft.to);
  const backwards = draft.mode === "range" && from !== undefined && to !== undefined;
  return [{ code: backwards ? "backwards" : "date" }];
}

function textProblems(kind: FieldKind, draft: FieldDraft): Problem[] {
  const max = maxOf(kind);
  if (max === undefined) return [];
  const min = typeof kind === "object" && "text" in kind ? Math.max(kind.text.min, 1) : 1;
  const count = lengthOf(cleanText(draft.text ?? ""));
  if (count < min) return [{ code: "too-short", min, count }];
  return count > max ? [{ code: "too-long", max, count }] : [];
}

function entryProblems(group: GroupKind, entry: Drafts): Problem[] {
  if (isEmptyEntry(entry)) return [];
  const needed = group.one_of.length === 0 || group.one_of.some((part) => !isEmpty(entry[part]));
  const missing: Problem[] = needed ? [] : [{ code: "entry-empty", part: group.one_of[0] ?? "" }];
  const parts = group.fields.flatMap((part) =>
    unfit(part, entry[part.id]).map((problem) => ({
      ...problem,
      part: part.id,
    })),
  );
  return [...missing, ...parts];
}
