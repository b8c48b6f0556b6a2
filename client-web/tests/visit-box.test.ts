// What a visit fetches, and what a saved page reads from files, with the documents of the shared vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { verifyCard } from "../src/formats/card.ts";
import { Refusal, type RefusalCode } from "../src/formats/refusal.ts";
import { parseReceipt } from "../src/sealing/receipt.ts";
import { threadKeys } from "../src/sealing/schedule.ts";
import { type DeskInbox, followUpDesks, readInbox } from "../src/visit/inbox.ts";
import { readBox } from "../src/visit/offline.ts";
import { type Box, openBox } from "../src/visit/visit.ts";
import { type Answering, type Asked, problem, withServer } from "./visit-server.ts";

const vector = JSON.parse(readFileSync("../tests/vectors/edition.json", "utf8"));
const { agency } = JSON.parse(readFileSync("../tests/vectors/card.json", "utf8"));
const bundle = Buffer.from(vector.bundle, "hex");
const note = Buffer.from(vector.note);
const body = Buffer.from(vector.body, "hex");
const header = JSON.parse(vector.note.split("\n")[3]);
const frames = Buffer.concat([u32(note.length), note]);
const challenge = `{"challenge":"${"5a".repeat(16)}","bits":0}`;
const today = () => header.date as string;
const refused = (code: RefusalCode) => (error: unknown) => error instanceof Refusal && error.code === code;

function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function flipped(bytes: Buffer, place: number): Buffer {
  const other = Buffer.from(bytes);
  other[place] = (other[place] ?? 0) ^ 1;
  return other;
}

const documents: Record<string, Buffer | string> = {
  card: bundle,
  headers: frames,
  [`editions/inspektorat/${header.number}`]: body,
  challenge,
};

const serving =
  (changes: Record<string, Buffer | string> = {}): Answering =>
  ({ path }, response) => {
    const found = { ...documents, ...changes }[path.replace("/kpk/", "")];
    if (found === undefined) problem(response, 404, "not-found");
    else response.end(found);
  };

/** Opens the box that a server with these changes shows. */
async function opened(changes: Record<string, Buffer | string> = {}, day = today): Promise<[Box, Asked[]]> {
  let result: [Box, Asked[]] | undefined;
  await withServer(serving(changes), async (network, asked) => {
    result = [await openBox(network, agency, day), asked];
  });
  assert.ok(result);
  return result;
}

test("a visit fetches everything in one order and verifies it", async () => {
  const [box, asked] = await opened();
  assert.deepEqual(
    asked.map(({ method, path }) => `${method} ${path}`),
    [
      "GET /kpk/card",
      "GET /kpk/headers",
      `GET /kpk/editions/inspektorat/${header.number}`,
      "GET /kpk/challenge",
    ],
  );
  assert.deepEqual([box.origin, box.challenge], ["network", JSON.parse(challenge)]);
  assert.deepEqual(
    box.desks.map(({ desk, body, refusal }) => [desk.id, body?.length, refusal?.code, refusal?.desk]),
    box.card.card.desks.map(({ id }) =>
      id === "inspektorat" ? [id, body.length, undefined, undefined] : [id, undefined, "edition-missing", id],
    ),
  );
});

test("the card is told as soon as it is verified", async () => {
  await withServer(serving(), async (network, asked) => {
    const told: number[] = [];
    await openBox(network, agency, today, () => told.push(asked.length));
    assert.deepEqual(told, [1]);
  });
});

test("what does not hold stops the visit before anything else is asked", async () => {
  for (const [changes, code, count] of [
    [{ card: flipped(bundle, bundle.length - 20) }, "card-invalid", 1],
    [{ card: Buffer.from("kartu") }, "card-invalid", 1],
    [{ headers: frames.subarray(0, 100) }, "server-odd", 2],
    [{ challenge: `{"challenge":"5a","bits":0}` }, "server-odd", 4],
    [{ challenge: "x".repeat(257) }, "server-odd", 4],
  ] as const) {
    await withServer(serving(changes), async (network, asked) => {
      await assert.rejects(openBox(network, agency, today), refused(code));
      assert.equal(asked.length, count);
    });
  }
});

test("another agency's card is refused", async () => {
  await withServer(serving(), async (network) => {
    const other = `${agency.slice(0, -1)}${agency.endsWith("0") ? "1" : "0"}`;
    await assert.rejects(openBox(network, other, today), (error) => {
      return error instanceof Refusal && ["card-foreign", "card-invalid"].includes(error.code);
    });
  });
});

test("a body that is not the signed one leaves its desk without letters", async () => {
  const [box] = await opened({ [`editions/inspektorat/${header.number}`]: flipped(body, 20) });
  const state = box.desks.find(({ desk }) => desk.id === "inspektorat");
  assert.deepEqual(
    [state?.refusal?.code, state?.refusal?.desk, state?.body],
    ["edition-body", "inspektorat", undefined],
  );
});

test("a header with a broken signature leaves its desk closed", async () => {
  const [box, asked] = await opened({ headers: flipped(frames, frames.length - 10) });
  const state = box.desks.find(({ desk }) => desk.id === "inspektorat");
  assert.deepEqual([state?.refusal?.code, state?.header], ["edition-invalid", undefined]);
  assert.equal(asked.length, 3);
});

test("an edition that is replaced meanwhile begins the visit again, but not for ever", async () => {
  let misses = 0;
  const missing: Answering = (asked, response) => {
    if (asked.path.includes("/editions/") && misses > 0) {
      misses -= 1;
      problem(response, 404, "not-found");
    } else serving()(asked, response);
  };
  await withServer(missing, async (network, asked) => {
    misses = 2;
    await openBox(network, agency, today);
    assert.equal(asked.length, 3 + 3 + 4);
    misses = 3;
    await assert.rejects(openBox(network, agency, today), refused("network-lost"));
  });
});

test("a clock before a signed date stops everything; an old edition closes its desk and stays readable", async () => {
  await assert.rejects(
    opened({}, () => "2020-01-01"),
    refused("card-not-yet"),
  );
  await assert.rejects(
    opened({}, () => "2099-01-01"),
    refused("card-expired"),
  );
  const dayBefore = new Date(Date.parse(header.date) - 86_400_000).toISOString().slice(0, 10);
  await assert.rejects(
    opened({}, () => dayBefore),
    refused("edition-clock"),
  );
  const past = new Date(Date.parse(header.until) + 2 * 86_400_000).toISOString().slice(0, 10);
  const [box] = await opened({}, () => past);
  const state = box.desks.find(({ desk }) => desk.id === "inspektorat");
  assert.deepEqual([state?.refusal?.code, state?.body?.length], ["edition-unread", body.length]);
  const keys = threadKeys(parseReceipt(vector.receipt, agency), agency);
  const inbox = (await readInbox(box, keys)).find(({ desk }) => desk.id === "inspektorat");
  assert.deepEqual([inbox?.found, inbox?.refusal?.code], ["letter", "edition-unread"]);
});

test("the receipt finds its letter, and another receipt finds none", async () => {
  const [box] = await opened();
  const found = async (receipt: string) => {
    const inboxes = await readInbox(box, threadKeys(parseReceipt(receipt, agency), agency));
    return inboxes.find(({ desk }) => desk.id === "inspektorat");
  };
  const mine = await found(vector.receipt);
  assert.deepEqual([mine?.found, mine?.letter?.desk, mine?.refusal], ["letter", "inspektorat", undefined]);
  const receipts = JSON.parse(readFileSync("../tests/vectors/receipt.json", "utf8"));
  const all: string[] =
    JSON.stringify(receipts).match(/\b(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}\b/g) ?? [];
  const other = all.find((text) => {
    try {
      parseReceipt(text, agency);
      return text !== vector.receipt;
    } catch {
      return false;
    }
  });
  assert.ok(other);
  assert.equal((await found(other))?.found, "none");
});

test("a later message goes to the desks that every letter names, else the reporter is asked", () => {
  const card = verifyCard(bundle, agency);
  const [first, second] = card.card.desks.map(({ id }) => id);
  assert.ok(first && second);
  const inboxes = (...lists: string[][]) => lists.map((to) => ({ letter: { to } }) as unknown as DeskInbox);
  assert.deepEqual(followUpDesks(inboxes([first, second], [second]), card), [second]);
  assert.equal(followUpDesks(inboxes([first], [second]), card), undefined);
  assert.equal(followUpDesks([{ found: "none" } as DeskInbox], card), undefined);
  assert.equal(followUpDesks(inboxes([first, "gone"]), card), undefined);
});

test("a saved page reads the same box from files with any names, in any order", async () => {
  const file = (content: Uint8Array<ArrayBuffer>, name: string) => new File([content], name);
  const stranger = file(Buffer.from("bisik/edition/1\nnot really"), "x.note");
  for (const headers of [frames, note]) {
    const files = [file(body, "a"), stranger, file(headers, "b.txt"), file(bundle, "c.jpg")];
    const box = await readBox(files, agency, header.date);
    assert.deepEqual([box.origin, box.challenge], ["files", undefined]);
    const state = box.desks.find(({ desk }) => desk.id === "inspektorat");
    assert.deepEqual([state?.header?.hash, state?.body?.length], [vector.hash, body.length]);
  }
});

test("files without a card are no box, and dates are checked as online", async () => {
  await assert.rejects(readBox([new File([frames], "h")], agency, header.date), refused("card-invalid"));
  const files = [new File([bundle], "c"), new File([frames], "h")];
  await assert.rejects(readBox(files, agency, "2099-01-01"), refused("card-expired"));
  const box = await readBox([new File([bundle], "c")], agency, header.date);
  assert.ok(box.desks.every(({ refusal }) => refusal?.code === "edition-missing"));
});
