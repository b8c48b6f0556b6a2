/**
 * Reports: one age file around one canonical tar with `report.json`, the evidence, `SHA256SUMS` over both, and
 * `SHA256SUMS.sig` by the thread's key. Sealed in pieces; evidence is read in slices and never held whole.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concat, type Random, utf8 } from "../formats/bytes.ts";
import type { Card, VerifiedCard } from "../formats/card.ts";
import type { VerifiedHeader } from "../formats/edition.ts";
import { digest, hex, messageId } from "../formats/ids.ts";
import { CHUNK, MAX_DESKS, paddedSize, sealedLength, TEXT_SIZE } from "../formats/padding.ts";
import { pause } from "../formats/pause.ts";
import { Refusal, refuseAs } from "../formats/refusal.ts";
import { type Evidence, extensionOf, MAX_FILES, type Message, reportJson } from "./content.ts";
import { checkRecipient, seal, throwawayRecipient } from "./hybrid.ts";
import type { ThreadKeys } from "./schedule.ts";
import {
  END_LENGTH,
  type Entry,
  evidenceName,
  header,
  MAX_ENTRY_LENGTH,
  paddingOf,
  totalLength,
} from "./tar.ts";

export { bytesLeft, type Evidence, type Holders, type Message, seenOf } from "./content.ts";

const SIGNATURE_LABEL = utf8("bisik/report/1\n");
const SIGNATURE_LENGTH = 64;
/** Bytes of a line of `SHA256SUMS` beside the name: 64 digits, two spaces, LF. */
const SUMS_LINE = 67;
/** Bytes of a blob that are read at once. */
const READ_LENGTH = 256 * 1024;
const ZEROS = new Uint8Array(CHUNK);

/** A message, ready to be sealed as often as it takes to send it. */
export interface Sealing {
  /** The length of what is sealed. */
  readonly length: number;
  /** Stanzas in its header. */
  readonly desks: number;
  /** Seals anew, with new keys: yields the header alone first, then the rest in pieces of at most 256 KiB. */
  pieces(): AsyncGenerator<Uint8Array>;
  /** The id that reporter and desk show to people; known once all pieces were taken. */
  messageId(): string;
}

/**
 * Checks a message and prepares its sealing; `headers` are those of the desks in `to`, or of all.
 *
 * Refuses `no-desk`, `desk-refused` and `edition-invalid` (a desk without a usable key), `text-too-long`, `file-empty`,
 * `file-too-large`, `too-many-files`, `report-too-large`; while pieces are taken, `file-changed` and `out-of-memory`.
 */
export function prepareReport(
  message: Message,
  card: VerifiedCard,
  headers: readonly VerifiedHeader[],
  keys: ThreadKeys,
  random: Random,
): Sealing {
  const slots = slotsOf(message.to, card.card, headers);
  checkEvidence(message.evidence, card.card);
  // Drawn once: a repeated sealing is the same message to a desk, which sets the second one aside.
  const json = reportJson(message, card, keys, random(16));
  const archive = new Archive(json, message.evidence, keys);
  const padded = archive.padded;
  if (padded === undefined) throw new Refusal("report-too-large");
  return {
    length: sealedLength(padded, slots.length),
    desks: slots.length,
    async *pieces() {
      const recipients: string[] = [];
      for (const slot of slots) {
        recipients.push(slot ?? throwawayRecipient(random));
        await pause();
      }
      yield* seal(recipients, archive.pieces(padded));
    },
    messageId: () => archive.messageId(),
  };
}

/** Seals 32 KiB of zeros so that nobody can open them: what a visit sends that has nothing to say. */
export async function sealDecoy(desks: number, random: Random): Promise<Uint8Array> {
  if (desks < 1 || desks > MAX_DESKS) throw new Refusal("no-desk");
  const recipients: string[] = [];
  for (let desk = 0; desk < desks; desk += 1) {
    recipients.push(throwawayRecipient(random));
    await pause();
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of seal(recipients, zeros(TEXT_SIZE))) pieces.push(piece);
  return concat(...pieces);
}

/** The archive of a report: everything but the bytes of the evidence is known before it is written. */
export class Archive {
  /** The padded size; `undefined` when it is larger than any. */
  readonly padded: number | undefined;
  readonly #json: Uint8Array;
  readonly #evidence: readonly { entry: Entry; blob: Blob }[];
  readonly #keys: ThreadKeys;
  readonly #used: number;
  #messageId: string | undefined;

  constructor(json: Uint8Array, evidence: readonly Evidence[], keys: ThreadKeys) {
    const files = evidence.map((one, index) => ({ entry: entryOf(one, index), blob: one.blob }));
    const listed = [{ name: "report.json", size: json.length }, ...files.map(({ entry }) => entry)];
    const sums = listed.reduce((length, { name }) => length + SUMS_LINE + name.length, 0);
    const signed = [
      { name: "SHA256SUMS", size: sums },
      { name: "SHA256SUMS.sig", size: SIGNATURE_LENGTH },
    ];
    this.#json = json;
    this.#evidence = files;
    this.#keys = keys;
    this.#used = [...listed, ...signed].reduce((length, entry) => length + totalLength(entry), END_LENGTH);
    this.padded = paddedSize(this.#used);
  }

  /** Yields the archive and its padding, in pieces of at most a chunk. */
  async *pieces(padded: number): AsyncGenerator<Uint8Array> {
    yield* whole("report.json", this.#json);
    let sums = `${digest(this.#json)}  report.json\n`;
    for (const { entry, blob } of this.#evidence) {
      const hash = sha256.create();
      yield header(entry);
      for await (const piece of slices(blob, entry.size)) {
        // Without a compiler, hashing takes long enough to stand between two pauses.
        await pause();
        hash.update(piece);
        await pause();
        yield piece;
      }
      yield* zeros(paddingOf(entry));
      sums += `${hex(hash.digest())}  ${entry.name}\n`;
    }
    const sumsBytes = utf8(sums);
    yield* whole("SHA256SUMS", sumsBytes);
    yield* whole("SHA256SUMS.sig", this.#keys.sign(concat(SIGNATURE_LABEL, sumsBytes)));
    yield* zeros(END_LENGTH + padded - this.#used);
    this.#messageId = messageId(sumsBytes);
  }

  /** Returns the id of the message once all pieces were taken. */
  messageId(): string {
    if (this.#messageId === undefined) throw new Error("the message is not sealed yet");
    return this.#messageId;
  }
}

/** Returns for every desk of the card the recipient, or `undefined` for a desk that is left out. */
function slotsOf(
  to: readonly string[],
  card: Card,
  headers: readonly VerifiedHeader[],
): (string | undefined)[] {
  if (to.length === 0) throw new Refusal("no-desk");
  const foreign = to.find((id) => !card.desks.some((desk) => desk.id === id));
  if (foreign !== undefined) throw new Refusal("desk-refused", { desk: foreign });
  return card.desks.map(({ id }) => {
    if (!to.includes(id)) return undefined;
    const found = headers.find((one) => one.desk === id);
    if (found === undefined) throw new Refusal("desk-refused", { desk: id });
    const { recipient } = found.header;
    refuseAs("edition-invalid", { desk: id }, () => {
      checkRecipient(recipient);
    });
    return recipient;
  });
}

function checkEvidence(evidence: readonly Evidence[], { limits }: Card): void {
  const total = evidence.reduce((bytes, { blob }) => bytes + blob.size, 0);
  const largest = Math.min(limits.file_bytes, MAX_ENTRY_LENGTH);
  if (evidence.length > MAX_FILES) throw new Refusal("too-many-files");
  if (evidence.some(({ blob }) => blob.size === 0)) throw new Refusal("file-empty");
  if (evidence.some(({ blob }) => blob.size > largest)) throw new Refusal("file-too-large");
  if (total > limits.report_bytes) throw new Refusal("report-too-large");
}

function entryOf(evidence: Evidence, index: number): Entry {
  return { name: evidenceName(index + 1, extensionOf(evidence)), size: evidence.blob.size };
}

async function* whole(name: string, content: Uint8Array): AsyncGenerator<Uint8Array> {
  const entry = { name, size: content.length };
  yield header(entry);
  yield content;
  yield* zeros(paddingOf(entry));
}

/** Yields as many bytes as were listed. */
async function* slices(blob: Blob, size: number): AsyncGenerator<Uint8Array> {
  for (let place = 0; place < size; place += READ_LENGTH) {
    const end = Math.min(place + READ_LENGTH, size);
    const bytes = await readSlice(blob.slice(place, end));
    if (bytes.length !== end - place) throw new Refusal("file-changed");
    for (let start = 0; start < bytes.length; start += CHUNK) yield bytes.subarray(start, start + CHUNK);
  }
}

async function readSlice(slice: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await slice.arrayBuffer());
  } catch (error) {
    // Browsers name a file that was changed, moved or deleted by a DOMException; the rest is want of memory.
    throw new Refusal(error instanceof DOMException ? "file-changed" : "out-of-memory");
  }
}

async function* zeros(count: number): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; left -= CHUNK) yield ZEROS.subarray(0, Math.min(left, CHUNK));
}
