/**
 * The form: what an agency asks, signed in its card, so that no server can add a question.
 *
 * Every text is in Indonesian and English. Nothing identifies the reporter: a form that asks who the reporter is may
 * do so only as an option.
 */

import { utf8 } from "./bytes.ts";
import { isCode } from "./ids.ts";
import { bool, type Codec, count, lazy, list, oneOf, record, text, textOf, variants, yes } from "./json.ts";
import { FormatError } from "./refusal.ts";

/** A text in both languages. */
export interface Text {
  /** Indonesian. */
  id: string;
  /** English. */
  en: string;
}

/** What happens when a question is not answered: sending is impossible, a gap is mentioned, or nothing. */
export type Need = "required" | "expected" | "optional";

/** What an answer means to the desk beyond its text. */
export type Role = "never_reveal" | "influence" | "source" | "identity";

/** Yes, no or not known. */
export type YesNo = "yes" | "no" | "unknown";

/** An option to pick. */
export interface Choice {
  id: string;
  label: Text;
}

/** A text of `min` to `max` characters. */
export interface TextKind {
  long: boolean;
  min: number;
  max: number;
}

/** One or several of the options. */
export interface ChoiceKind {
  many: boolean;
  options: Choice[];
}

/** Questions that can be answered several times; in an entry at least one of `one_of` counts as an answer. */
export interface GroupKind {
  max: number;
  fields: Field[];
  one_of: string[];
}

/** What an answer is. */
export type FieldKind =
  | "category"
  | "yes_no"
  | "when"
  | "place"
  | { text: TextKind }
  | { choice: ChoiceKind }
  | { evidence: { kinds: Choice[] } }
  | { group: GroupKind };

/** A question. */
export interface Field {
  id: string;
  label: Text;
  help?: Text;
  need: Need;
  kind: FieldKind;
  role?: Role;
}

/** One heading, some questions. */
export interface Section {
  id: string;
  title: Text;
  fields: Field[];
}

/** A set of fields of which at least one should be answered. */
export interface OneOf {
  fields: string[];
  need: Need;
}

/** A question before the form, with advice; its answer is never sent. */
export interface SelfCheck {
  id: string;
  question: Text;
  advise_on: YesNo;
  advice: Text;
  /** Marks the question whose "yes" leads to the choice of desks. */
  conflict?: true;
}

/** A piece of advice. */
export interface Guidance {
  id: string;
  text: Text;
}

/** A state of a case. */
export interface Status {
  id: string;
  label: Text;
  /** Whether letters may show it. */
  shown: boolean;
  /** Whether the case ends with it. */
  ends?: true;
}

/** A deadline of the agency. */
export interface Clock {
  id: string;
  label: Text;
  days: number;
  working_days: boolean;
  from: string;
  until: string[];
}

/** A form, whole. */
export interface Form {
  id: string;
  sections: Section[];
  one_of: OneOf[];
  categories: Choice[];
  self_check: SelfCheck[];
  guidance: Guidance[];
  statuses: Status[];
  clocks: Clock[];
}

/** The most fields in a form, or in a group. */
const MAX_FIELDS = 64;
/** The most entries of any other list. */
const MAX_LIST = 64;
/** The most bytes of any text. */
const MAX_TEXT = 600;
/** The most characters an answer may be allowed. */
const MAX_ANSWER = 10_000;
/** The most entries of a group. */
const MAX_ENTRIES = 20;
/** The most days of a clock. */
const MAX_DAYS = 3650;

/** A text in both languages, of any length. */
export const bilingual: Codec<Text> = record<Text>({ id: text, en: text });

/** Yes, no or not known, in JSON. */
export const yesNo: Codec<YesNo> = oneOf<YesNo>("yes", "no", "unknown");

const need = oneOf<Need>("required", "expected", "optional");
const formText: Codec<Text> = record<Text>({ id: textOf(isFormText), en: textOf(isFormText) });
const code = textOf(isCode);
const choice = record<Choice>({ id: code, label: formText });

const kind: Codec<FieldKind> = variants<FieldKind>(["category", "yes_no", "when", "place"], {
  text: record<TextKind>({ long: bool, min: count, max: count }),
  choice: record<ChoiceKind>({ many: bool, options: list(choice) }),
  evidence: record<{ kinds: Choice[] }>({ kinds: list(choice) }),
  group: record<GroupKind>({ max: count, fields: list(lazy(() => field)), one_of: list(text) }),
});

const field: Codec<Field> = record<Field>(
  {
    id: code,
    label: formText,
    help: formText,
    need,
    kind,
    role: oneOf<Role>("never_reveal", "influence", "source", "identity"),
  },
  ["help", "role"],
);

const selfCheck = record<SelfCheck>(
  { id: code, question: formText, advise_on: yesNo, advice: formText, conflict: yes },
  ["conflict"],
);
const status = record<Status>({ id: code, label: formText, shown: bool, ends: yes }, ["ends"]);
const clock = record<Clock>({
  id: code,
  label: formText,
  days: count,
  working_days: bool,
  from: text,
  until: list(text),
});

/** A form in JSON; {@link checkForm} checks what its members say together. */
export const form: Codec<Form> = record<Form>({
  id: code,
  sections: list(record<Section>({ id: code, title: formText, fields: list(field) })),
  one_of: list(record<OneOf>({ fields: list(text), need })),
  categories: list(choice),
  self_check: list(selfCheck),
  guidance: list(record<Guidance>({ id: code, text: formText })),
  statuses: list(status),
  clocks: list(clock),
});

/** Returns the fields of all sections, those inside groups excluded. */
export function fieldsOf(whole: Form): Field[] {
  return whole.sections.flatMap((section) => section.fields);
}

/** Returns the group behind a kind, if it is one. */
export function groupOf(fieldKind: FieldKind): GroupKind | undefined {
  return typeof fieldKind === "object" && "group" in fieldKind ? fieldKind.group : undefined;
}

/** Checks every rule of forms that the schema leaves open. */
export function checkForm(whole: Form): void {
  const fields = fieldsOf(whole);
  checkList(whole.sections, 1);
  checkList(whole.categories, 1);
  checkList(whole.self_check, 0);
  checkList(whole.guidance, 0);
  checkList(whole.statuses, 1);
  checkList(whole.clocks, 0);
  checkFields(fields, true);
  checkOneOf(whole, fields);
  whole.clocks.forEach((one) => {
    checkClock(one, whole.statuses);
  });
}

function checkOneOf(whole: Form, fields: readonly Field[]): void {
  demand(whole.one_of.length <= MAX_LIST, "too many one-of sets");
  for (const set of whole.one_of) {
    demand(set.fields.length >= 2 && set.fields.length <= MAX_LIST, "a one-of set of a wrong size");
    demand(
      set.fields.every((id) => hasId(fields, id)),
      "a one-of set names no field",
    );
  }
}

function checkClock(one: Clock, statuses: readonly Status[]): void {
  demand(one.days >= 1 && one.days <= MAX_DAYS, "a clock out of range");
  demand(one.until.length >= 1 && one.until.length <= MAX_LIST, "a clock that nothing stops");
  demand(
    [one.from, ...one.until].every((id) => hasId(statuses, id)),
    "a clock names no status",
  );
}

function checkFields(fields: readonly Field[], groups: boolean): void {
  demand(fields.length >= 1 && fields.length <= MAX_FIELDS, "none or too many fields");
  checkUnique(fields);
  for (const one of fields) {
    demand(one.role !== "identity" || one.need === "optional", "the form demands an identity");
    checkKind(one.kind, groups);
  }
}

function checkKind(one: FieldKind, groups: boolean): void {
  if (typeof one === "string") return;
  if ("text" in one) {
    const { min, max } = one.text;
    demand(min <= max && max >= 1 && max <= MAX_ANSWER, "a text out of range");
  } else if ("choice" in one) {
    checkList(one.choice.options, 1);
  } else if ("evidence" in one) {
    demand(groups, "evidence inside a group");
    checkList(one.evidence.kinds, 1);
  } else {
    const { max, fields, one_of } = one.group;
    demand(groups, "a group inside a group");
    demand(max >= 1 && max <= MAX_ENTRIES, "a group out of range");
    demand(
      one_of.every((id) => hasId(fields, id)),
      "a group names no part",
    );
    checkFields(fields, false);
  }
}

function checkList(items: readonly { id: string }[], least: number): void {
  demand(items.length >= least && items.length <= MAX_LIST, "a list of a wrong size");
  checkUnique(items);
}

function checkUnique(items: readonly { id: string }[]): void {
  demand(new Set(items.map((item) => item.id)).size === items.length, "a repeated id");
}

function hasId(items: readonly { id: string }[], id: string): boolean {
  return items.some((item) => item.id === id);
}

function isFormText(words: string): boolean {
  return !/^\p{White_Space}*$/u.test(words) && !/\p{Cc}/u.test(words) && utf8(words).length <= MAX_TEXT;
}

function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new FormatError(rule);
}
