/** What is sealed here, opened with other eyes; and what is never sealed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { equal, utf8 } from "../src/formats/bytes.ts";
import { digest } from "../src/formats/ids.ts";
import { headerLength, paddedSize, sealedLength } from "../src/formats/padding.ts";
import { pause } from "../src/formats/pause.ts";
import { FormatError } from "../src/formats/refusal.ts";
import { hasHeader } from "../src/formats/shape.ts";
import { open as openSealed, recipientOf, seal, throwawayRecipient } from "../src/sealing/hybrid.ts";
import { newReceipt, parseReceipt } from "../src/sealing/receipt.ts";
import { bytesLeft, type Message, prepareReport, type Sealing, sealDecoy } from "../src/sealing/report.ts";
import { answersFit, openPlain, openReport } from "./core-desk.ts";
import { collect, random, refuses } from "./core-vectors.ts";
import { agency, card, evidence, headers, identities, message, newKeys } from "./core-world.ts";

const keys = newKeys();
const prepare = (change: Partial<Message> = {}) =>
  prepareReport(message(change), card, headers, keys, random);
const open = (sealed: Uint8Array, desk = 0) =>
  openReport(sealed, 2, identities[desk] ?? "", agency, card.card.desks[desk]?.id ?? "");

/** Takes all pieces and checks what is promised of them. */
async function sealed(sealing: Sealing): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of sealing.pieces()) pieces.push(piece);
  assert.equal(pieces[0]?.length, headerLength(sealing.desks));
  assert.ok(pieces.every((piece) => piece.length <= 256 * 1024));
  const whole = Buffer.concat(pieces);
  assert.equal(whole.length, sealing.length);
  return whole;
}

test("evidence of any size comes out as it went in", async () => {
  const sizes = [1, 511, 512, 513, 20_000, 65_535, 65_536, 65_537, 262_144, 262_145, 700_001];
  sizes.push(...Array.from({ length: 6 }, () => 1 + Math.floor(Math.random() * 400_000)));
  for (const size of sizes) {
    const files = [evidence(size), evidence(1 + (size % 777), { extension: "PDF", name: "kuitansi.pdf" })];
    const opened = await open(await sealed(prepare({ evidence: files })));
    for (const [index, file] of files.entries()) {
      const bytes = new Uint8Array(await file.blob.arrayBuffer());
      assert.ok(equal(opened.evidence[index] ?? new Uint8Array(), bytes), `${size} bytes`);
    }
    const entries = opened.content.evidence.map((note) => note.entry);
    assert.deepEqual(entries, ["evidence/0001.jpg", "evidence/0002.pdf"]);
  }
});

test("a report says what was written, to those it is for", async () => {
  const text = 'Kata \u0000 dengan "kutipan", \u2028 baris,\n \u{1F600} dan tab\t.';
  const sealing = prepare({ message: text, to: ["walikota", "inspektorat"] });
  const whole = await sealed(sealing);
  for (const desk of [0, 1]) {
    const opened = await open(whole, desk);
    assert.equal(opened.content.message, text);
    assert.deepEqual(opened.content.to, ["inspektorat", "walikota"]);
    assert.equal(opened.message, sealing.messageId());
    assert.ok(answersFit(opened.content, card));
  }
});

test("a desk that is left out cannot open, and sees nothing", async () => {
  const [one, both] = [await sealed(prepare()), await sealed(prepare({ to: ["inspektorat", "walikota"] }))];
  assert.ok(await open(one));
  // Not only refused for its list of readers: nothing in it opens.
  await assert.rejects(openPlain(one, identities[1] ?? ""), {
    name: "FormatError",
    message: "does not open",
  });
  assert.ok(await openPlain(both, identities[1] ?? ""));
  assert.equal(one.length, both.length);
  assert.ok(hasHeader(one, 2) && hasHeader(both, 2));
});

test("each left-out desk gets a key of its own that nobody keeps, new in every sealing", async () => {
  const seeds: Uint8Array[] = [];
  const watched = (length: number) => {
    const drawn = random(length);
    if (length === 32) seeds.push(drawn);
    return drawn;
  };
  const sealing = prepareReport(message(), card, headers, keys, watched);
  for (const count of [1, 2]) {
    await sealed(sealing);
    assert.equal(seeds.length, count);
  }
  assert.ok(seeds.every((seed) => seed.every((byte) => byte === 0)));
  await sealDecoy(3, watched);
  assert.equal(seeds.length, 5);
});

test("two messages of the same words are two messages", async () => {
  const [one, other] = [prepare(), prepare()];
  await sealed(one);
  await sealed(other);
  assert.notEqual(one.messageId(), other.messageId());
});

test("sealing again is the same message in other bytes", async () => {
  const sealing = prepare({ evidence: [evidence(1000)] });
  assert.throws(() => sealing.messageId());
  const first = await sealed(sealing);
  const id = sealing.messageId();
  const second = await sealed(sealing);
  assert.equal(sealing.messageId(), id);
  assert.notEqual(digest(first), digest(second));
  assert.deepEqual((await open(first)).content, (await open(second)).content);
  const chunk = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 1600)).toString("latin1").split("\n")[1];
  assert.notEqual(chunk(first), chunk(second));
});

test("a file that changes while it is read is refused, and so is one for which there is no memory", async () => {
  const failing = (error: Error) =>
    ({ size: 3000, slice: () => ({ arrayBuffer: () => Promise.reject(error) }) }) as unknown as Blob;
  const blobs: [Blob, string][] = [
    [{ size: 3000, slice: () => new Blob(["short"]) } as unknown as Blob, "file-changed"],
    [{ size: 3000, slice: () => new Blob(["x".repeat(3001)]) } as unknown as Blob, "file-changed"],
    [failing(new DOMException("gone", "NotReadableError")), "file-changed"],
    [failing(new RangeError("too large")), "out-of-memory"],
  ];
  for (const [blob, code] of blobs) {
    const sealing = prepare({ evidence: [evidence(1000), evidence(1, { blob })] });
    await assert.rejects(sealed(sealing), { name: "Refusal", code });
  }
});

test("a large file is never read far ahead of what is taken, however slowly that is", async () => {
  const size = 8_000_000;
  let read = 0;
  let largest = 0;
  const blob = {
    size,
    slice: (from: number, to: number) => {
      read = to;
      largest = Math.max(largest, to - from);
      return new Blob([new Uint8Array(to - from)]);
    },
  } as unknown as Blob;
  const sealing = prepare({ evidence: [evidence(1, { blob })] });
  let taken = 0;
  let ahead = 0;
  for await (const piece of sealing.pieces()) {
    taken += piece.length;
    await pause();
    ahead = Math.max(ahead, read - taken);
  }
  assert.equal(read, size);
  assert.equal(taken, sealing.length);
  assert.ok(largest <= 256 * 1024 && ahead <= 512 * 1024, `${largest} ${ahead}`);
});

test("whoever stops half-way ends the reading", async () => {
  let ended = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(65_536);
    } finally {
      ended = true;
    }
  }
  for await (const piece of seal([throwawayRecipient(random)], endless())) {
    if (piece.length > 60_000) break;
  }
  assert.ok(ended);
});

test("what must not be sealed is refused before any of it is", () => {
  refuses("no-desk", () => prepare({ to: [] }));
  refuses("desk-refused", () => prepare({ to: ["dinas"] }));
  refuses("desk-refused", () => prepareReport(message(), card, [], keys, random));
  refuses("file-empty", () => prepare({ evidence: [evidence(0)] }));
  const heavy = { size: card.card.limits.file_bytes + 1 } as Blob;
  refuses("file-too-large", () => prepare({ evidence: [evidence(1, { blob: heavy })] }));
  const full = { size: card.card.limits.file_bytes } as Blob;
  const enough = Math.floor(card.card.limits.report_bytes / card.card.limits.file_bytes) + 1;
  const many = (count: number, blob: Blob) => Array.from({ length: count }, () => evidence(1, { blob }));
  refuses("report-too-large", () => prepare({ evidence: many(enough, full) }));
  refuses("too-many-files", () => prepare({ evidence: many(100, new Blob(["x"])) }));
  const [first] = headers;
  assert.ok(first);
  const classical = {
    ...first,
    header: { ...first.header, recipient: first.header.recipient.replace(/.$/, "q") },
  };
  refuses("edition-invalid", () => prepareReport(message(), card, [classical], keys, random));
  assert.throws(() => prepare({ answers: [{ field: "nik", value: { text: "1" } }] }), FormatError);
});

test("the room for text is exact", async () => {
  const empty = bytesLeft(message({ message: "" }), card, keys);
  const fitting = "é".repeat(Math.floor(empty / 2)) + "x".repeat(empty % 2);
  assert.equal(bytesLeft(message({ message: fitting }), card, keys), 0);
  const whole = await sealed(prepare({ message: fitting }));
  assert.equal(whole.length, sealedLength(32_768, 2));
  assert.equal((await open(whole)).content.message, fitting);
  assert.equal(bytesLeft(message({ message: `${fitting}\n` }), card, keys), -2);
  refuses("text-too-long", () => prepare({ message: `${fitting}x` }));
});

test("typed text that is no Unicode and long names still make a strict report", async () => {
  const files = [evidence(5, { name: `${"é".repeat(200)}.jpg`, note: "\uDC00", extension: "tar.gz" })];
  const opened = await open(await sealed(prepare({ message: "a\uD800b", evidence: files })));
  const [note] = opened.content.evidence;
  assert.equal(opened.content.message, "a\uFFFDb");
  assert.deepEqual([note?.note, note?.entry], ["\uFFFD", "evidence/0001.bin"]);
  assert.equal(utf8(note?.name ?? "").length, 254);
});

test("what was wiped is used no more", async () => {
  const [receipt, spent] = [newReceipt(agency, random), newKeys()];
  const sealing = prepareReport(message(), card, headers, spent, random);
  receipt.wipe();
  spent.wipe();
  assert.throws(() => receipt.groups());
  assert.throws(() => spent.sign(new Uint8Array()));
  await assert.rejects(sealed(sealing), /wiped/);
});

test("no WebCrypto and no WebAssembly is needed", async () => {
  const forbidden = { configurable: true, get: () => assert.fail("used") };
  const real = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly");
  Object.defineProperty(globalThis.crypto, "subtle", forbidden);
  Object.defineProperty(globalThis, "WebAssembly", forbidden);
  try {
    assert.ok(await open(await sealed(prepare({ evidence: [evidence(100_000)] }))));
  } finally {
    Reflect.deleteProperty(globalThis.crypto, "subtle");
    Object.defineProperty(globalThis, "WebAssembly", real ?? {});
  }
});

test("only hybrid recipients are sealed to", async () => {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const classical = await identityToRecipient(await generateX25519Identity());
  const good = throwawayRecipient(random);
  for (const bad of [classical, good.toUpperCase(), `${good} `, good.slice(0, -1), "age1tag1q", ""]) {
    await assert.rejects(collect(seal([good, bad], nothing())), FormatError, bad.slice(0, 10));
  }
});

test("files of another shape than ours are neither made nor opened", async () => {
  async function* words(): AsyncGenerator<Uint8Array> {
    yield utf8("x");
  }
  const seed = random(32);
  const own = recipientOf(seed);
  assert.equal((await openSealed(await collect(seal([own], words())), seed)).length, 1);
  await assert.rejects(openSealed(await collect(seal([own, own], words())), seed), FormatError);
  for (const count of [0, 9]) {
    await assert.rejects(collect(seal(Array(count).fill(own), words())), FormatError, String(count));
  }
});

test("decoys have the length and shape of text reports and open for nobody", async () => {
  for (const desks of [1, 2, 8]) {
    const decoy = await sealDecoy(desks, random);
    assert.equal(decoy.length, sealedLength(32_768, desks));
    assert.ok(hasHeader(decoy, desks));
  }
  assert.equal((await sealDecoy(2, random)).length, prepare().length);
  await assert.rejects(openPlain(await sealDecoy(2, random), identities[0] ?? ""), FormatError);
  for (const desks of [0, 9]) await assert.rejects(sealDecoy(desks, random), { code: "no-desk" });
});

test("headers of another shape are seen", async () => {
  const decoy = await sealDecoy(2, random);
  const length = headerLength(2);
  assert.ok(!hasHeader(decoy, 1) && !hasHeader(decoy, 3) && !hasHeader(decoy.subarray(0, length - 1), 2));
  for (let place = 0; place < length; place += 1) {
    const changed = decoy.slice(0, length);
    changed[place] = 0x2a;
    assert.ok(!hasHeader(changed, 2), String(place));
  }
});

test("the check of a receipt finds every wrong symbol and every swap of neighbours", () => {
  const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const text = newReceipt(agency, random).groups().join("");
  const refused = (typed: string) => refuses("receipt-check", () => parseReceipt(typed, agency), typed);
  for (let place = 0; place < text.length; place += 1) {
    for (const symbol of symbols) {
      if (symbol !== text[place]) refused(text.slice(0, place) + symbol + text.slice(place + 1));
    }
    const [one, other] = [text[place], text[place + 1]];
    if (other !== undefined && one !== other)
      refused(text.slice(0, place) + other + one + text.slice(place + 2));
  }
  const typed = text.toLowerCase().replace(/0/g, "o").replace(/1/g, "l");
  assert.equal(
    parseReceipt(`\t${typed.replace(/(.{4})/g, "$1 – ")}`, agency)
      .groups()
      .join(""),
    text,
  );
  refuses("receipt-check", () => parseReceipt(text, "C94Q73K2NKR8JV9D3QDGSWCS2Y1TJFX0"));
});

test("padded sizes hold their archives and step as the specification lists them", () => {
  for (let turn = 0; turn < 3000; turn += 1) {
    const length = Math.ceil(2 ** (36 * Math.random()));
    const padded = paddedSize(length) ?? 0;
    assert.ok(padded >= length && paddedSize(padded) === padded);
    assert.ok(padded <= Math.max(32_768, length * 1.5));
  }
});
