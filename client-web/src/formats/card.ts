/**
 * The agency card: who reads reports, how, and by which form; signed by the root.
 *
 * It comes as a bundle of frames, the succession notes first and the card last, and nothing of it is trusted but the
 * agency id that the page carries.
 */

import { utf8 } from "./bytes.ts";
import { type Day, daysBetween, isDay } from "./day.ts";
import { bilingual, checkForm, type Form, form, type Text } from "./form.ts";
import { readFrames } from "./frames.ts";
import { isAgencyId, isDeskId } from "./ids.ts";
import { type Codec, count, fromJson, list, record, text, textOf } from "./json.ts";
import { verifyKey } from "./keys.ts";
import { ForeignNote, Note } from "./note.ts";
import { MAX_DESKS } from "./padding.ts";
import { FormatError, Refusal, refuseAs } from "./refusal.ts";
import { followRoots, MAX_ROOTS, MAX_SUCCESSION, MAX_SUCCESSIONS } from "./succession.ts";

/** The longest card note, in bytes. */
const MAX_CARD = 64 * 1024;
/** The longest card bundle, in bytes. */
export const MAX_BUNDLE = MAX_CARD + 4 + MAX_SUCCESSIONS * (MAX_SUCCESSION + 4);
/** The bytes of every sealed letter. */
export const LETTER_SIZE = 8192;

const MAX_LETTERS = 1024;
const MAX_INTERVAL = 60;
const MAX_VALIDITY = 400;

/** A signing key of a desk and its first and last day. */
export interface KeyWindow {
  key: string;
  from: Day;
  to: Day;
}

/** A desk: a group of officers with their own keys. */
export interface DeskEntry {
  id: string;
  names: Text;
  keys: KeyWindow[];
}

/** What a report may weigh: bytes of all evidence, and of one file. */
export interface Limits {
  report_bytes: number;
  file_bytes: number;
}

/** A way to reach help outside the box. */
export interface Contact {
  names: Text;
  address: string;
}

/** The content of the card. */
export interface Card {
  agency: string;
  names: Text;
  roots: string[];
  serial: number;
  issued: Day;
  expires: Day;
  /** Their order is the order of stanzas in every report. */
  desks: DeskEntry[];
  /** Places in an edition. */
  letters: number;
  letter_size: number;
  /** Days between editions. */
  interval: number;
  form: Form;
  limits: Limits;
  contacts: Contact[];
}

/** A card whose signatures, chain of roots and rules have been checked; the day has not. */
export interface VerifiedCard {
  card: Card;
  /** SHA-256 of the card's text, by which editions name it. */
  hash: string;
  /** The bytes of the whole bundle. */
  bundle: Uint8Array;
}

const day = textOf(isDay);
const desk = record<DeskEntry>({
  id: textOf(isDeskId),
  names: bilingual,
  keys: list(record<KeyWindow>({ key: verifyKey, from: day, to: day })),
});

/** What a report may weigh, in JSON. */
export const limits: Codec<Limits> = record<Limits>({ report_bytes: count, file_bytes: count });

const codec: Codec<Card> = record<Card>({
  agency: textOf(isAgencyId),
  names: bilingual,
  roots: list(verifyKey),
  serial: count,
  issued: day,
  expires: day,
  desks: list(desk),
  letters: count,
  letter_size: count,
  interval: count,
  form,
  limits,
  contacts: list(record<Contact>({ names: bilingual, address: text })),
});

/**
 * Reads a bundle and checks everything but the day against the agency.
 *
 * Refuses `card-foreign` when a note is of another agency, `card-invalid` for every other fault.
 */
export function verifyCard(bundle: Uint8Array, agency: string): VerifiedCard {
  return refuseAs("card-invalid", {}, () => {
    try {
      return verified(bundle, agency);
    } catch (error) {
      throw error instanceof ForeignNote ? new Refusal("card-foreign") : error;
    }
  });
}

/** Checks the card's dates; both refusals mean that the clock or the box is wrong. */
export function checkCardDay({ card }: VerifiedCard, today: Day): void {
  if (today < card.issued) throw new Refusal("card-not-yet");
  if (today > card.expires) throw new Refusal("card-expired");
}

function verified(bundle: Uint8Array, agency: string): VerifiedCard {
  const parts = readFrames(bundle, MAX_SUCCESSIONS + 1, MAX_CARD);
  const last = parts.pop();
  if (last === undefined) throw new FormatError("an empty bundle");
  const note = new Note(last, MAX_CARD, "bisik/card/1", agency);
  // Nothing of the content counts before its signature is checked, but the first root stands in it when there is no
  // succession yet; the pinned id then proves that key.
  const card = fromJson(utf8(note.content), MAX_CARD, codec);
  const roots = followRoots(agency, parts, card.roots);
  if (note.signatureCount === 1) note.verifyOne(roots.current);
  else note.verifyTwo(roots.previous, roots.current);
  if (card.agency !== agency) throw new FormatError("the card names another agency");
  if (card.roots.join() !== roots.current.join()) throw new FormatError("other roots than the succession");
  check(card);
  return { card, hash: note.hash, bundle };
}

/** Checks every rule that does not need signatures or the day. */
function check(card: Card): void {
  const powerOfTwo = Number.isInteger(Math.log2(card.letters)) && card.letters <= MAX_LETTERS;
  const inRange =
    card.serial >= 1 &&
    card.issued <= card.expires &&
    daysBetween(card.issued, card.expires) <= MAX_VALIDITY &&
    powerOfTwo &&
    card.letter_size === LETTER_SIZE &&
    card.interval >= 1 &&
    card.interval <= MAX_INTERVAL &&
    card.limits.file_bytes <= card.limits.report_bytes &&
    card.roots.length >= 1 &&
    card.roots.length <= MAX_ROOTS;
  if (!inRange) throw new FormatError("a value on the card is out of range");
  checkDesks(card.desks);
  checkForm(card.form);
}

function checkDesks(desks: readonly DeskEntry[]): void {
  const windows = desks.flatMap((one) => one.keys);
  const sound =
    desks.length >= 1 &&
    desks.length <= MAX_DESKS &&
    new Set(desks.map((one) => one.id)).size === desks.length &&
    new Set(windows.map((window) => window.key)).size === windows.length &&
    desks.every((one) => one.keys.length > 0) &&
    windows.every((window) => window.from <= window.to);
  if (!sound) throw new FormatError("the desks on the card are malformed");
}
