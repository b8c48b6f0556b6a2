// A report: what a person answers to the form of KPK, and how a desk must show it.

/** Words that are nowhere but on the screen and at the desk. */
export const MARKS = ["PENANDA-4E1B", "Kadis Rekaan", "ruang arsip lama", "jumpa-bertiga"];

export const WHAT =
  'PENANDA-4E1B Uang pelicin diminta sebelum berita acara ditandatangani.\n\nSaya melihatnya sendiri: "sepuluh persen", katanya. 💸';
const HOW = "Uang dimasukkan ke map biru, lalu diserahkan di ruang arsip lama setelah jam kantor.";
const SECRET = "jumpa-bertiga pada 3 Juni, hanya dihadiri tiga orang <b>bukan tag</b> & tanda lain";

const field = (id, more = "") => `[data-field="${id}"]${more}`;
const value = (id, name) => field(id, `[value="${name}"]`);
const part = (id, name, entry) =>
  field(id, `[data-part="${name}"]`) + (entry ? `[data-entry="${entry}"]` : "");

/** How each question is answered; the others are skipped. */
export const ANSWERING = {
  kategori: async (actor) => {
    await actor.pick(value("kategori", "pengadaan"));
    await actor.pick(value("kategori", "suap"));
  },
  apa: (actor) => actor.type(field("apa"), WHAT),
  bagaimana: (actor) => actor.type(field("bagaimana"), HOW),
  siapa: async (actor) => {
    await actor.type(part("siapa", "jabatan", 1), "Kadis Rekaan");
    await actor.press("add-entry");
    // Whoever sees nothing is led to the new entry.
    await actor.page.waitForFunction(() => document.activeElement?.id === "entry-2");
    await actor.type(part("siapa", "nama", 2), "Budi Rekaan");
    await actor.type(part("siapa", "unit", 2), "Dinas Contoh");
  },
  hub_atasan: (actor) => actor.pick(value("hub_atasan", "unknown")),
  kapan: async (actor) => {
    await actor.pick(value("kapan", "month"));
    await actor.select(part("kapan", "from-month"), "6");
    await actor.type(part("kapan", "from-year"), "2026");
  },
  di_mana: (actor) => actor.type(field("di_mana"), "Kantor dinas, lantai 2"),
  nilai: (actor) => actor.pick(value("nilai", "di_bawah_1_m")),
  tahu_dari: async (actor) => {
    await actor.pick(value("tahu_dari", "melihat"));
    await actor.pick(value("tahu_dari", "dokumen"));
  },
  pernah_lapor: "unknown",
  jangan_ungkap: (actor) => actor.type(field("jangan_ungkap"), SECRET),
};

/** The answers as a desk must have them. */
export const ANSWERS = [
  { field: "kategori", value: { choice: ["suap", "pengadaan"] } },
  { field: "apa", value: { text: WHAT } },
  { field: "bagaimana", value: { text: HOW } },
  { field: "siapa", entry: 1, part: "jabatan", value: { text: "Kadis Rekaan" } },
  { field: "siapa", entry: 2, part: "nama", value: { text: "Budi Rekaan" } },
  { field: "siapa", entry: 2, part: "unit", value: { text: "Dinas Contoh" } },
  { field: "hub_atasan", value: { yes_no: "unknown" } },
  { field: "kapan", value: { when: { month: "2026-06" } } },
  { field: "di_mana", value: { text: "Kantor dinas, lantai 2" } },
  { field: "nilai", value: { choice: ["di_bawah_1_m"] } },
  { field: "tahu_dari", value: { choice: ["melihat", "dokumen"] } },
  { field: "pernah_lapor", value: "unknown" },
  { field: "jangan_ungkap", value: { text: SECRET } },
];

/** The least that the form takes. */
export const LEAST = {
  kategori: ANSWERING.kategori,
  apa: ANSWERING.apa,
  siapa: (actor) => actor.type(part("siapa", "jabatan", 1), "Kadis Rekaan"),
};

/** From home to the form; `conflict` is the answer to the question about closeness to the desks. */
export async function begin(actor, conflict = "no") {
  await actor.at("home");
  await actor.press("report");
  await actor.at("before");
  await actor.press("continue");
  await actor.at("self-check");
  await actor.pick(`[data-field="check-konflik"][value="${conflict}"]`);
  await actor.press("continue");
}

/** Answers the form from the question on the screen to the review; `files` adds the evidence. */
export async function answer(actor, answering, files) {
  for (;;) {
    const screen = await actor.at("form", "evidence", "secret", "review");
    if (screen === "review") return;
    const main = await actor.page.$("main");
    if (screen === "evidence") await evidence(actor, files);
    else await question(actor, answering);
    // Each question is a screen of its own: the old one goes away.
    await actor.page.waitForFunction((old) => !old.isConnected, {}, main);
  }
}

async function question(actor, answering) {
  const id = await actor.page.$eval("main [data-field]", (element) => element.dataset.field);
  const how = answering[id];
  if (typeof how === "function") {
    await how(actor);
    await actor.press("continue");
  } else await actor.press(how ?? "skip");
}

async function evidence(actor, files) {
  if (files === undefined) {
    await actor.press("skip");
    return;
  }
  await files(actor);
  await actor.press("continue");
}

/** Adds files one by one and waits until each is looked at; returns the number of the last card. */
export async function addFiles(actor, ...paths) {
  const before = (await actor.page.$$("[data-file]")).length;
  await actor.choose('[data-do="add-files"]', ...paths);
  const last = before + paths.length;
  await actor.find(`[data-file="${last}"]`);
  await actor.page.waitForFunction(() => document.querySelector("[data-cleaning]") === null);
  return last;
}

/** Says what a file is, by its place among the files. */
export async function describe(actor, place, { kind, holders, note, choice, keepName }) {
  const card = `[data-file="${place}"] `;
  if (choice !== undefined) await actor.pick(`${card}[data-field="choice"][value="${choice}"]`);
  await actor.select(`${card}[data-field="kind"]`, kind);
  if (holders !== undefined) await actor.select(`${card}[data-field="holders"]`, holders);
  if (note !== undefined) await actor.type(`${card}[data-field="note"]`, note);
  if (keepName) {
    await actor.click(`${card}summary`);
    await actor.pick(`${card}[data-field="keep-name"]`);
  }
}

/** Reads the receipt off the screen. */
export async function readReceipt(actor) {
  await actor.at("receipt");
  const groups = await actor.page.$$eval("li[data-group]", (items) =>
    items.map((item) => item.lastChild.textContent.trim()),
  );
  return groups.join("-");
}

/** Reads the receipt off the screen, confirms it, and ends at "done". */
export async function confirmReceipt(actor) {
  const receipt = await readReceipt(actor);
  await actor.press("continue");
  await actor.at("retype");
  const asked = await actor.page.$$eval("label[data-group]", (labels) =>
    labels.map((label) => Number(label.dataset.group)),
  );
  for (const [place, number] of asked.entries()) {
    const field = place === 0 ? "group-a" : "group-b";
    await actor.type(`[data-field="${field}"]`, receipt.split("-")[number - 1].toLowerCase());
  }
  await actor.press("check");
  await actor.at("done");
  return receipt;
}

/** Returns the id of the message that was sent. */
export const messageId = (actor) =>
  actor.page.$eval("[data-message-id]", (element) => element.textContent.trim());

/** From home to the inbox of a receipt. */
export async function comeBack(actor, receipt) {
  await actor.at("home");
  await actor.press("return");
  await actor.at("return");
  await actor.type('[data-field="receipt"]', receipt);
  await actor.press("open");
}

/** Reads the letter of the only message, which says `letter`, and answers it. */
export async function readAndAnswer(actor, letter, answer) {
  await actor.at("inbox");
  await actor.press("open-message");
  await actor.at("letter");
  await actor.reads(letter);
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("reply");
  await actor.at("reply");
  await actor.type('[data-field="message"]', answer);
  await actor.press("send");
  await actor.at("done");
}
