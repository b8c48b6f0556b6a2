import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { Refusal } from "../src/formats/refusal.ts";
import { App } from "../src/page/app.ts";
import { beginLater, openInbox } from "../src/page/later.ts";
import { messageOf, resume, send } from "../src/page/sending.ts";
import { go, leap, write } from "../src/page/state.ts";
import { parseReceipt } from "../src/sealing/receipt.ts";
import { threadKeys } from "../src/sealing/schedule.ts";
import { readBox } from "../src/visit/offline.ts";
import type { Visit } from "../src/visit/send.ts";
import type { Box } from "../src/visit/visit.ts";

const vector = JSON.parse(readFileSync("../tests/vectors/edition.json", "utf8"));
const { agency } = JSON.parse(readFileSync("../tests/vectors/card.json", "utf8"));
const documents = [
  Buffer.from(vector.bundle, "hex"),
  Buffer.from(vector.note),
  Buffer.from(vector.body, "hex"),
];

// A browser without a wake lock: sending asks for it and does without.
for (const name of ["navigator", "document"])
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value: {} });

/** A visit that writes down what is asked of it. */
interface Played {
  box: Box;
  asked: string[];
  visit: Visit;
}

let app: App;
let played: Played;

beforeEach(async () => {
  const files = documents.map((bytes, index) => new File([Uint8Array.from(bytes)], `${index}`));
  const box = await readBox(files, agency, "2026-03-05");
  const asked: string[] = [];
  const visit = {
    box,
    leave: () => asked.push("leave"),
    send: async (sealing: { pieces(): AsyncIterable<Uint8Array> }) => {
      for await (const piece of sealing.pieces()) asked.push(`${piece.length > 0}`);
      asked.push("stored");
    },
    giveUp: () => undefined,
  } as unknown as Visit;
  played = { box, asked, visit };
  app = new App(agency, false, "id", () => undefined);
  app.visit = visit;
  app.change((state) => leap({ ...state, card: box.card, box }, "home"));
});

/** Returns the desks that take nothing now. */
function refused(): string[] {
  return played.box.desks.filter(({ refusal }) => refusal !== undefined).map(({ desk }) => desk.id);
}

/** Writes a report to the other ones. */
function writeReport(): void {
  const leftOut = refused();
  app.change((state) =>
    go(write(state, { leftOut, drafts: { apa: { text: "Kata rahasia 4711." } } }), "review"),
  );
}

test("a report ends with the receipt of the keys that sealed it", async () => {
  writeReport();
  await send(app);
  assert.equal(app.state.screen, "receipt");
  assert.equal(played.asked[played.asked.length - 1], "stored");
  assert.match(app.state.sent?.messageId ?? "", /^[0-9A-Z]{8}$/);
  const receipt = parseReceipt(app.state.groups?.join("-") ?? "", agency);
  assert.equal(threadKeys(receipt, agency).verifyKey, app.keys?.verifyKey);
  assert.deepEqual(app.state.writing.drafts, {});
});

test("the keys of an old thread never seal a new report", async () => {
  assert.equal(await openInbox(app, vector.receipt), undefined);
  const old = app.keys?.verifyKey;
  app.change((state) => leap(state, "home"));
  assert.notEqual(app.newKeys().verifyKey, old);
  assert.equal(app.newKeys(), app.keys);
});

test("a thread is forgotten at the first screen", async () => {
  await openInbox(app, vector.receipt);
  assert.equal(app.state.screen, "inbox");
  app.back();
  assert.equal(app.state.screen, "home");
  assert.deepEqual([app.state.inboxes, app.keys], [undefined, undefined]);
});

test("a mistyped receipt opens nothing", async () => {
  const typed = vector.receipt.replace(/.$/, (symbol: string) => (symbol === "V" ? "W" : "V"));
  assert.equal((await openInbox(app, typed))?.reason, "receipt-check");
  assert.equal(app.state.screen, "home");
});

test("a follow-up goes to the desks that the letter names, with answers beside questions", async () => {
  await openInbox(app, vector.receipt);
  beginLater(app, "reply");
  const [letter] = (app.state.inboxes ?? []).flatMap((inbox) => inbox.letter ?? []);
  app.change((state) =>
    write(state, { replies: state.writing.replies.map((reply) => ({ ...reply, answer: "Senin" })) }),
  );
  const message = messageOf(app.state, played.box);
  assert.deepEqual([message.kind, message.to], ["follow-up", letter?.to]);
  assert.equal(message.message, `> ${letter?.questions[0]}\nSenin`);
  assert.deepEqual(message.answers, []);
});

test("a later message shows no receipt and forgets the keys", async () => {
  await openInbox(app, vector.receipt);
  beginLater(app, "reply");
  app.change((state) => write(state, { message: "Susulan.", leftOut: refused() }));
  const { keys } = app;
  await send(app);
  assert.equal(app.state.screen, "done");
  assert.deepEqual([app.state.groups, app.keys], [undefined, undefined]);
  assert.throws(() => keys?.sign(new Uint8Array(1)));
});

test("a typed receipt is overwritten once its keys are made", () => {
  const receipt = parseReceipt(vector.receipt, agency);
  app.useReceipt(receipt);
  assert.ok(receipt.secret.every((byte) => byte === 0));
});

test("a desk that cannot take reports is named; going on begins a whole new visit", async () => {
  const [first] = played.box.desks;
  assert.ok(first);
  writeReport();
  first.refusal = new Refusal("edition-unread", { desk: first.desk.id });
  await send(app);
  assert.deepEqual(
    [app.state.sending?.stop?.reason, app.state.sending?.stop?.desk],
    ["desk-refused", first.desk.id],
  );
  assert.deepEqual(played.asked, []);
  app.opening = Promise.resolve(played.visit);
  const resumed = resume(app);
  assert.deepEqual(played.asked, ["leave"]);
  await resumed;
});

test("wiping ends the visit and leaves nothing", () => {
  writeReport();
  app.newKeys();
  const { receipt, keys } = app;
  const abort = new AbortController();
  app.abort = abort;
  app.change({ groups: receipt?.groups() });
  app.wipe();
  assert.equal(app.state.screen, "gone");
  assert.deepEqual(played.asked, ["leave"]);
  assert.deepEqual([app.receipt, app.keys, app.visit, app.state.card], new Array(4).fill(undefined));
  assert.deepEqual(app.state.writing.drafts, {});
  assert.ok(receipt?.secret.every((byte) => byte === 0));
  assert.throws(() => keys?.sign(new Uint8Array(1)));
  assert.deepEqual([app.state.groups, abort.signal.aborted], [undefined, true]);
});

test("what still runs when everything is wiped shows nothing more", async () => {
  // Without a body no key is needed, and nothing else would stop it.
  for (const state of played.box.desks) delete state.body;
  const opening = openInbox(app, vector.receipt);
  app.wipe();
  await opening;
  assert.deepEqual([app.state.screen, app.state.inboxes, app.keys], ["gone", undefined, undefined]);
});
