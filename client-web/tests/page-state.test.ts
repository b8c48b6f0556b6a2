import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cleaned } from "../src/cleaner/cleaner.ts";
import { chosen, evidenceOf, type FileDraft, fileProblems, withCleaned } from "../src/page/files.ts";
import { fitting } from "../src/page/fitting.ts";
import { laterText } from "../src/page/later.ts";
import {
  afterChecks,
  back,
  blank,
  canBack,
  change,
  forget,
  go,
  initial,
  isAtRisk,
  isBegun,
  leap,
  nextStep,
  readers,
  type State,
  screenName,
  type,
  write,
} from "../src/page/state.ts";
import { cardOf } from "./page-form.ts";

const fields = 9;

function open(desks = ["satu", "dua"]): State {
  const state = initial("A".repeat(32), false, "id");
  return { ...leap(state, "home"), card: cardOf(desks) };
}

function atStep(step: number): State {
  return write(go(open(), "form"), { step });
}

test("back leads the way that one came, and never to a screen that is over", () => {
  let state = go(go(go(open(), "before"), "self-check"), "key");
  state = back(back(state));
  assert.equal(state.screen, "before");
  assert.equal(back(state).screen, "home");
  assert.equal(canBack(open()), false);
  const sent = leap({ ...state, groups: ["AAAA"] }, "receipt");
  assert.equal(canBack(sent), false);
  assert.equal(canBack(go(sent, "retype")), false);
});

test("the form goes question by question to the review, and back", () => {
  let state = go(open(), "form");
  for (let step = 0; step < fields; step += 1) {
    assert.equal(state.writing.step, step);
    state = nextStep(state);
  }
  assert.equal(state.screen, "review");
  const last = back(state);
  assert.deepEqual([last.screen, last.writing.step], ["form", fields - 1]);
  assert.equal(back(atStep(3)).writing.step, 2);
});

test("a change made at the review returns there", () => {
  const review = write({ ...atStep(fields - 1), screen: "review" }, { reviewed: true });
  const changing = change(review, 1);
  assert.deepEqual([changing.screen, changing.writing.step], ["form", 1]);
  assert.equal(nextStep(changing).screen, "review");
  assert.equal(back(changing).screen, "review");
});

test("evidence and what must stay secret have screens of their own", () => {
  assert.equal(screenName(atStep(0)), "form");
  assert.equal(screenName(atStep(7)), "evidence");
  assert.equal(screenName(atStep(8)), "secret");
});

test("only a plain no makes the choice of desks needless", () => {
  const answered = (state: State, answer: "yes" | "no" | "unknown") =>
    afterChecks(write(state, { checks: { konflik: answer } })).screen;
  assert.equal(answered(open(), "no"), "form");
  assert.equal(answered(open(), "yes"), "desks");
  assert.equal(answered(open(), "unknown"), "desks");
  assert.equal(afterChecks(open()).screen, "desks");
  assert.equal(answered(open(["satu"]), "yes"), "form");
});

test("a desk that is left out is not among the readers", () => {
  assert.deepEqual(readers(open()), ["satu", "dua"]);
  assert.deepEqual(readers(write(open(), { leftOut: ["dua"] })), ["satu"]);
});

test("a report is begun with its first answer", () => {
  assert.equal(isBegun(open()), false);
  assert.equal(isBegun(write(open(), { checks: { konflik: "no" } })), false);
  assert.equal(isBegun(type(open(), "apa", { text: "a" })), true);
  assert.equal(
    isBegun({ ...open(), writing: { ...blank("follow-up"), files: [chosen(1, new File([], "a"))] } }),
    false,
  );
});

test("leaving is warned of while something would be lost", () => {
  const sending = { ...go(open(), "sending"), sending: { stage: "sending" as const, sent: 0, total: 1 } };
  assert.equal(isAtRisk(open()), false);
  assert.equal(isAtRisk(sending), true);
  assert.equal(isAtRisk({ ...sending, sending: { ...sending.sending, stage: "failed" } }), false);
  assert.equal(isAtRisk({ ...open(), screen: "help", groups: ["AAAA"] }), true);
});

test("a deleted message is gone from memory, and no other", () => {
  const letter = {
    questions: [],
    messages: [
      { date: "2026-01-02", text: "dua" },
      { date: "2026-01-01", text: "satu" },
    ],
  };
  const inbox = (id: string) => ({ desk: { id }, found: "letter", letter });
  const state = { ...open(), inboxes: [inbox("satu"), inbox("dua")] } as unknown as State;
  const left = forget(state, "dua", 0).inboxes?.map((one) => one.letter?.messages.map(({ text }) => text));
  assert.deepEqual(left, [["dua", "satu"], ["satu"]]);
});

test("another card keeps what fits it and drops the rest", () => {
  let state = type(type(open(), "apa", { text: "enam huruf" }), "di_mana", { text: "kantor" });
  state = write(state, { leftOut: ["dua", "hilang"], step: 4 });
  assert.equal(fitting(state, cardOf(["satu", "dua"])), state);
  const other = cardOf(["satu", "dua"], "bb");
  const [first] = other.card.form.sections;
  assert.ok(first);
  const label = { id: "?", en: "?" };
  const fields = [...first.fields, { id: "di_mana", label, need: "optional", kind: "when" } as const];
  other.card.form = { ...other.card.form, sections: [{ ...first, fields }] };
  const fitted = fitting(state, other).writing;
  assert.deepEqual(Object.keys(fitted.drafts), ["apa"]);
  assert.deepEqual(fitted.leftOut, ["dua"]);
});

test("a later message carries each question with its answer", () => {
  const writing = {
    ...blank("follow-up"),
    replies: [
      { question: "Di lantai\nberapa?", answer: " dua " },
      { question: "Kapan?", answer: " " },
    ],
    message: "Itu saja.\n",
  };
  assert.equal(laterText(writing), "> Di lantai berapa?\ndua\n\nItu saja.");
  assert.equal(laterText(blank("close")), "");
});

const limits = { report_bytes: 100, file_bytes: 60 };

function file(number: number, length: number, cleaned?: Partial<Cleaned>): FileDraft {
  const draft = { ...chosen(number, new File([new Uint8Array(length)], "IMG_1.JPG")), kind: "foto" };
  return cleaned === undefined ? draft : withCleaned(draft, cleaned as Cleaned);
}

const clean = (length: number): Partial<Cleaned> => ({
  outcome: "cleaned",
  blob: new Blob([new Uint8Array(length)]),
  extension: "jpg",
  traces: ["location"],
});

test("what could be cleaned is sent clean, without its name", async () => {
  const [evidence] = evidenceOf([file(1, 50, clean(40))]);
  assert.deepEqual([evidence?.blob.size, evidence?.cleaned, evidence?.name], [40, true, undefined]);
  const original = { ...file(1, 50, clean(40)), choice: "original" as const, keepName: true };
  const [kept] = evidenceOf([original]);
  assert.deepEqual([kept?.blob.size, kept?.cleaned, kept?.name], [50, false, "IMG_1.JPG"]);
});

test("a file that cannot be cleaned waits for a decision", () => {
  const refused = file(1, 50, { outcome: "refused", reason: "unsupported", extension: "heic", traces: [] });
  assert.deepEqual(evidenceOf([refused]), []);
  assert.deepEqual(fileProblems([refused], limits), [{ number: 1, code: "file-choice" }]);
  assert.deepEqual(fileProblems([{ ...refused, choice: "replace" }], limits), [
    { number: 1, code: "file-choice" },
  ]);
  assert.deepEqual(fileProblems([{ ...refused, choice: "drop" }], limits), []);
});

test("limits hold for each file and for all that are sent", () => {
  assert.deepEqual(fileProblems([file(1, 0)], limits), [{ number: 1, code: "file-empty" }]);
  assert.deepEqual(fileProblems([file(1, 61)], limits), [{ number: 1, code: "file-large", max: 60 }]);
  assert.deepEqual(fileProblems([file(1, 5)], limits), [{ number: 1, code: "file-cleaning" }]);
  const two = [file(1, 60, clean(55)), file(2, 60, clean(55))];
  assert.deepEqual(fileProblems(two, limits), [{ number: 2, code: "files-large", max: 100 }]);
  assert.deepEqual(fileProblems([{ ...file(1, 9, clean(9)), kind: "" }], limits), [
    { number: 1, code: "file-kind" },
  ]);
});
