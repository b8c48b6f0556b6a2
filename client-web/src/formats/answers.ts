/** Answers to a form: a flat list in the form's order, so that one set of answers has one spelling. */

import { type Day, isDay, isMonth } from "./day.ts";
import { type Field, type Form, fieldsOf, groupOf, type YesNo, yesNo } from "./form.ts";
import { type Codec, count, list, record, text, textOf, variants } from "./json.ts";
import { FormatError } from "./refusal.ts";

/** A time, as roughly as the reporter knows it; a month is written `YYYY-MM`. */
export type When = "ongoing" | { day: Day } | { month: string } | { range: { from: Day; to: Day } };

/** An answer itself; "unknown" is possible everywhere. */
export type Value = "unknown" | { text: string } | { choice: string[] } | { yes_no: YesNo } | { when: When };

/** An answer to one question, or to one part of an entry (from 1) of a group. */
export interface Answer {
  field: string;
  entry?: number;
  part?: string;
  value: Value;
}

/** A question without the answer that it needs. */
export interface Missing {
  /** The field; for a set of which one should be answered, its first. */
  field: string;
  /** Whether sending is impossible without it, or it is only worth mentioning. */
  need: "required" | "expected";
}

/** The most characters of a place. */
const MAX_PLACE = 300;

const day = textOf(isDay);
const when: Codec<When> = variants<When>(["ongoing"], {
  day,
  month: textOf(isMonth),
  range: record<{ from: Day; to: Day }>({ from: day, to: day }),
});

const value: Codec<Value> = variants<Value>(["unknown"], { text, choice: list(text), yes_no: yesNo, when });

/** Answers in JSON. */
export const answers: Codec<Answer[]> = list(
  record<Answer>({ field: text, entry: count, part: text, value }, ["entry", "part"]),
);

/**
 * Checks that answers fit the form (known questions, in order, once each, of the right kind and size) and returns
 * what is missing. Answers that do not fit are an error of the program, or a changed form.
 */
export function checkAnswers(form: Form, given: readonly Answer[], hasEvidence: boolean): Missing[] {
  let last: Place | undefined;
  for (const answer of given) {
    const place = placeOf(form, answer);
    if (place === undefined) throw new FormatError("an answer to what the form does not ask");
    if (last !== undefined && comparePlaces(last, place) >= 0)
      throw new FormatError("an answer out of order");
    checkEntry(form, last, place);
    last = place;
    const field = askedField(form, answer);
    if (field === undefined || !fits(form, field, answer.value))
      throw new FormatError("an answer that does not fit");
  }
  return missing(form, given, hasEvidence);
}

/** Returns answers in the order of the form; those to what the form does not ask come last. */
export function inOrder(form: Form, given: readonly Answer[]): Answer[] {
  const nowhere: Place = [Number.POSITIVE_INFINITY, 0, 0];
  const placed = given.map((answer) => ({ answer, place: placeOf(form, answer) ?? nowhere }));
  return placed.sort((one, other) => comparePlaces(one.place, other.place)).map(({ answer }) => answer);
}

/** Returns how many characters a text counts: Unicode scalar values. */
export function lengthOf(words: string): number {
  let length = 0;
  for (const _ of words) length += 1;
  return length;
}

/** Returns the question that an answer is to: the field, or the part of its group. */
function askedField(form: Form, answer: Answer): Field | undefined {
  const field = fieldsOf(form).find(({ id }) => id === answer.field);
  if (field === undefined || answer.part === undefined) return field;
  return groupOf(field.kind)?.fields.find(({ id }) => id === answer.part);
}

/** Tells whether a value is of the kind and size that a question takes. */
export function fits(form: Form, { kind }: Field, given: Value): boolean {
  if (given === "unknown") return true;
  if (kind === "category") return "choice" in given && isPicked(given.choice, form.categories, true);
  if (kind === "yes_no") return "yes_no" in given;
  if (kind === "when") return "when" in given && isForward(given.when);
  if (kind === "place") return "text" in given && hasLength(given.text, 1, MAX_PLACE);
  if ("text" in kind)
    return "text" in given && hasLength(given.text, Math.max(kind.text.min, 1), kind.text.max);
  if ("choice" in kind)
    return "choice" in given && isPicked(given.choice, kind.choice.options, kind.choice.many);
  return false;
}

/** Where an answer stands: field, entry, part. */
type Place = readonly [field: number, entry: number, part: number];

function placeOf(form: Form, { field: id, entry, part, value: given }: Answer): Place | undefined {
  const fields = fieldsOf(form);
  const index = fields.findIndex((field) => field.id === id);
  const field = fields[index];
  if (field === undefined) return undefined;
  const group = groupOf(field.kind);
  if (entry === undefined && part === undefined) {
    return group === undefined || given === "unknown" ? [index, 0, 0] : undefined;
  }
  if (group === undefined || entry === undefined || part === undefined) return undefined;
  const partIndex = group.fields.findIndex((one) => one.id === part);
  return partIndex < 0 ? undefined : [index, entry, partIndex];
}

function comparePlaces(one: Place, other: Place): number {
  // Two answers to nothing are both infinitely far, which has no difference.
  if (one[0] !== other[0]) return one[0] < other[0] ? -1 : 1;
  return one[1] - other[1] || one[2] - other[2];
}

/** Entries are numbered from 1 without gaps and not beyond the group's limit. */
function checkEntry(form: Form, last: Place | undefined, [index, entry]: Place): void {
  const before = last !== undefined && last[0] === index ? last[1] : 0;
  const field = fieldsOf(form)[index];
  const max = (field === undefined ? undefined : groupOf(field.kind))?.max ?? 0;
  if (entry > max || entry > before + 1) throw new FormatError("an entry out of order");
}

function hasLength(words: string, min: number, max: number): boolean {
  const length = lengthOf(words);
  return length >= min && length <= max;
}

/** What is picked must rise in the order of the options, which also excludes picking one twice. */
function isPicked(picked: readonly string[], options: readonly { id: string }[], many: boolean): boolean {
  const places = picked.map((id) => options.findIndex((option) => option.id === id));
  const rising = places.every((place, index) => place > (index === 0 ? -1 : (places[index - 1] ?? place)));
  return rising && places.length > 0 && (many || places.length === 1);
}

function isForward(time: When): boolean {
  return typeof time === "string" || !("range" in time) || time.range.from <= time.range.to;
}

function missing(form: Form, given: readonly Answer[], hasEvidence: boolean): Missing[] {
  const fields = fieldsOf(form);
  const answered = (field: Field) => isAnswered(field, given, hasEvidence);
  const single = fields.filter((field) => !answered(field)).map(({ id, need }) => ({ field: id, need }));
  const sets = form.one_of
    .filter((set) => !fields.some((field) => set.fields.includes(field.id) && answered(field)))
    .map(({ fields: [first = ""], need }) => ({ field: first, need }));
  return [...single, ...sets].filter((one): one is Missing => one.need !== "optional");
}

function isAnswered({ id, kind, need }: Field, given: readonly Answer[], hasEvidence: boolean): boolean {
  const own = given.filter((answer) => answer.field === id);
  if (typeof kind === "object" && "evidence" in kind) return hasEvidence;
  const group = groupOf(kind);
  return own.some(({ part, value: one }) => {
    // "Not known" answers only what is not demanded.
    if (group === undefined || part === undefined) return one !== "unknown" || need !== "required";
    return one !== "unknown" && (group.one_of.length === 0 || group.one_of.includes(part));
  });
}
