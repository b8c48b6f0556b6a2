/** tests/vectors, the public formats: every valid case is taken, every refused one refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { answers, checkAnswers } from "../src/formats/answers.ts";
import { concat, utf8 } from "../src/formats/bytes.ts";
import { checkCardDay, limits, type VerifiedCard, verifyCard } from "../src/formats/card.ts";
import { normalize } from "../src/formats/crockford.ts";
import { isDay, isEditionNumber } from "../src/formats/day.ts";
import { checkHeaderDay, findLetter, readHeaders, verifyBody } from "../src/formats/edition.ts";
import { bilingual, checkForm, form } from "../src/formats/form.ts";
import { writeFrames } from "../src/formats/frames.ts";
import {
  agencyOfRoot,
  digest,
  fingerprint,
  isAgencyId,
  isDeskId,
  messageId,
  unhex,
} from "../src/formats/ids.ts";
import { fromJson, toJson } from "../src/formats/json.ts";
import { isVerifyKey, sign, verify, verifyKeyOf } from "../src/formats/keys.ts";
import { headerLength, paddedSize, sealedLength } from "../src/formats/padding.ts";
import { readChallenge, solve } from "../src/formats/pow.ts";
import { Refusal } from "../src/formats/refusal.ts";
import { followRoots } from "../src/formats/succession.ts";
import { paddedSizeOf, readAcknowledgement } from "./core-desk.ts";
import { breaksRule, cases, random, refuses, type Vector, vectors } from "./core-vectors.ts";

const MAX = 1 << 16;

function bundleOf(notes: string[]): Uint8Array {
  return writeFrames(notes.map(utf8));
}

function spellings(file: Vector, rule: (text: string) => boolean): void {
  for (const text of cases(file.accepted)) assert.ok(rule(text), text);
  for (const text of cases(file.refused)) assert.ok(!rule(text), text);
}

test("identifiers", () => {
  const file = vectors("ids.json");
  for (const { root, agency, fingerprint: shown, typed } of cases(file.agencies)) {
    assert.equal(agencyOfRoot(root), agency);
    assert.ok(isAgencyId(agency));
    assert.equal(fingerprint(agency), shown);
    for (const text of cases(typed)) assert.equal(normalize(text), agency, text);
  }
  for (const { sums, digest: hash, message } of cases(file.messages)) {
    assert.equal(digest(utf8(sums)), hash);
    assert.equal(messageId(utf8(sums)), message);
  }
  spellings(file.desks, isDeskId);
  spellings(file.days, isDay);
  spellings(file.editions, isEditionNumber);
});

test("signatures", () => {
  const file = vectors("ids.json").ed25519;
  for (const { seed, key, message, signature } of cases(file.valid)) {
    assert.equal(verifyKeyOf(unhex(seed)), key);
    assert.deepEqual(sign(unhex(seed), unhex(message)), unhex(signature));
    assert.ok(isVerifyKey(key) && verify(key, unhex(message), unhex(signature)));
  }
  for (const { name, key, message, signature } of cases(file.refused_signatures)) {
    assert.ok(isVerifyKey(key), name);
    assert.ok(!verify(key, unhex(message), unhex(signature)), name);
  }
  for (const { key } of cases(file.refused_keys)) assert.ok(!isVerifyKey(key), key);
});

test("strict JSON", () => {
  const file = vectors("json.json");
  for (const text of cases(file.limits.accepted)) {
    assert.deepEqual(toJson(fromJson(utf8(text), MAX, limits), limits), utf8(text));
  }
  for (const { text } of cases(file.limits.refused))
    breaksRule(() => fromJson(utf8(text), MAX, limits), text);
  for (const { text, error } of cases(file.texts)) {
    const read = () => fromJson(utf8(text), MAX, bilingual);
    if (error === null) assert.deepEqual(toJson(read(), bilingual), utf8(text));
    else breaksRule(read, text);
  }
});

test("answers", () => {
  const file = vectors("answers.json");
  const asked = fromJson(utf8(file.form), MAX, form);
  checkForm(asked);
  for (const { answers: text, files, required, expected } of cases(file.accepted)) {
    const missing = checkAnswers(asked, fromJson(utf8(text), MAX, answers), files);
    const of = (need: string) => missing.filter((one) => one.need === need).map((one) => one.field);
    assert.deepEqual(of("required"), required);
    assert.deepEqual(of("expected"), expected);
  }
  for (const { answers: text } of cases(file.refused)) {
    const given = fromJson(utf8(text), MAX, answers);
    breaksRule(() => checkAnswers(asked, given, false), text);
  }
});

test("cards", () => {
  const file = vectors("card.json");
  for (const { notes, bundle_sha256, hash, serial, roots } of cases(file.accepted)) {
    const bundle = bundleOf(notes);
    assert.equal(digest(bundle), bundle_sha256);
    const verified = verifyCard(bundle, file.agency);
    assert.deepEqual([verified.hash, verified.card.serial, verified.card.roots], [hash, serial, roots]);
    const chain = followRoots(file.agency, notes.slice(0, -1).map(utf8), verified.card.roots);
    assert.deepEqual(chain.current, roots);
  }
  for (const { name, agency, notes, error } of cases(file.refused)) {
    const code = error === "note.wrong_agency" ? "card-foreign" : "card-invalid";
    refuses(code, () => verifyCard(bundleOf(notes), agency), name);
  }
  for (const { bundle } of cases(file.refused_frames)) {
    refuses("card-invalid", () => verifyCard(unhex(bundle), file.agency), bundle);
  }
  const card = verifyCard(unhex(file.bundle), file.agency);
  const codes: Vector = { not_yet: "card-not-yet", expired: "card-expired" };
  for (const { day, error } of cases(file.days)) {
    if (error === null) checkCardDay(card, day);
    else refuses(codes[error], () => checkCardDay(card, day), day);
  }
});

test("editions", async () => {
  const file = vectors("edition.json");
  const card = verifyCard(unhex(file.bundle), vectors("card.json").agency);
  const headerOf = (note: string) => readHeaders(writeFrames([utf8(note)]), card);
  const [header, other] = headerOf(file.note);
  assert.ok(header && !(header instanceof Refusal));
  assert.ok(other instanceof Refusal && other.code === "edition-missing" && other.desk === "walikota");
  assert.equal(header.hash, file.hash);
  const body = unhex(file.body);
  await verifyBody(header, body);
  const letter = findLetter(body, unhex(file.address));
  assert.equal(letter && digest(letter), file.letter_sha256);
  assert.equal(findLetter(body, unhex(file.missing_address)), undefined);
  for (const { flip_at, name } of cases(file.refused_bodies)) {
    const flipped = body.slice();
    flipped[flip_at] = (flipped[flip_at] ?? 0) ^ 1;
    await assert.rejects(verifyBody(header, flipped), { code: "edition-body" }, name);
  }
  await assert.rejects(verifyBody(header, body.subarray(1)), { code: "edition-body" });
  const codes: Vector = { future: "edition-clock", stale: "edition-unread" };
  for (const { day, error } of cases(file.days)) {
    if (error === null) checkHeaderDay(header, day);
    else refuses(codes[error], () => checkHeaderDay(header, day), day);
  }
  for (const { name, note, error } of cases(file.refused)) refusedHeader(note, error, name, card);
});

function refusedHeader(note: string, error: string, name: string, card: VerifiedCard): void {
  const read = () => readHeaders(writeFrames([utf8(note)]), card);
  if (error === "card_rolled_back") refuses("card-rolled-back", read, name);
  else if (error === "desk" || error === "note.wrong_desk") refuses("server-odd", read, name);
  else
    assert.ok(
      read().some((one) => one instanceof Refusal && one.code === "edition-invalid"),
      name,
    );
}

test("sizes", () => {
  const file = vectors("padding.json");
  for (const [index, size] of cases(file.sizes).entries()) {
    assert.equal(paddedSize(size), size);
    const next = file.sizes[index + 1];
    if (next !== undefined) assert.equal(paddedSize(size + 1), next);
  }
  assert.deepEqual([paddedSize(2 ** 36), paddedSize(2 ** 36 + 1)], [2 ** 36, undefined]);
  for (const { len, padded } of cases(file.padded)) assert.equal(paddedSize(len), padded);
  for (const [index, length] of cases(file.headers).entries()) assert.equal(headerLength(index + 1), length);
  for (const { padded, sealed } of cases(file.sealed)) {
    for (const [index, length] of cases(sealed).entries()) {
      assert.equal(sealedLength(padded, index + 1), length);
      assert.equal(paddedSizeOf(length, index + 1), padded);
    }
  }
  const { desks, sealed } = file.refused_lengths;
  for (const length of cases(sealed)) assert.equal(paddedSizeOf(length, desks), undefined, String(length));
});

test("proof of work", async () => {
  for (const { challenge: text, header_sha256, nonce, refused_nonce } of cases(vectors("pow.json").cases)) {
    const challenge = readChallenge(utf8(text));
    const bits = (solution: string) => {
      const found = sha256(
        concat(utf8("bisik/pow/1\n"), unhex(challenge.challenge), unhex(header_sha256), unhex(solution)),
      );
      return Math.clz32(new DataView(found.buffer).getUint32(0));
    };
    assert.ok(bits(nonce) >= challenge.bits);
    if (refused_nonce !== null) assert.ok(bits(refused_nonce) < challenge.bits);
    // A solver that begins at a solution finds it; one that begins elsewhere finds another that holds.
    assert.equal(await solve(challenge, unhex(header_sha256), () => unhex(nonce)), nonce);
    assert.ok(bits(await solve(challenge, unhex(header_sha256), random)) >= challenge.bits);
  }
});

test("acknowledgements", () => {
  const file = vectors("acknowledgement.json");
  const card = verifyCard(unhex(file.bundle), vectors("card.json").agency);
  for (const { day, error } of cases(file.days)) {
    if (error === null) assert.deepEqual(readAcknowledgement(file.note, card, day), file.ids);
    else breaksRule(() => readAcknowledgement(file.note, card, day), day);
  }
  for (const { name, note, day } of cases(file.refused))
    breaksRule(() => readAcknowledgement(note, card, day), name);
});
