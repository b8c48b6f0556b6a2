/** `report.json`: what a report says, with its one spelling and its limits. */

import { type Answer, answers, checkAnswers, inOrder, type Value } from "../formats/answers.ts";
import { utf8 } from "../formats/bytes.ts";
import type { VerifiedCard } from "../formats/card.ts";
import { isEditionNumber } from "../formats/day.ts";
import type { VerifiedHeader } from "../formats/edition.ts";
import { hex, isAgencyId, isCode, isDeskId, isHex, isRecipientText } from "../formats/ids.ts";
import {
  bool,
  type Codec,
  count,
  list,
  mapOf,
  oneOf,
  pair,
  record,
  text,
  textOf,
  toJson,
} from "../formats/json.ts";
import { verifyKey } from "../formats/keys.ts";
import { Refusal } from "../formats/refusal.ts";
import type { ThreadKeys } from "./schedule.ts";
import { evidenceName, isExtension } from "./tar.ts";

/** The most bytes of `report.json`: with it, a report without evidence fills 32 KiB exactly. */
export const MAX_REPORT_JSON = 29_184;
/** The most files with one message: a desk must be able to look at each. */
export const MAX_FILES = 99;

const MAX_NAME = 255;

/** How many people besides the reporter hold a file. */
export type Holders = "one" | "few" | "many" | "unknown";

/** A piece of evidence, and what the reporter says about it. */
export interface Evidence {
  blob: Blob;
  /** What follows the dot; `bin` is taken for anything that is not short and plain. */
  extension: string;
  /** The id of its kind, from the form. */
  kind: string;
  /** The original file name, only if the reporter keeps it. */
  name?: string;
  holders: Holders;
  note: string;
  /** Whether metadata was removed. */
  cleaned: boolean;
}

/** What a reporter wants to say, and to whom. */
export interface Message {
  kind: "report" | "follow-up" | "close";
  /** The desks that can read it. */
  to: string[];
  /** See {@link seenOf}. */
  seen: Record<string, [string, string]>;
  language: "id" | "en";
  answers: Answer[];
  message: string;
  evidence: Evidence[];
}

/** The content of `report.json`. */
export interface ReportContent {
  format: "bisik/report/1";
  agency: string;
  card: number;
  to: string[];
  kind: Message["kind"];
  nonce: string;
  seen: Record<string, [string, string]>;
  language: Message["language"];
  form: string;
  answers: Answer[];
  message: string;
  evidence: EvidenceNote[];
  thread: { verify_key: string; recipient: string; letter_key: string };
}

/** What the reporter says about one piece of evidence. */
export interface EvidenceNote {
  entry: string;
  kind: string;
  name?: string;
  holders: Holders;
  note: string;
  cleaned: boolean;
}

const code = textOf(isCode);
const desk = textOf(isDeskId);
const bytes32 = textOf((one) => isHex(one, 32));

const evidenceNote = record<EvidenceNote>(
  {
    entry: textOf((name) => /^evidence\/(?!0000)\d{4}\.[a-z0-9]{1,5}$/.test(name)),
    kind: code,
    name: textOf((name) => name !== "" && utf8(name).length <= MAX_NAME),
    holders: oneOf<Holders>("one", "few", "many", "unknown"),
    note: text,
    cleaned: bool,
  },
  ["name"],
);

/** `report.json`. */
export const reportContent: Codec<ReportContent> = record<ReportContent>({
  format: oneOf("bisik/report/1"),
  agency: textOf(isAgencyId),
  card: count,
  to: list(desk),
  kind: oneOf<Message["kind"]>("report", "follow-up", "close"),
  nonce: textOf((one) => isHex(one, 16)),
  seen: mapOf(desk, pair(textOf(isEditionNumber), bytes32)),
  language: oneOf<Message["language"]>("id", "en"),
  form: code,
  answers,
  message: text,
  evidence: list(evidenceNote),
  thread: record({ verify_key: verifyKey, recipient: textOf(isRecipientText), letter_key: bytes32 }),
});

/** Returns what a report says its reporter saw last: the edition of every desk that has one. */
export function seenOf(headers: readonly VerifiedHeader[]): Message["seen"] {
  return Object.fromEntries(headers.map(({ desk: id, header, hash }) => [id, [header.number, hash]]));
}

/** Returns how many bytes are left for text; negative when there is too much. */
export function bytesLeft(message: Message, card: VerifiedCard, keys: ThreadKeys): number {
  const content = contentOf(message, card, keys, new Uint8Array(16));
  return MAX_REPORT_JSON - toJson(content, reportContent).length;
}

/** Returns the bytes of `report.json`; text that leaves no room is refused, answers must fit the form. */
export function reportJson(
  message: Message,
  card: VerifiedCard,
  keys: ThreadKeys,
  nonce: Uint8Array,
): Uint8Array {
  const content = contentOf(message, card, keys, nonce);
  checkAnswers(card.card.form, content.answers, message.evidence.length > 0);
  const json = toJson(content, reportContent);
  if (json.length > MAX_REPORT_JSON) throw new Refusal("text-too-long");
  return json;
}

/** Returns the extension that a file keeps in the archive: nothing else of a name leaves the device unasked. */
export function extensionOf({ extension }: Evidence): string {
  const own = extension.toLowerCase();
  return isExtension(own) ? own : "bin";
}

function contentOf(
  message: Message,
  { card }: VerifiedCard,
  keys: ThreadKeys,
  nonce: Uint8Array,
): ReportContent {
  return {
    format: "bisik/report/1",
    agency: card.agency,
    card: card.serial,
    to: [...new Set(message.to)].sort(),
    kind: message.kind,
    nonce: hex(nonce),
    seen: message.seen,
    language: message.language,
    form: card.form.id,
    answers: inOrder(card.form, message.answers).map((answer) => ({ ...answer, value: sound(answer.value) })),
    message: wellFormed(message.message),
    evidence: message.evidence.map(noteOf),
    thread: { verify_key: keys.verifyKey, recipient: keys.recipient, letter_key: hex(keys.letterKey) },
  };
}

function noteOf(evidence: Evidence, index: number): EvidenceNote {
  const { kind, name, holders, note, cleaned } = evidence;
  return {
    entry: evidenceName(index + 1, extensionOf(evidence)),
    kind,
    ...(name ? { name: shortened(wellFormed(name)) } : {}),
    holders,
    note: wellFormed(note),
    cleaned,
  };
}

function sound(value: Value): Value {
  return typeof value === "object" && "text" in value ? { text: wellFormed(value.text) } : value;
}

/** What is typed can hold half a character, which no strict document may. */
function wellFormed(words: string): string {
  return words.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** Cuts a file name to the bytes that it may have, between two characters. */
function shortened(name: string): string {
  let kept = "";
  for (const character of name) {
    if (utf8(kept + character).length > MAX_NAME) break;
    kept += character;
  }
  return kept;
}
