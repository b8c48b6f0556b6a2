/** Hostile input: whatever it is, it is refused by a typed error and never taken for something else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, answers, checkAnswers, inOrder, type Value } from "../src/formats/answers.ts";
import { concat, utf8 } from "../src/formats/bytes.ts";
import { verifyCard } from "../src/formats/card.ts";
import { addDays, dayOf, daysBetween, isDay, isMonth } from "../src/formats/day.ts";
import { readHeaders, type VerifiedHeader, verifyBody } from "../src/formats/edition.ts";
import { checkForm, type Field, type Form, fieldsOf, form, groupOf } from "../src/formats/form.ts";
import { readFrames, writeFrames } from "../src/formats/frames.ts";
import { digest, unhex } from "../src/formats/ids.ts";
import { type Codec, fromJson, lazy, list, text, toJson } from "../src/formats/json.ts";
import { verifyKeyOf } from "../src/formats/keys.ts";
import { Note } from "../src/formats/note.ts";
import { readChallenge, solve } from "../src/formats/pow.ts";
import { problemCode, refusalOfProblem } from "../src/formats/problem.ts";
import { FormatError, Refusal } from "../src/formats/refusal.ts";
import { breaksRule, random, refuses, type Vector, vectors } from "./core-vectors.ts";
import { agency, card, signNote } from "./core-world.ts";

const MAX = 1 << 16;
const asked: Form = card.card.form;
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

test("a bundle with any changed byte is refused", () => {
  const good = unhex(vectors("card.json").bundle);
  for (let place = 0; place < good.length; place += place % 7 === 0 ? 13 : 11) {
    const bad = good.slice();
    bad[place] = (bad[place] ?? 0) ^ (1 << (place % 8));
    const refused = (error: unknown) =>
      error instanceof Refusal && (error.code === "card-invalid" || error.code === "card-foreign");
    assert.throws(() => verifyCard(bad, agency), refused, String(place));
  }
  for (const cut of [0, 1, 3, 4, 100, good.length - 1]) {
    refuses("card-invalid", () => verifyCard(good.subarray(0, cut), agency));
  }
  refuses("card-invalid", () => verifyCard(new Uint8Array(1 << 20), agency));
});

const ROOT = new Uint8Array(32).fill(1);
const DESK = new Uint8Array(32).fill(11);

/** Changes the content of a note and signs it again, as whoever has the key could. */
function resigned(note: string, seed: Uint8Array, edit: (content: Vector) => void): Uint8Array {
  const [type = "", , desk = "", content = ""] = note.split("\n");
  const copy = JSON.parse(content);
  edit(copy);
  return signNote(type, desk, JSON.stringify(copy), seed);
}

test("a card that its root has signed is refused when it breaks a rule", () => {
  const [succession, note] = vectors("card.json").accepted[0].notes;
  const verify = (edit: (content: Vector) => void) => {
    const bundle = writeFrames([utf8(succession), resigned(note, ROOT, edit)]);
    return () => verifyCard(bundle, agency);
  };
  verify(() => undefined)();
  verify((card) => Object.assign(card, { letters: 1024, interval: 60, expires: "2027-02-05" }))();
  const bad: ((card: Vector) => void)[] = [
    (card) => Object.assign(card, { agency: "00000000000000000000000000000000" }),
    (card) => card.roots.reverse(),
    (card) => card.roots.pop(),
    (card) => Object.assign(card, { serial: 0 }),
    (card) => Object.assign(card, { expires: "2025-12-31" }),
    (card) => Object.assign(card, { expires: "2027-02-06" }),
    (card) => Object.assign(card, { letters: 3 }),
    (card) => Object.assign(card, { letters: 0 }),
    (card) => Object.assign(card, { letters: 2048 }),
    (card) => Object.assign(card, { letter_size: 4096 }),
    (card) => Object.assign(card, { interval: 0 }),
    (card) => Object.assign(card, { interval: 61 }),
    (card) => Object.assign(card.limits, { file_bytes: card.limits.report_bytes + 1 }),
    (card) => Object.assign(card, { desks: [] }),
    (card) => card.desks.push(...Array.from({ length: 7 }, (_, n) => ({ ...card.desks[0], id: `d${n}` }))),
    (card) => Object.assign(card.desks[1], { id: card.desks[0].id }),
    (card) => Object.assign(card.desks[1], { keys: card.desks[0].keys }),
    (card) => Object.assign(card.desks[1], { keys: [] }),
    (card) => Object.assign(card.desks[1].keys[0], { from: "2027-01-01" }),
    (card) => Object.assign(card.form, { categories: [] }),
  ];
  for (const [index, edit] of bad.entries()) refuses("card-invalid", verify(edit), `change ${index}`);
});

test("a header that its desk has signed is refused when it breaks a rule", () => {
  const read = (edit: (content: Vector) => void) => {
    const note = resigned(vectors("edition.json").note, DESK, edit);
    return readHeaders(writeFrames([note]), card)[0];
  };
  assert.ok(!(read(() => undefined) instanceof Refusal));
  assert.ok(
    !(read((header) => Object.assign(header, { until: "2026-05-03", card_serial: 1 })) instanceof Refusal),
  );
  const bad: ((header: Vector) => void)[] = [
    (header) => Object.assign(header, { until: "2026-03-03" }),
    (header) => Object.assign(header, { until: "2026-05-04" }),
    (header) => Object.assign(header, { date: "2025-12-31", until: "2026-01-01" }),
    (header) => Object.assign(header, { date: "2027-01-01", until: "2027-01-01" }),
    (header) => Object.assign(header, { letters: 4 }),
    (header) => Object.assign(header, { letter_size: 4096 }),
    (header) => Object.assign(header, { recipient: "age1qqq" }),
    (header) => Object.assign(header, { salt: header.salt.toUpperCase() }),
  ];
  for (const [index, edit] of bad.entries()) {
    const found = read(edit);
    assert.ok(found instanceof Refusal && found.code === "edition-invalid", `change ${index}`);
  }
});

test("notes with other lines than theirs are refused, though a key of theirs has signed", () => {
  const good = new TextDecoder().decode(resigned(vectors("edition.json").note, DESK, () => undefined));
  const [line = ""] = good.split("\n").slice(-2);
  const content = good.split("\n")[3] ?? "";
  const sound = (note: string) => !(readHeaders(writeFrames([utf8(note)]), card)[0] instanceof Refusal);
  assert.ok(sound(good));
  const bad = [
    `${good}${line}\n`,
    new TextDecoder().decode(signNote("bisik/edition/1", "inspektorat", content, DESK, `${agency}/walikota`)),
    good.replace(line, line.replace("\u2014 ", "- ")),
    good.replace(line, line.replace(/=$/, "")),
    good.replace(`\n${line}\n`, ""),
    `${good} `,
    new TextDecoder().decode(signNote("bisik/edition/1", "inspektorat", `${content}\r`, DESK)),
    new TextDecoder().decode(signNote("bisik/card/1", "inspektorat", content, DESK)),
  ];
  for (const [index, note] of bad.entries()) assert.ok(!sound(note), `change ${index}`);
  const foreign = new Note(utf8(good), 4096, "bisik/edition/1", agency);
  breaksRule(() => foreign.verifyOne([]));
  breaksRule(() => foreign.verifyTwo([verifyKeyOf(DESK)], [verifyKeyOf(DESK)]));
  breaksRule(() => new Note(utf8(good), 100, "bisik/edition/1", agency));
});

test("places of a body must rise", async () => {
  const place = (address: number) => [new Uint8Array(16).fill(address), new Uint8Array(8192)];
  const header = (body: Uint8Array) =>
    ({ desk: "a", header: { letters: 2, body_hash: digest(body) }, hash: "" }) as VerifiedHeader;
  const body = (one: number, other: number) => concat(...place(one), ...place(other));
  await verifyBody(header(body(1, 2)), body(1, 2));
  for (const bad of [body(2, 1), body(1, 1)]) {
    await assert.rejects(verifyBody(header(bad), bad), { code: "edition-body" });
  }
});

test("frames are read as they were written, and no others", () => {
  const parts = Array.from({ length: 5 }, () => random(Math.floor(Math.random() * 50)));
  const body = writeFrames(parts);
  assert.deepEqual(readFrames(body, 5, 50).map(Buffer.from), parts.map(Buffer.from));
  breaksRule(() => readFrames(body, 4, 50));
  breaksRule(() => readFrames(writeFrames([new Uint8Array(51)]), 5, 50));
  breaksRule(() => readFrames(body.subarray(0, body.length - 1), 5, 50));
  // A length with its highest bit set is no negative one.
  breaksRule(() => readFrames(unhex("ffffffff00"), 5, 50));
});

test("headers that are not those of different desks in order are refused as a whole", () => {
  const note = utf8(vectors("edition.json").note);
  for (const parts of [[note, note], [utf8("x")], [utf8(`bisik/edition/1\n${agency}\ndinas\n`)]]) {
    refuses("server-odd", () => readHeaders(writeFrames(parts), card));
  }
  refuses("server-odd", () => readHeaders(unhex("0000"), card));
  const [first] = readHeaders(writeFrames([note.subarray(0, note.length - 1)]), card);
  assert.ok(first instanceof Refusal && first.code === "edition-invalid" && first.desk === "inspektorat");
  const [one, other] = readHeaders(new Uint8Array(), card);
  assert.ok([one, other].every((place) => place instanceof Refusal && place.code === "edition-missing"));
});

test("forms that break a rule are refused, above all one that demands an identity", () => {
  const change = (edit: (copy: Form) => void) => {
    const copy = JSON.parse(JSON.stringify(asked)) as Form;
    edit(copy);
    return () => checkForm(fromJson(toJson(copy, form), MAX, form));
  };
  const field = (copy: Form, id: string) => fieldsOf(copy).find((one) => one.id === id) as Field;
  change(() => undefined)();
  change((copy) => Object.assign(field(copy, "di_mana"), { role: "identity", need: "optional" }))();
  const bad: ((copy: Form) => void)[] = [
    (copy) => Object.assign(field(copy, "di_mana"), { role: "identity", need: "required" }),
    (copy) => Object.assign(field(copy, "di_mana"), { role: "identity", need: "expected" }),
    (copy) => Object.assign(field(copy, "di_mana"), { id: "Nama" }),
    (copy) => Object.assign(field(copy, "di_mana"), { id: "apa" }),
    (copy) => Object.assign(field(copy, "apa"), { kind: { text: { long: true, min: 2, max: 1 } } }),
    (copy) => Object.assign(field(copy, "apa"), { kind: { text: { long: true, min: 0, max: 10_001 } } }),
    (copy) => Object.assign(field(copy, "apa"), { kind: { text: { long: true, min: 0, max: 0 } } }),
    (copy) => Object.assign(field(copy, "apa"), { kind: "essay" }),
    (copy) => Object.assign(field(copy, "apa"), { kind: { choice: { many: true, options: [] } } }),
    (copy) => Object.assign(field(copy, "apa").label, { en: "" }),
    (copy) => Object.assign(field(copy, "apa").label, { en: "\u001b[2J" }),
    (copy) => Object.assign(field(copy, "apa").label, { id: "é".repeat(301) }),
    (copy) => Object.assign(copy, { categories: [] }),
    (copy) => Object.assign(copy, { sections: [] }),
    (copy) => copy.one_of.push({ fields: ["apa", "tidak_ada"], need: "expected" }),
    (copy) => copy.one_of.push({ fields: ["apa"], need: "expected" }),
    (copy) => copy.statuses.push(...copy.statuses),
    (copy) => Object.assign(copy.clocks[0] ?? {}, { days: 0 }),
    (copy) => Object.assign(copy.clocks[0] ?? {}, { until: ["nanti"] }),
    (copy) => Object.assign(copy.self_check[0] ?? {}, { conflict: false }),
    (copy) => {
      const group = fieldsOf(copy).find(({ kind }) => typeof kind === "object" && "group" in kind) as Field;
      (group.kind as { group: { fields: Field[] } }).group.fields.push(JSON.parse(JSON.stringify(group)));
    },
  ];
  for (const [index, edit] of bad.entries()) breaksRule(change(edit), `change ${index}`);
});

/** A value that fits a field. */
function valueFor({ kind }: Field): Value {
  const picked = (ids: { id: string }[], many: boolean) => {
    const some = ids.map(({ id }) => id).filter(() => many && Math.random() < 0.5);
    return { choice: some.length > 0 ? some : [pick(ids).id] };
  };
  if (Math.random() < 0.2) return "unknown";
  if (kind === "category") return picked(asked.categories, true);
  if (kind === "yes_no") return { yes_no: pick(["yes", "no", "unknown"] as const) };
  if (kind === "place") return { text: pick(["Loket 3", "\u{1F3DB}".repeat(300), "é"]) };
  if (kind === "when") {
    const times = ["ongoing" as const, { day: "2024-02-29" }, { month: "2026-03" }];
    return { when: pick([...times, { range: { from: "2026-01-01", to: "2026-01-01" } }]) };
  }
  if ("text" in kind) return { text: "\u{1F600}".repeat(Math.max(kind.text.min, 1)) };
  if ("choice" in kind) return picked(kind.choice.options, kind.choice.many);
  return "unknown";
}

function randomAnswers(): Answer[] {
  return fieldsOf(asked).flatMap((field): Answer[] => {
    if (Math.random() < 0.3) return [];
    if (typeof field.kind === "object" && "evidence" in field.kind) return [];
    if (typeof field.kind !== "object" || !("group" in field.kind))
      return [{ field: field.id, value: valueFor(field) }];
    const { fields, max } = field.kind.group;
    const entries = Array.from({ length: Math.floor(Math.random() * (max + 1)) }, (_, index) => index + 1);
    return entries.flatMap((entry) =>
      fields.map((part) => ({ field: field.id, entry, part: part.id, value: valueFor(part) })),
    );
  });
}

test("random answers fit, have one spelling, and find their order again", () => {
  for (let turn = 0; turn < 500; turn += 1) {
    const given = randomAnswers();
    checkAnswers(asked, given, true);
    assert.deepEqual(fromJson(toJson(given, answers), MAX, answers), given);
    const shuffled = [...given].sort(() => Math.random() - 0.5);
    assert.deepEqual(inOrder(asked, shuffled), given);
    if (given.length > 1) breaksRule(() => checkAnswers(asked, [...given].reverse(), true));
    if (given.length > 0) breaksRule(() => checkAnswers(asked, [...given, given[0] as Answer], true));
  }
});

test("a group takes no more entries than it has room for", () => {
  const field = fieldsOf(asked).find(({ kind }) => groupOf(kind) !== undefined) as Field;
  const group = groupOf(field.kind);
  assert.ok(group);
  const filled = (count: number): Answer[] =>
    Array.from({ length: count }, (_, index) => ({
      field: field.id,
      entry: index + 1,
      part: group.fields[0]?.id ?? "",
      value: "unknown",
    }));
  checkAnswers(asked, filled(group.max), false);
  breaksRule(() => checkAnswers(asked, filled(group.max + 1), false));
  breaksRule(() => checkAnswers(asked, filled(2).slice(1), false));
});

test("documents with random damage break a rule or stay what they are", () => {
  const good = toJson(asked, form);
  for (let turn = 0; turn < 3000; turn += 1) {
    const bad = good.slice();
    const place = Math.floor(Math.random() * bad.length);
    bad[place] = pick([0x22, 0x7b, 0x7d, 0x2c, 0x5c, 0x20, 0x00, 0xff, 0x30, (bad[place] ?? 0) ^ 1]);
    try {
      const read = fromJson(bad, MAX, form);
      assert.deepEqual(toJson(read, form), bad);
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  }
});

test("documents that are too long are refused", () => {
  assert.equal(fromJson(utf8('"abc"'), 5, text), "abc");
  breaksRule(() => fromJson(utf8('"abc"'), 4, text));
});

test("deep nesting is refused before it is parsed", () => {
  interface Nest extends Array<Nest> {}
  const nest: Codec<Nest> = list(lazy(() => nest));
  const deepest = (depth: number) => utf8(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  assert.deepEqual(toJson(fromJson(deepest(16), MAX, nest), nest), deepest(16));
  breaksRule(() => fromJson(deepest(17), MAX, nest));
  breaksRule(() => fromJson(utf8(`["${"\\".repeat(3)}",[]]`), MAX, nest));
  const deep = utf8("[".repeat(30_000));
  breaksRule(() => fromJson(deep, MAX, answers));
  breaksRule(() => fromJson(utf8(`${"[".repeat(17)}${"]".repeat(17)}`), MAX, answers));
});

test("days are those of the calendar", () => {
  assert.ok(isDay("2024-02-29") && !isDay("2023-02-29") && !isDay("1999-12-31") && !isDay("2024-2-29"));
  assert.ok(isMonth("2026-12") && !isMonth("2026-13") && !isMonth("2026-3"));
  assert.equal(dayOf(Date.UTC(2026, 10, 22, 23, 59, 59, 999)), "2026-11-22");
  assert.deepEqual(
    [dayOf(-1), dayOf(Number.NaN), addDays("9999-12-31", 1)],
    ["2000-01-01", "2000-01-01", "9999-12-31"],
  );
  for (let turn = 0; turn < 500; turn += 1) {
    const from = addDays("2000-01-01", Math.floor(Math.random() * 200_000));
    const days = Math.floor(Math.random() * 1000);
    assert.equal(daysBetween(from, addDays(from, days)), days);
    assert.ok(addDays(from, days) >= from);
  }
});

test("a server that asks for too much work gets none", async () => {
  const challenge = (bits: number) =>
    readChallenge(utf8(`{"challenge":"${"0f".repeat(16)}","bits":${bits}}`));
  await assert.rejects(solve(challenge(19), new Uint8Array(32), random), { code: "pow-too-hard" });
  assert.match(await solve(challenge(0), new Uint8Array(32), random), /^[0-9a-f]{16}$/);
  for (const text of [
    "",
    "{}",
    '{"challenge":"0f","bits":1}',
    `{"bits":1,"challenge":"${"0f".repeat(16)}"}`,
  ]) {
    refuses("server-odd", () => readChallenge(utf8(text)), text);
  }
});

test("problem documents are read by their code alone", () => {
  const code = (text: string) => problemCode(utf8(text));
  assert.equal(code('{"type":"urn:bisik:problem:busy","title":"<b>x</b>","status":429,"detail":""}'), "busy");
  for (const text of ["", "[]", "null", '{"type":1}', '{"type":"about:blank"}', "x".repeat(5000)]) {
    assert.equal(code(text), undefined, text.slice(0, 20));
  }
  assert.deepEqual(["busy", "report-length", "constructor", undefined].map(refusalOfProblem), [
    "server-busy",
    "server-shape",
    "server-odd",
    "server-odd",
  ]);
});
