/**
 * tests/vectors, everything sealed. With the randomness that a vector records, the age library must write the very
 * bytes that the Rust programs write: nothing in them tells which of the two it was.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, equal, utf8 } from "../src/formats/bytes.ts";
import { verifyCard } from "../src/formats/card.ts";
import type { EditionHeader, VerifiedHeader } from "../src/formats/edition.ts";
import { digest, hex, unhex } from "../src/formats/ids.ts";
import { fromJson } from "../src/formats/json.ts";
import { Refusal } from "../src/formats/refusal.ts";
import { type Message, reportContent, reportJson } from "../src/sealing/content.ts";
import { checkRecipient, open, recipientOf, seal } from "../src/sealing/hybrid.ts";
import { openLetter } from "../src/sealing/letter.ts";
import { crc12, parseReceipt } from "../src/sealing/receipt.ts";
import { Archive, sealDecoy } from "../src/sealing/report.ts";
import { type ThreadKeys, threadKeys } from "../src/sealing/schedule.ts";
import { header, isExtension } from "../src/sealing/tar.ts";
import { isEntryName, openPlain, openReport, parseHeader, seedOf } from "./core-desk.ts";
import {
  breaksRule,
  bytesOf,
  cases,
  collect,
  refuses,
  Tape,
  type Vector,
  vectors,
  withTape,
} from "./core-vectors.ts";

/** Returns the recipient that belongs to the text of an identity. */
function recipientOfIdentity(identity: string): string {
  return recipientOf(seedOf(identity));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test("receipts", () => {
  const file = vectors("receipt.json");
  assert.equal(crc12(utf8("123456789")), 0xb34);
  for (const one of cases(file.cases)) {
    const receipt = parseReceipt(one.receipt, file.agency);
    assert.equal(hex(receipt.secret), one.secret);
    assert.equal(receipt.groups().join("-"), one.receipt);
    const keys = threadKeys(receipt, file.agency);
    assert.equal(keys.verifyKey, one.verify_key);
    assert.equal(keys.recipient, one.recipient);
    assert.equal(hex(keys.identity), one.reply_seed);
    assert.equal(hex(keys.letterKey), one.letter_key);
    keys.wipe();
    receipt.wipe();
    assert.ok(
      [keys.identity, keys.letterKey, receipt.secret].every((secret) => secret.every((byte) => byte === 0)),
    );
  }
  for (const typed of cases(file.typed.accepted)) {
    assert.equal(parseReceipt(typed, file.agency).groups().join("-"), file.typed.receipt, typed);
  }
  for (const { typed, error } of cases(file.refused)) {
    refuses(`receipt-${error}`, () => parseReceipt(typed, file.agency), typed);
  }
});

test("addresses", () => {
  const file = vectors("address.json");
  const keys = threadKeys(parseReceipt(vectors("edition.json").receipt, file.agency), file.agency);
  assert.deepEqual([keys.verifyKey, hex(keys.letterKey)], [file.thread, file.letter_key]);
  for (const { desk, edition, salt, address } of cases(file.cases)) {
    const found = keys.address({ desk, header: { number: edition, salt } as EditionHeader });
    assert.equal(hex(found), address);
  }
});

test("hybrid keys", () => {
  const file = vectors("hybrid.json");
  for (const { seed, recipient, identity } of cases(file.keys)) {
    assert.equal(hex(seedOf(identity)), seed);
    assert.equal(recipientOf(unhex(seed)), recipient);
    checkRecipient(recipient);
  }
  for (const { text, error } of cases(file.refused_recipients)) breaksRule(() => checkRecipient(text), error);
  for (const { text, error } of cases(file.refused_identities)) breaksRule(() => seedOf(text), error);
});

test("sealed files", async () => {
  for (const file of cases(vectors("hybrid.json").files)) {
    const recipients = cases(file.identities).map(recipientOfIdentity);
    const plain = bytesOf(file.plaintext);
    const tape = new Tape(file.randomness);
    const sealed = await withTape(tape, recipients.length, () => collect(seal(recipients, once(plain))));
    assert.ok(tape.isUsedUp);
    assert.equal(digest(sealed), file.sealed_sha256);
    for (const identity of file.identities) assert.ok(equal(await openPlain(sealed, identity), plain));
  }
});

test("headers of the archive", () => {
  const file = vectors("tar.json");
  for (const { name, size, header: expected } of cases(file.accepted)) {
    assert.ok(isEntryName(name));
    assert.equal(hex(header({ name, size })), expected);
    assert.deepEqual(parseHeader(unhex(expected)), { name, size });
  }
  for (const name of cases(file.refused_names)) assert.ok(!isEntryName(name), name);
  for (const { name, header: block } of cases(file.refused))
    breaksRule(() => parseHeader(unhex(block)), name);
  for (const bad of ["", "JPG", "a/b", "abcdef", "tar.gz"]) assert.ok(!isExtension(bad), bad);
});

const reports = vectors("report.json");
const thread = threadKeys(parseReceipt(reports.receipt, reports.agency), reports.agency);
const slots: [string, string][] = cases(reports.desks).map(({ identity }) => [
  identity,
  recipientOfIdentity(identity),
]);

async function sealCase(one: Vector): Promise<Uint8Array> {
  const content = fromJson(utf8(one.report_json), 1 << 16, reportContent);
  const evidence = content.evidence.map((note, index) => ({
    ...note,
    blob: new Blob([Buffer.from(bytesOf(one.evidence[index]))]),
    extension: note.entry.slice(14),
  }));
  const archive = new Archive(utf8(one.report_json), evidence, thread);
  assert.equal(archive.padded, one.padded);
  const tape = new Tape(one.randomness);
  const recipients = slots.map(([, recipient], index) =>
    one.slots[index] ? recipient : recipientOf(tape.take(32)),
  );
  const sealed = await withTape(tape, recipients.length, () =>
    collect(seal(recipients, archive.pieces(one.padded))),
  );
  assert.ok(tape.isUsedUp);
  assert.equal(archive.messageId(), one.message);
  return sealed;
}

test("reports", async () => {
  const [[identity]] = slots as [[string, string]];
  for (const one of cases(reports.cases)) {
    const sealed = await sealCase(one);
    assert.equal(digest(sealed), one.id, one.name);
    if (one.sealed) assert.equal(hex(sealed), one.sealed);
    assert.equal(digest(await openPlain(sealed, identity)), one.plaintext_sha256);
    const opened = await openReport(sealed, 2, identity, reports.agency, reports.opened_by);
    assert.deepEqual(
      [opened.message, opened.sums, hex(opened.signature)],
      [one.message, one.sums, one.signature],
    );
  }
});

test("report.json is written as the Rust programs write it", () => {
  const card = verifyCard(unhex(vectors("card.json").bundle), reports.agency);
  for (const one of cases(reports.cases)) {
    const content = fromJson(utf8(one.report_json), 1 << 16, reportContent);
    const message: Message = {
      ...content,
      evidence: content.evidence.map((note) => ({
        ...note,
        blob: new Blob(),
        extension: note.entry.slice(14),
      })),
    };
    const written = reportJson(message, card, thread, unhex(content.nonce));
    assert.equal(new TextDecoder().decode(written), one.report_json);
  }
});

test("changed reports", async () => {
  const [[identity]] = slots as [[string, string]];
  for (const { name, base, at, bytes } of cases(reports.refused)) {
    const original = cases(reports.cases).find((one) => one.name === base);
    const plain = (await openPlain(await sealCase(original), identity)).slice();
    plain.set(unhex(bytes), at);
    const recipients = slots.map(([, recipient]) => recipient);
    const sealed = await collect(seal(recipients, once(plain)));
    const opened = openReport(sealed, 2, identity, reports.agency, reports.opened_by);
    await assert.rejects(opened, { name: "FormatError" }, name);
  }
});

test("decoys", async () => {
  const { desks, id, randomness } = reports.decoy;
  const tape = new Tape(randomness);
  const sealed = await withTape(tape, desks, () => sealDecoy(desks, tape.take));
  assert.ok(tape.isUsedUp);
  assert.equal(digest(sealed), id);
  await assert.rejects(openPlain(sealed, slots[0]?.[0] ?? ""), { name: "FormatError" });
});

const letters = vectors("letter.json");

/** An edition of one place, at the address where this place's letter must lie. */
function placed(place: Vector, sealed: Uint8Array): [Uint8Array, VerifiedHeader, string, ThreadKeys] {
  const address = new Uint8Array(16).fill(7);
  const keys = { verifyKey: place.thread, identity: thread.identity, address: () => address };
  const found = { desk: place.desk, header: { number: place.edition } as EditionHeader, hash: "" };
  return [concat(address, sealed), found, place.agency, keys as unknown as ThreadKeys];
}

async function sealText(text: string): Promise<Uint8Array> {
  const padded = new Uint8Array(6533).fill(0x20);
  padded.set(utf8(text));
  return await collect(seal([thread.recipient], once(padded)));
}

test("letters", async () => {
  const edition = vectors("edition.json");
  assert.equal(thread.verifyKey, letters.place.thread);
  const sealed = unhex(letters.sealed);
  const letter = await openLetter(...placed(letters.place, sealed));
  assert.equal(JSON.stringify(letter), letters.letter);
  const header = /"salt":"([0-9a-f]+)"/.exec(edition.note);
  const real = {
    desk: "inspektorat",
    header: { number: "202603041", salt: header?.[1] } as EditionHeader,
    hash: "",
  };
  assert.deepEqual(await openLetter(unhex(edition.body), real, reports.agency, thread), letter);
  const elsewhere = { ...real, header: { ...real.header, number: "202603042" } };
  assert.equal(await openLetter(unhex(edition.body), elsewhere, reports.agency, thread), undefined);
  const decoy = new Tape(letters.decoy.randomness);
  const recipient = recipientOf(decoy.take(32));
  const made = await withTape(decoy, 1, () =>
    collect(seal([recipient], once(new Uint8Array(6533).fill(0x20)))),
  );
  assert.equal(digest(made), letters.decoy.sealed_sha256);
  await assert.rejects(openLetter(...placed(letters.place, made)), { code: "letter-invalid" });
});

test("letters that are refused", async () => {
  const refused = (place: Vector, sealed: Uint8Array, label: string) =>
    assert.rejects(
      openLetter(...placed(place, sealed)),
      (error) => error instanceof Refusal && error.code === "letter-invalid",
      label,
    );
  for (const { change, error } of cases(letters.refused_places)) {
    await refused({ ...letters.place, ...change }, unhex(letters.sealed), error);
  }
  for (const { text, error } of cases(letters.refused_texts)) {
    await refused(letters.place, await sealText(text), `${error}: ${text.slice(0, 60)}`);
  }
  const changed = async (change: Vector) =>
    sealText(JSON.stringify({ ...JSON.parse(letters.letter), ...change }));
  const received = (count: number) => Array(count).fill({ date: "2026-03-02", id: "WERC8GMR" });
  const questions = (count: number) => Array(count).fill("?");
  const desks = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);
  const most = { received: received(32), questions: questions(16), to: desks(8) };
  assert.ok(await openLetter(...placed(letters.place, await changed(most))));
  const beyond: Vector[] = [
    { received: received(33) },
    { questions: questions(17) },
    { to: desks(9) },
    { to: [] },
    { to: ["a", "a"] },
  ];
  for (const change of beyond) await refused(letters.place, await changed(change), JSON.stringify(change));
  await assert.rejects(open(unhex(letters.sealed).subarray(0, 8191), thread.identity), {
    name: "FormatError",
  });
});
