/** Words that may show who the reporter is. Found on this device, told to nobody but the reporter. */

/** What a text seems to hold: an identity number, a telephone number, an e-mail address, the writer's own name or position. */
export type Hint = "identity-number" | "phone" | "email" | "oneself";

/** Phrases by which people speak of themselves, in lower case with single spaces. */
const oneself = [
  "saya selaku",
  "saya sebagai",
  "saya adalah",
  "jabatan saya",
  "nama saya",
  "nomor saya",
  "atasan saya",
  "bawahan saya",
  "saya menjabat",
  "my name is",
  "my position",
  "my boss",
  "in my capacity",
];

/** Returns what a text seems to hold, each once, in a fixed order. */
export function hints(text: string): Hint[] {
  const runs = digitRuns(text);
  const words = text.split(/\s+/u);
  const spoken = words.join(" ").toLowerCase();
  const found: [Hint, boolean][] = [
    ["identity-number", runs.some((run) => run.length === 16 && !run.startsWith("+"))],
    ["phone", runs.some(isPhone)],
    ["email", words.some((word) => word.includes("@") && isEmail(word))],
    ["oneself", oneself.some((phrase) => spoken.includes(phrase))],
  ];
  return found.filter(([, holds]) => holds).map(([hint]) => hint);
}

/** Returns the runs of digits, with single spaces, dots and dashes between them taken out. */
function digitRuns(text: string): string[] {
  return (text.match(/\+?[0-9](?:[ .-]?[0-9])*/g) ?? []).map((run) => run.replace(/[ .-]/g, ""));
}

/** Indonesian numbers: 08…, 628…, +628…, of ten to fourteen digits. */
function isPhone(run: string): boolean {
  const digits = run.replace("+", "");
  return digits.length >= 10 && digits.length <= 14 && /^(?:08|628)/.test(digits);
}

function isEmail(word: string): boolean {
  const [name, host, ...rest] = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").split("@");
  return Boolean(name) && rest.length === 0 && /^[^.]+\..{2,}$/u.test(host ?? "");
}
