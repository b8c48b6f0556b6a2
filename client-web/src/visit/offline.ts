/**
 * The saved page without a server: a box from files, and a report into a file.
 *
 * Files are recognised by what is in them, never by their names: a person downloads them from the agency's page or gets
 * them on a stick, where they have other names.
 */

import { MAX_BUNDLE, type VerifiedCard, verifyCard } from "../formats/card.ts";
import type { Day } from "../formats/day.ts";
import { bodyLength, MAX_HEADERS, readHeaders, type VerifiedHeader } from "../formats/edition.ts";
import { Refusal } from "../formats/refusal.ts";
import type { Sealing } from "../sealing/report.ts";
import type { Progress } from "./patience.ts";
import { type Box, checkDays, type DeskState, keepBody, statesOf } from "./visit.ts";

/** The most files that are looked at. */
const MAX_FILES = 64;
/** The longest file that is looked at: the body of an edition with 1,024 places. */
const MAX_FILE = 1024 * (16 + 8192);

/**
 * Reads a box from files: the card, headers (the server's list, or a note each), and bodies of editions.
 *
 * Throws as `openBox` does, and `card-invalid` if no file is a card. Files that are something else are passed over.
 */
export async function readBox(files: File[], agency: string, today: Day): Promise<Box> {
  const contents: Uint8Array[] = [];
  for (const file of files.slice(0, MAX_FILES)) {
    if (file.size > 0 && file.size <= MAX_FILE) contents.push(await readFile(file));
  }
  const card = newestCard(contents, agency);
  const desks = statesOf(card, newestHeaders(contents, card));
  for (const state of desks) await addBody(state, contents);
  const box: Box = { card, desks, origin: "files" };
  checkDays(box, today);
  return box;
}

/** Seals into a file, for the form of the agency's page or for a courier. */
export async function sealToFile(sealing: Sealing, progress: (p: Progress) => void): Promise<Blob> {
  const total = sealing.length;
  let sent = 0;
  let parts: BlobPart[] = [];
  let held = 0;
  for await (const piece of sealing.pieces()) {
    // The generator may use its buffer again.
    parts.push(piece.slice());
    sent += piece.length;
    held += piece.length;
    // Browsers move the content of blobs to disk; what is held outside stays small.
    if (held >= 4 * 1024 * 1024) {
      parts = [new Blob(parts)];
      held = 0;
    }
    progress({ stage: "locking", sent, total });
  }
  return new Blob(parts, { type: "application/octet-stream" });
}

async function readFile(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Refusal("file-changed");
  }
}

/** Returns the verified card of the highest serial. */
function newestCard(contents: Uint8Array[], agency: string): VerifiedCard {
  let newest: VerifiedCard | undefined;
  let refusal = new Refusal("card-invalid");
  for (const content of contents) {
    if (
      content.length > MAX_BUNDLE ||
      !["bisik/card/1", "bisik/succession/1"].some((t) => isNote(content, t, 4))
    )
      continue;
    try {
      const card = verifyCard(content, agency);
      if (newest === undefined || card.card.serial > newest.card.serial) newest = card;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
  }
  if (newest === undefined) throw refusal;
  return newest;
}

/** Returns for each desk of the card its header of the highest number, or why there is none. */
function newestHeaders(contents: Uint8Array[], card: VerifiedCard): (VerifiedHeader | Refusal)[] {
  const lists = contents.map((content) => listOf(content, card));
  return card.card.desks.map((desk, place) => {
    let best: VerifiedHeader | Refusal = new Refusal("edition-missing", { desk: desk.id });
    for (const list of lists) {
      const found = list[place];
      if (found === undefined || (found instanceof Refusal && found.code === "edition-missing")) continue;
      if (
        best instanceof Refusal ||
        (!(found instanceof Refusal) && found.header.number > best.header.number)
      )
        best = found;
    }
    return best;
  });
}

/** Returns the headers in a file; none if it is something else, or of desks that are not on the card. */
function listOf(content: Uint8Array, card: VerifiedCard): (VerifiedHeader | Refusal)[] {
  const frames = framesOf(content);
  if (frames === undefined) return [];
  try {
    return readHeaders(frames, card);
  } catch (error) {
    if (error instanceof Refusal && error.code !== "card-rolled-back") return [];
    throw error;
  }
}

/** Returns the content as the server's list of headers; a single note becomes a list of one. */
function framesOf(content: Uint8Array): Uint8Array | undefined {
  if (content.length > MAX_HEADERS) return undefined;
  if (isNote(content, "bisik/edition/1", 4)) return content;
  if (!isNote(content, "bisik/edition/1", 0)) return undefined;
  const frames = new Uint8Array(content.length + 4);
  new DataView(frames.buffer).setUint32(0, content.length);
  frames.set(content, 4);
  return frames;
}

function isNote(content: Uint8Array, type: string, at: number): boolean {
  const begin = new TextEncoder().encode(`${type}\n`);
  return begin.every((byte, index) => content[at + index] === byte);
}

/** Keeps the one content that is the body of the desk's edition. */
async function addBody(state: DeskState, contents: Uint8Array[]): Promise<void> {
  if (state.header === undefined) return;
  const length = bodyLength(state.header);
  for (const content of contents) {
    if (content.length !== length) continue;
    // Of several bodies, those of other desks do not hold for this one.
    const tried: DeskState = { desk: state.desk, header: state.header };
    await keepBody(tried, content);
    if (tried.body !== undefined) {
      state.body = tried.body;
      return;
    }
  }
}
