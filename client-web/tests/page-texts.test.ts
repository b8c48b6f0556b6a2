import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceProblem } from "../src/page/device.ts";
import { oneLine, visible } from "../src/page/foreign.ts";
import { day, list, month, number, size } from "../src/page/format.ts";
import { hints } from "../src/page/hints.ts";
import { advice, setLanguage, t } from "../src/page/texts.ts";

test("numbers, addresses and own words are found", () => {
  assert.deepEqual(hints("NIK 3174 0123 4567 8901."), ["identity-number"]);
  assert.deepEqual(hints("hubungi 0812-3456-7890"), ["phone"]);
  assert.deepEqual(hints("+62 812 3456 7890"), ["phone"]);
  assert.deepEqual(hints("surel: <budi.s@contoh.go.id>,"), ["email"]);
  assert.deepEqual(hints("Saya  selaku\nbendahara"), ["oneself"]);
  assert.deepEqual(hints("nama saya Budi, 081234567890"), ["phone", "oneself"]);
});

test("ordinary words are left alone", () => {
  for (const text of [
    "",
    "Rp 1.250.000.000 pada 12-05-2026",
    "Pasal 11 UU 19/2019",
    "bertemu @ lobi",
    "PO 08/2026",
    "12345678901234567",
  ]) {
    assert.deepEqual(hints(text), [], text);
  }
});

test("what cannot be seen in foreign text is made visible", () => {
  assert.equal(visible("a\u202eb\u2066c\u200bd\u0000e\u00adf\ufeffg"), "a�b�c�d�e�f�g");
  assert.equal(visible("\u{e0041}\ud800\ufff9"), "���");
  assert.equal(visible("satu\r\ndua\tiga"), "satu\ndua\tiga");
  assert.equal(visible("👨\u200d👩\u200d👧 ❤\ufe0f"), "👨\u200d👩\u200d👧 ❤\ufe0f");
});

test("marks cannot be stacked over other lines", () => {
  assert.equal(visible(`z${"\u0301".repeat(40)}a`), `z${"\u0301".repeat(3)}a`);
});

test("foreign text in a sentence stays on one line", () => {
  assert.equal(oneLine("  Meja\n\u2029 satu "), "Meja � satu");
});

test("days, numbers and lengths are written as in each language", () => {
  setLanguage("id");
  assert.equal(day("2025-05-12"), "12 Mei 2025");
  assert.equal(month("2025-12"), "Desember 2025");
  assert.equal(month("2025-01"), "Januari 2025");
  assert.equal(number(1234.56), "1.234,6");
  assert.equal(size(25_000_000), "25 MB");
  assert.equal(size(1_234_567), "1,3 MB");
  assert.equal(list(["lokasi", "waktu", "perangkat"]), "lokasi, waktu dan perangkat");
  setLanguage("en");
  assert.equal(day("2025-05-12"), "12 May 2025");
  assert.equal(size(999), "999 bytes");
  assert.equal(size(1001), "2 kB");
  assert.equal(list(["place"]), "place");
  assert.equal(day("yesterday"), "yesterday");
  setLanguage("id");
});

test("messages follow the language, and refusals carry advice", () => {
  assert.equal(t("inbox-message", { date: "12 Mei 2025", days: 0 }), "Pesan 12 Mei 2025 (hari ini)");
  assert.equal(t("inbox-message", { date: "12 Mei 2025", days: 3 }), "Pesan 12 Mei 2025 (3 hari lalu)");
  assert.match(advice("refusal-network-lost"), /coba lagi/);
  setLanguage("en");
  assert.equal(t("inbox-message", { date: "12 May 2025", days: 1 }), "Message of 12 May 2025 (1 day ago)");
  setLanguage("id");
});

const able = { random: true, able: true };

test("browsers inside of other programs are turned away", () => {
  const android = "Mozilla/5.0 (Linux; Android 13; SM-A037F";
  const tail = "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36";
  for (const userAgent of [
    `${android}; wv) ${tail}`,
    `${android}) ${tail} Instagram 300.0.0.0 Android`,
    `${android}) ${tail} [FB_IAB/FB4A;FBAV/440.0.0.0;]`,
    `${android}) ${tail} musical_ly_2023 BytedanceWebview/d8a21c6`,
    `${android}) ${tail} Line/13.0.0/IAB`,
    `${android}) ${tail} WhatsApp/2.23`,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  ]) {
    assert.equal(deviceProblem({ userAgent, ...able }), "in-app", userAgent);
  }
  assert.equal(
    deviceProblem({ userAgent: "Opera/9.80 (Android; Opera Mini/36.2/119; U; id) Presto/2.12", ...able }),
    "opera-mini",
  );
});

test("ordinary browsers pass, unless they lack what locking needs", () => {
  for (const userAgent of [
    "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Android 10; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
  ]) {
    assert.equal(deviceProblem({ userAgent, ...able }), undefined, userAgent);
    assert.equal(deviceProblem({ userAgent, random: false, able: true }), "old");
    assert.equal(deviceProblem({ userAgent, random: true, able: false }), "old");
  }
});
