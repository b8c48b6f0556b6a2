import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAnswers } from "../src/formats/answers.ts";
import { type Field, fieldsOf } from "../src/formats/form.ts";
import { answersOf, cleanText, type Drafts, isEmpty, problemsOf, unfit } from "../src/page/draft.ts";
import { shown } from "../src/page/shown.ts";
import { setLanguage } from "../src/page/texts.ts";
import { form } from "./page-form.ts";

function field(id: string): Field {
  const found = fieldsOf(form).find((one) => one.id === id);
  assert.ok(found);
  return found;
}

const date = (day: string, month: string, year: string) => ({ day, month, year });

const whole: Drafts = {
  kapan: { mode: "range", from: date("3", "2", "2026"), to: date("12", "5", "2026") },
  kategori: { picked: ["lain", "suap"] },
  apa: { text: "  enam!\r\n " },
  siapa: { entries: [{}, { nama: { text: "Budi" } }, { nama: { text: "Sri" }, peran: { text: "saksi" } }] },
  hub: { yesNo: "unknown" },
  nilai: { unknown: true },
};

test("what is typed becomes answers in the order of the form", () => {
  const answers = answersOf(form, whole);
  assert.deepEqual(answers, [
    { field: "kategori", value: { choice: ["suap", "lain"] } },
    { field: "apa", value: { text: "enam!" } },
    { field: "siapa", entry: 1, part: "nama", value: { text: "Budi" } },
    { field: "siapa", entry: 2, part: "nama", value: { text: "Sri" } },
    { field: "siapa", entry: 2, part: "peran", value: { text: "saksi" } },
    { field: "hub", value: { yes_no: "unknown" } },
    { field: "kapan", value: { when: { range: { from: "2026-02-03", to: "2026-05-12" } } } },
    { field: "nilai", value: "unknown" },
  ]);
  assert.deepEqual(checkAnswers(form, answers, false), []);
});

test("every kind of time", () => {
  const when = (draft: Drafts[string]) => answersOf(form, { kapan: draft })[0]?.value;
  assert.deepEqual(when({ mode: "day", from: date(" 9 ", "12", "2025") }), { when: { day: "2025-12-09" } });
  assert.deepEqual(when({ mode: "month", from: date("", "2", "2025") }), { when: { month: "2025-02" } });
  assert.deepEqual(when({ mode: "ongoing" }), { when: "ongoing" });
  assert.equal(when({ mode: "day", from: date("30", "2", "2025") }), undefined);
});

test("what cannot be taken is named with its place", () => {
  assert.deepEqual(problemsOf(field("apa"), { text: "  pan " }), [{ code: "too-short", min: 5, count: 3 }]);
  assert.deepEqual(problemsOf(field("apa"), { text: "sebelas h.." }), [
    { code: "too-long", max: 10, count: 11 },
  ]);
  assert.deepEqual(problemsOf(field("apa"), undefined), [{ code: "required" }]);
  assert.deepEqual(problemsOf(field("siapa"), { entries: [{}] }), [
    { code: "required", entry: 1, part: "nama" },
  ]);
  assert.deepEqual(
    problemsOf(field("siapa"), { entries: [{ nama: { text: "Budi" } }, { peran: { text: "x" } }] }),
    [{ code: "entry-empty", part: "nama", entry: 2 }],
  );
  assert.deepEqual(problemsOf(field("siapa"), { entries: [{ nama: { text: "Budiman" } }] }), [
    { code: "too-long", max: 5, count: 7, part: "nama", entry: 1 },
  ]);
  assert.deepEqual(problemsOf(field("kapan"), { mode: "day", from: date("31", "4", "2025") }), [
    { code: "date" },
  ]);
  assert.deepEqual(problemsOf(field("kapan"), { mode: "range", from: date("2", "1", "2025") }), [
    { code: "date" },
  ]);
  const backwards = { mode: "range", from: date("2", "1", "2025"), to: date("1", "1", "2025") } as const;
  assert.deepEqual(problemsOf(field("kapan"), backwards), [{ code: "backwards" }]);
});

test("an answer that cannot be taken is left out until it is put right", () => {
  const drafts = { ...whole, apa: { text: "pan" }, siapa: { entries: [{ peran: { text: "saksi" } }] } };
  const answers = answersOf(form, drafts);
  assert.deepEqual(
    checkAnswers(form, answers, false).map((gap) => gap.field),
    ["apa", "siapa"],
  );
  assert.deepEqual(unfit(field("apa"), drafts.apa), [{ code: "too-short", min: 5, count: 3 }]);
  assert.deepEqual(unfit(field("apa"), undefined), []);
});

test("nothing, and not knowing, are no problem where the form does not insist", () => {
  assert.deepEqual(problemsOf(field("kapan"), {}), []);
  assert.deepEqual(problemsOf(field("apa"), { unknown: true }), []);
  assert.deepEqual(problemsOf(field("kategori"), { picked: ["suap"] }), []);
});

test("characters are counted as people see them, not as the browser stores them", () => {
  assert.deepEqual(problemsOf(field("apa"), { text: "😀".repeat(10) }), []);
  assert.deepEqual(problemsOf(field("apa"), { text: "😀".repeat(4) }), [
    { code: "too-short", min: 5, count: 4 },
  ]);
});

test("typed text is sent well-formed and without space around it", () => {
  assert.equal(cleanText(" a\ud800b\r\nc "), "a\ufffdb\nc");
  assert.equal(isEmpty({ text: " \n ", picked: [], entries: [{ nama: { text: " " } }] }), true);
});

test("answers are shown in the words of the form", () => {
  setLanguage("id");
  const answers = answersOf(form, whole);
  const words = (id: string) => shown(form, field(id), answers);
  assert.equal(words("kategori"), "suap dan lain");
  assert.equal(words("siapa"), "1. nama: Budi\n2. nama: Sri; peran: saksi");
  assert.equal(words("kapan"), "3 Februari 2026 sampai 12 Mei 2026");
  assert.equal(words("hub"), "Tidak tahu");
  assert.equal(words("nilai"), "Tidak tahu");
  assert.equal(words("di_mana"), "");
});
