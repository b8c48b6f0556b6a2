/**
 * A letter: what a desk answers to one thread, in every edition, whether there is news or not.
 *
 * Every letter has 8,192 bytes: an age file with one stanza around JSON and spaces. Letters that nobody can open look
 * the same.
 */

import { LETTER_SIZE } from "../formats/card.ts";
import { type Day, isDay, isEditionNumber } from "../formats/day.ts";
import { findLetter, type VerifiedHeader } from "../formats/edition.ts";
import { isAgencyId, isCode, isDeskId, isMessageId } from "../formats/ids.ts";
import { type Codec, count, fromJson, list, oneOf, record, text, textOf } from "../formats/json.ts";
import { verifyKey } from "../formats/keys.ts";
import { MAX_DESKS } from "../formats/padding.ts";
import { FormatError, Refusal } from "../formats/refusal.ts";
import { open } from "./hybrid.ts";
import type { ThreadKeys } from "./schedule.ts";

/** Bytes of JSON and spaces inside. */
const TEXT_LENGTH = 6533;
const MAX_RECEIVED = 32;
const MAX_QUESTIONS = 16;
const SPACE = 0x20;

/** A message that the desk confirms to have since this day. */
export interface Received {
  date: Day;
  id: string;
}

/** Something that the desk wrote. */
export interface LetterMessage {
  date: Day;
  text: string;
}

/** The content of a letter. */
export interface Letter {
  format: "bisik/letter/1";
  agency: string;
  desk: string;
  edition: string;
  /** The verify key of the thread. */
  thread: string;
  /** The desks that later messages go to. */
  to: string[];
  /** Messages that the desk has, oldest first, the last 32. */
  received: Received[];
  /** How many came before those. */
  earlier_received: number;
  /** The id of a status of the form. */
  status: string;
  /** What the desk wrote, newest first. */
  messages: LetterMessage[];
  /** How many older ones did not fit. */
  earlier: number;
  /** What the desk still asks. */
  questions: string[];
  /** When the thread ends. */
  closes?: Day;
}

const day = textOf(isDay);
const desk = textOf(isDeskId);

const codec: Codec<Letter> = record<Letter>(
  {
    format: oneOf("bisik/letter/1"),
    agency: textOf(isAgencyId),
    desk,
    edition: textOf(isEditionNumber),
    thread: verifyKey,
    to: list(desk),
    received: list(record<Received>({ date: day, id: textOf(isMessageId) })),
    earlier_received: count,
    status: textOf(isCode),
    messages: list(record<LetterMessage>({ date: day, text })),
    earlier: count,
    questions: list(text),
    closes: day,
  },
  ["closes"],
);

/**
 * Looks for the thread's letter in the verified body of an edition; `undefined` when no place has its address.
 *
 * Refuses `letter-invalid` when there is one that does not open, or that belongs elsewhere; nothing of it is shown.
 */
export async function openLetter(
  body: Uint8Array,
  header: VerifiedHeader,
  agency: string,
  keys: ThreadKeys,
): Promise<Letter | undefined> {
  const sealed = findLetter(body, keys.address(header));
  if (sealed === undefined) return undefined;
  try {
    const letter = await read(sealed, keys.identity);
    const bound =
      letter.agency === agency &&
      letter.desk === header.desk &&
      letter.edition === header.header.number &&
      letter.thread === keys.verifyKey;
    if (!bound) throw new FormatError("the letter belongs elsewhere");
    return letter;
  } catch (error) {
    throw error instanceof FormatError ? new Refusal("letter-invalid", { desk: header.desk }) : error;
  }
}

async function read(sealed: Uint8Array, seed: Uint8Array): Promise<Letter> {
  if (sealed.length !== LETTER_SIZE) throw new FormatError("a letter of another length");
  const plain = await open(sealed, seed);
  let end = plain.length;
  while (end > 0 && plain[end - 1] === SPACE) end -= 1;
  const letter = fromJson(plain.subarray(0, end), TEXT_LENGTH, codec);
  plain.fill(0);
  const sorted = letter.to.every((id, place) => place === 0 || (letter.to[place - 1] ?? id) < id);
  const sound =
    sorted &&
    letter.to.length >= 1 &&
    letter.to.length <= MAX_DESKS &&
    letter.received.length <= MAX_RECEIVED &&
    letter.questions.length <= MAX_QUESTIONS;
  if (!sound) throw new FormatError("the letter contradicts itself");
  return letter;
}
