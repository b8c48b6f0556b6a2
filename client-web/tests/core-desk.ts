/**
 * What only servers and desks read, written from the specification alone: reports, lengths, acknowledgements. The
 * page never needs it; its tests do, to see its own work with other eyes.
 */

import { bech32 } from "@scure/base";
import { Decrypter } from "age-encryption";
import { checkAnswers } from "../src/formats/answers.ts";
import { equal, utf8, utf8Text } from "../src/formats/bytes.ts";
import type { VerifiedCard } from "../src/formats/card.ts";
import { daysBetween } from "../src/formats/day.ts";
import { digest, isHex, messageId } from "../src/formats/ids.ts";
import { fromJson } from "../src/formats/json.ts";
import { verify } from "../src/formats/keys.ts";
import { headerLength, paddedSize, sealedLength } from "../src/formats/padding.ts";
import { FormatError } from "../src/formats/refusal.ts";
import { hasHeader } from "../src/formats/shape.ts";
import { MAX_REPORT_JSON, type ReportContent, reportContent } from "../src/sealing/content.ts";
import { checkRecipient } from "../src/sealing/hybrid.ts";
import { type Entry, header, paddingOf } from "../src/sealing/tar.ts";

/** What a desk found in a report. */
export interface Opened {
  content: ReportContent;
  evidence: Uint8Array[];
  sums: string;
  signature: Uint8Array;
  message: string;
}

/** Opens a report as a desk does, in the order of section 11. */
export async function openReport(
  sealed: Uint8Array,
  desks: number,
  identity: string,
  agency: string,
  desk: string,
): Promise<Opened> {
  if (!hasHeader(sealed, desks)) throw new FormatError("header");
  const padded = paddedSizeOf(sealed.length, desks);
  if (padded === undefined) throw new FormatError("length");
  const plain = await openPlain(sealed, identity);
  if (plain.length !== padded) throw new FormatError("padded size");
  return readArchive(plain, agency, desk);
}

/** Opens the age file alone. */
export async function openPlain(sealed: Uint8Array, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return await decrypter.decrypt(sealed).catch(() => {
    throw new FormatError("does not open");
  });
}

/** Returns the seed in the text of an identity, which must be the one that writing the seed gives. */
export function seedOf(identity: string): Uint8Array {
  const decoded = bech32.decodeUnsafe(identity, false);
  const seed = decoded ? bech32.fromWordsUnsafe(decoded.words) : undefined;
  if (seed?.length !== 32 || bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", seed).toUpperCase() !== identity) {
    throw new FormatError("identity");
  }
  return seed;
}

/** Returns the padded size inside a sealed report of this length; `undefined` if no listed one has it. */
export function paddedSizeOf(length: number, desks: number): number | undefined {
  const payload = length - headerLength(desks) - 16;
  const padded = payload - 16 * Math.ceil(payload / 65_552);
  const fits = padded > 0 && paddedSize(padded) === padded && sealedLength(padded, desks) === length;
  return fits ? padded : undefined;
}

/** Reads a header of the archive: writes the one that belongs to its name and size, and compares. */
export function parseHeader(block: Uint8Array): Entry {
  const name = utf8Text(block.subarray(0, 100)).split("\0")[0] ?? "";
  const size = utf8Text(block.subarray(124, 135));
  if (!isEntryName(name) || !/^[0-7]{11}$/.test(size)) throw new FormatError("name or size");
  const entry = { name, size: Number.parseInt(size, 8) };
  if (entry.size >= 2 ** 32 || !equal(header(entry), block)) throw new FormatError("not canonical");
  return entry;
}

/** Tells whether an archive may have an entry of this name. */
export function isEntryName(name: string): boolean {
  return /^(?:report\.json|SHA256SUMS|SHA256SUMS\.sig|evidence\/(?!0000)\d{4}\.[a-z0-9]{1,5})$/.test(name);
}

/** Reads the ids of an acknowledgement note that a desk of the card signed. */
export function readAcknowledgement(note: string, { card }: VerifiedCard, today: string): string[] {
  const border = note.lastIndexOf("\n\n");
  const text = note.slice(0, border + 1);
  const [type, agency, third, ...ids] = text.slice(0, -1).split("\n");
  const desk = card.desks.find(({ id }) => id === third);
  const line = /^\u2014 (\S+) (\S+)\n$/.exec(note.slice(border + 2));
  if (type !== "bisik/ack/1" || agency !== card.agency || desk === undefined || line === null) {
    throw new FormatError("not an acknowledgement");
  }
  const blob = Buffer.from(line[2] ?? "", "base64");
  const valid = desk.keys.filter(({ from, to }) => from <= today && daysBetween(to, today) <= 30);
  const signed = valid.some(({ key }) => verify(key, utf8(text), blob.subarray(4)));
  if (line[1] !== `${card.agency}/${desk.id}` || !signed) throw new FormatError("not signed");
  const rising = ids.every((id, place) => isHex(id, 32) && (place === 0 || (ids[place - 1] ?? id) < id));
  if (!rising || ids.length === 0) throw new FormatError("ids");
  return ids;
}

/** Tells whether answers of an opened report fit the form of a card. */
export function answersFit(content: ReportContent, { card }: VerifiedCard): boolean {
  return checkAnswers(card.form, content.answers, content.evidence.length > 0).length >= 0;
}

/** Reads the archive in its one order; everything else is refused. */
function readArchive(plain: Uint8Array, agency: string, desk: string): Opened {
  let place = 0;
  const take = (count: number) => {
    place += count;
    return plain.subarray(place - count, place);
  };
  const zeros = (count: number) => {
    if (take(count).some((byte) => byte !== 0)) throw new FormatError("padding");
  };
  const entry = (name: string, max = plain.length) => {
    const found = parseHeader(take(512));
    if (found.name !== name || found.size > max) throw new FormatError("order or size");
    const content = take(found.size);
    zeros(paddingOf(found));
    return content;
  };
  const json = entry("report.json", MAX_REPORT_JSON);
  const content = fromJson(json, MAX_REPORT_JSON, reportContent);
  const numbered = content.evidence.every((note, index) => Number(note.entry.slice(9, 13)) === index + 1);
  const sorted = content.to.every((id, index) => index === 0 || (content.to[index - 1] ?? id) < id);
  const bounded = content.to.length <= 8 && Object.keys(content.seen).length <= 8;
  if (!numbered || !sorted || !bounded) throw new FormatError("content");
  if (content.agency !== agency || !content.to.includes(desk)) throw new FormatError("for somebody else");
  checkRecipient(content.thread.recipient);
  const evidence = content.evidence.map((note) => entry(note.entry));
  const names = ["report.json", ...content.evidence.map((note) => note.entry)];
  const sums = [json, ...evidence].map((one, index) => `${digest(one)}  ${names[index]}\n`).join("");
  if (utf8Text(entry("SHA256SUMS")) !== sums) throw new FormatError("sums");
  const signature = entry("SHA256SUMS.sig", 64);
  if (!verify(content.thread.verify_key, utf8(`bisik/report/1\n${sums}`), signature))
    throw new FormatError("sig");
  if (paddedSize(place + 1024) !== plain.length) throw new FormatError("padded size");
  zeros(plain.length - place);
  return { content, evidence, sums, signature, message: messageId(utf8(sums)) };
}
