/**
 * C2SP signed notes, the envelope of every public document (<https://c2sp.org/signed-note>).
 *
 * The text is: type, agency, desk (or `-`), one content; each ends with LF. Then an empty line and the signature
 * lines. What is signed and hashed is the text with its last LF, never the signatures.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import { concat, equal, utf8, utf8Text } from "./bytes.ts";
import { digest, isAgencyId, isDeskId, unhex } from "./ids.ts";
import { verify } from "./keys.ts";
import { FormatError } from "./refusal.ts";

/** The types of notes that a reporter reads, with the role that signs each. */
const ROLES = { "bisik/card/1": "root", "bisik/succession/1": "root", "bisik/edition/1": "desk" } as const;

/** The type of a note, its first line. */
export type NoteType = keyof typeof ROLES;

/** The most signature lines any note has. */
const MAX_SIGNATURES = 2;

/** A well-formed note of the wrong agency, which deserves another message than a broken one. */
export class ForeignNote extends FormatError {
  constructor() {
    super("the note is of another agency");
  }
}

interface SignatureLine {
  name: string;
  keyId: Uint8Array;
  signature: Uint8Array;
}

/** A well-formed note whose signatures are not yet checked against keys. */
export class Note {
  /** What follows the third line, without the last LF. */
  readonly content: string;
  /** The desk on the third line; `undefined` for notes of the root. */
  readonly desk: string | undefined;
  /** SHA-256 of the text, the hash by which other documents name this one. */
  readonly hash: string;
  readonly #signed: Uint8Array;
  readonly #keyName: string;
  readonly #signatures: readonly SignatureLine[];

  /** Reads a note of at most `max` bytes and of the given type and agency. */
  constructor(bytes: Uint8Array, max: number, type: NoteType, agency: string) {
    if (bytes.length > max) throw new FormatError("the note is too long");
    const { text, lines, signatures } = split(utf8Text(bytes));
    const [first, second = "", third = "", content] = lines;
    if (first !== type) throw new FormatError("the note is of another type");
    if (!isAgencyId(second)) throw new FormatError("the note is of no agency");
    if (second !== agency) throw new ForeignNote();
    this.content = content;
    this.desk = third === "-" ? undefined : third;
    const ofRoot = ROLES[type] === "root";
    if (ofRoot !== (third === "-") || !(ofRoot || isDeskId(third))) throw new FormatError("wrong desk");
    this.#signed = utf8(text);
    this.hash = digest(this.#signed);
    this.#keyName = `${agency}/${this.desk ?? "root"}`;
    this.#signatures = parseSignatures(signatures);
  }

  /** How many signature lines the note carries. */
  get signatureCount(): number {
    return this.#signatures.length;
  }

  /** Checks that the note has exactly one signature line, by one of `keys`; returns that key. */
  verifyOne(keys: readonly string[]): string {
    const [line, ...more] = this.#signatures;
    const key = line === undefined || more.length > 0 ? undefined : this.#signer(line, keys);
    if (key === undefined) throw new FormatError("the note is not signed by a known key");
    return key;
  }

  /**
   * Checks that the note has exactly two signature lines: one by a key of `first`, the other by another key, of
   * `second`. The order of the lines does not count.
   */
  verifyTwo(first: readonly string[], second: readonly string[]): void {
    const [one, other] = this.#signatures;
    const holds = (a: SignatureLine, b: SignatureLine) => {
      const [old, young] = [this.#signer(a, first), this.#signer(b, second)];
      return old !== undefined && young !== undefined && old !== young;
    };
    if (one === undefined || other === undefined || !(holds(one, other) || holds(other, one))) {
      throw new FormatError("the note is not signed by two known keys");
    }
  }

  #signer(line: SignatureLine, keys: readonly string[]): string | undefined {
    if (line.name !== this.#keyName) return undefined;
    const named = keys.filter((key) => equal(keyId(line.name, key), line.keyId));
    return named.find((key) => verify(key, this.#signed, line.signature));
  }
}

/** Returns the desk that a note names, before anything of it is believed: to say whose note is refused. */
export function namedDesk(bytes: Uint8Array): string | undefined {
  const third = new TextDecoder().decode(bytes.subarray(0, 128)).split("\n")[2];
  return third !== undefined && isDeskId(third) ? third : undefined;
}

interface Parts {
  text: string;
  lines: [string, string, string, string];
  signatures: string;
}

/** Splits at the last empty line, and the text into three lines and the content. */
function split(whole: string): Parts {
  const border = whole.lastIndexOf("\n\n");
  const text = whole.slice(0, border + 1);
  const [first, second, third, ...rest] = text.split("\n");
  const content = rest.join("\n");
  // The content still ends with its LF here.
  if (border < 0 || first === undefined || second === undefined || third === undefined || content === "") {
    throw new FormatError("the note is malformed");
  }
  if (/[\r\0]/.test(whole)) throw new FormatError("the note has a foreign character");
  return { text, lines: [first, second, third, content.slice(0, -1)], signatures: whole.slice(border + 2) };
}

/** Reads the lines `— name base64(key id || signature)`, each ended by LF. */
function parseSignatures(block: string): SignatureLine[] {
  const lines = block.split("\n");
  if (lines.pop() !== "" || lines.length === 0) throw new FormatError("the signatures are malformed");
  if (lines.length > MAX_SIGNATURES) throw new FormatError("too many signatures");
  return lines.map((line) => {
    const [dash, name, blob, ...more] = line.split(" ");
    if (dash !== "\u2014" || name === undefined || blob === undefined || more.length > 0) {
      throw new FormatError("a signature line is malformed");
    }
    const bytes = decodeBase64(blob);
    return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
}

function decodeBase64(blob: string): Uint8Array {
  // 68 bytes are 91 symbols and one sign of padding.
  if (!/^[A-Za-z0-9+/]{91}=$/.test(blob)) throw new FormatError("a signature is malformed");
  try {
    return base64.decode(blob);
  } catch {
    throw new FormatError("a signature is malformed");
  }
}

/** Returns the C2SP key id of an Ed25519 key (signature type 0x01). */
function keyId(name: string, key: string): Uint8Array {
  return sha256(concat(utf8(`${name}\n`), Uint8Array.of(1), unhex(key))).subarray(0, 4);
}
