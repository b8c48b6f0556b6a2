/**
 * Editions: all answers of a desk at once, like a newspaper. Everybody fetches the whole of it.
 *
 * The header is a signed note; the body is a fixed number of places, each an address and a sealed letter, sorted by
 * address. Free places hold decoys, so the size tells nothing.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { compare, equal, utf8 } from "./bytes.ts";
import { type DeskEntry, LETTER_SIZE, type VerifiedCard } from "./card.ts";
import { addDays, type Day, daysBetween, isDay, isEditionNumber } from "./day.ts";
import { readFrames } from "./frames.ts";
import { hex, isHex, isRecipientText } from "./ids.ts";
import { type Codec, count, fromJson, record, textOf } from "./json.ts";
import { Note, namedDesk } from "./note.ts";
import { CHUNK, MAX_DESKS } from "./padding.ts";
import { pause } from "./pause.ts";
import { FormatError, Refusal, refuseAs } from "./refusal.ts";

/** The longest header note, in bytes. */
const MAX_HEADER = 4 * 1024;
/** The longest answer to `GET headers`, in bytes. */
export const MAX_HEADERS = MAX_DESKS * (MAX_HEADER + 4);

const MAX_UNTIL = 60;
const ADDRESS_LENGTH = 16;
const PLACE_LENGTH = ADDRESS_LENGTH + LETTER_SIZE;

/** The content of an edition's header. */
export interface EditionHeader {
  number: string;
  date: Day;
  /** The last day the edition stands; after it the box counts as not being read. */
  until: Day;
  card_serial: number;
  card_hash: string;
  /** The age recipient to which reports to this desk are sealed from now on. */
  recipient: string;
  letters: number;
  letter_size: number;
  salt: string;
  body_hash: string;
}

/** A header whose signature and agreement with a card have been checked; the day has not. */
export interface VerifiedHeader {
  desk: string;
  header: EditionHeader;
  /** SHA-256 of the note's text. */
  hash: string;
}

const bytes32 = textOf((text) => isHex(text, 32));
const codec: Codec<EditionHeader> = record<EditionHeader>({
  number: textOf(isEditionNumber),
  date: textOf(isDay),
  until: textOf(isDay),
  card_serial: count,
  card_hash: bytes32,
  recipient: textOf(isRecipientText),
  letters: count,
  letter_size: count,
  salt: bytes32,
  body_hash: bytes32,
});

/**
 * Reads the answer to `GET headers`: one place for each desk of the card, in its order, with the header or the reason
 * why there is none that holds.
 *
 * Refuses the whole with `card-rolled-back` when a header names a newer card or another one of the same serial, and
 * with `server-odd` when the frames are not headers of different desks of the card, in its order.
 */
export function readHeaders(frames: Uint8Array, card: VerifiedCard): (VerifiedHeader | Refusal)[] {
  const desks = card.card.desks;
  const notes = refuseAs("server-odd", {}, () => readFrames(frames, MAX_DESKS, MAX_HEADER));
  const byDesk = new Map<string, Uint8Array>();
  let last = -1;
  for (const note of notes) {
    const place = desks.findIndex((desk) => desk.id === namedDesk(note));
    const desk = desks[place];
    if (desk === undefined || place <= last) throw new Refusal("server-odd");
    last = place;
    byDesk.set(desk.id, note);
  }
  return desks.map((desk) => {
    const note = byDesk.get(desk.id);
    if (note === undefined) return new Refusal("edition-missing", { desk: desk.id });
    try {
      return verifyHeader(note, desk, card);
    } catch (error) {
      if (error instanceof FormatError) return new Refusal("edition-invalid", { desk: desk.id });
      throw error;
    }
  });
}

/** Checks the edition's dates: not before its date, not past `until` and one day more. */
export function checkHeaderDay({ desk, header }: VerifiedHeader, today: Day): void {
  if (today < header.date) throw new Refusal("edition-clock", { desk });
  if (today > addDays(header.until, 1)) throw new Refusal("edition-unread", { desk });
}

/** Returns how many bytes the body of an edition has. */
export function bodyLength({ header }: VerifiedHeader): number {
  return header.letters * PLACE_LENGTH;
}

/** Checks a body against the signed hash and its own rules; a slice of work at a time. */
export async function verifyBody(verified: VerifiedHeader, body: Uint8Array): Promise<void> {
  const { desk, header } = verified;
  const refused = new Refusal("edition-body", { desk });
  if (body.length !== bodyLength(verified)) throw refused;
  const hash = sha256.create();
  for (let place = 0; place < body.length; place += CHUNK) {
    hash.update(body.subarray(place, place + CHUNK));
    await pause();
  }
  if (hex(hash.digest()) !== header.body_hash) throw refused;
  const addresses = places(body).map(({ address }) => address);
  const rising = addresses.every((one, place) => {
    const before = addresses[place - 1];
    return before === undefined || compare(before, one) < 0;
  });
  if (!rising) throw refused;
}

/** Returns the sealed letter at an address. */
export function findLetter(body: Uint8Array, address: Uint8Array): Uint8Array | undefined {
  return places(body).find((place) => equal(place.address, address))?.letter;
}

/** Checks a header note of this desk against the card. */
function verifyHeader(bytes: Uint8Array, desk: DeskEntry, card: VerifiedCard): VerifiedHeader {
  const note = new Note(bytes, MAX_HEADER, "bisik/edition/1", card.card.agency);
  if (note.desk !== desk.id) throw new FormatError("a header of another desk");
  const signer = note.verifyOne(desk.keys.map((window) => window.key));
  const header = fromJson(utf8(note.content), MAX_HEADER, codec);
  const { date, until } = header;
  const window = desk.keys.find((one) => one.key === signer);
  if (window === undefined || date < window.from || date > window.to) {
    throw new FormatError("signed outside the key's period");
  }
  if (until < date || daysBetween(date, until) > MAX_UNTIL) throw new FormatError("dates out of range");
  if (header.letters !== card.card.letters || header.letter_size !== card.card.letter_size) {
    throw new FormatError("another size than the card says");
  }
  const newer = header.card_serial > card.card.serial;
  if (newer || (header.card_serial === card.card.serial && header.card_hash !== card.hash)) {
    throw new Refusal("card-rolled-back", { desk: desk.id });
  }
  return { desk: desk.id, header, hash: note.hash };
}

interface PlaceInBody {
  address: Uint8Array;
  letter: Uint8Array;
}

function places(body: Uint8Array): PlaceInBody[] {
  const found: PlaceInBody[] = [];
  for (let start = 0; start + PLACE_LENGTH <= body.length; start += PLACE_LENGTH) {
    const border = start + ADDRESS_LENGTH;
    found.push({
      address: body.subarray(start, border),
      letter: body.subarray(border, start + PLACE_LENGTH),
    });
  }
  return found;
}
