/**
 * Refusals: everything that can go wrong between a reporter and a desk, by a stable code.
 *
 * The message of a refusal is its code, never foreign text, so that nothing a server, a file or a person wrote can
 * reach a screen through an error.
 */

/** What is refused. Each code has a text and an advice in the message files. */
export type RefusalCode =
  | "card-invalid"
  | "card-foreign"
  | "card-not-yet"
  | "card-expired"
  | "card-rolled-back"
  | "edition-missing"
  | "edition-invalid"
  | "edition-clock"
  | "edition-unread"
  | "edition-body"
  | "letter-invalid"
  | "receipt-length"
  | "receipt-symbol"
  | "receipt-check"
  | "network-lost"
  | "server-odd"
  | "server-not-found"
  | "server-busy"
  | "server-full"
  | "server-too-large"
  | "server-shape"
  | "server-desks"
  | "server-no-card"
  | "server-failed"
  | "server-pow"
  | "pow-too-hard"
  | "upload-gone"
  | "file-empty"
  | "file-changed"
  | "file-too-large"
  | "report-too-large"
  | "too-many-files"
  | "out-of-memory"
  | "no-desk"
  | "desk-refused"
  | "text-too-long";

/** What a refusal is about, beside its code. */
export interface RefusalDetails {
  /** The desk it concerns. */
  desk?: string;
  /** Seconds after which a server wants to be asked again. */
  retryAfter?: number;
}

/** Something is refused, for the reason that the code names. */
export class Refusal extends Error {
  /** The reason. */
  readonly code: RefusalCode;
  /** The desk it concerns. */
  readonly desk?: string;
  /** Seconds after which a server wants to be asked again. */
  readonly retryAfter?: number;

  constructor(code: RefusalCode, details: RefusalDetails = {}) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    if (details.desk !== undefined) this.desk = details.desk;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/**
 * A document breaks a rule of its format. Whoever reads the document turns this into the refusal that tells which
 * document it was; the rule is for the one who tests.
 */
export class FormatError extends Error {
  constructor(rule: string) {
    super(rule);
    this.name = "FormatError";
  }
}

/** Runs `read` and turns a broken rule into a refusal. */
export function refuseAs<T>(code: RefusalCode, details: RefusalDetails, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FormatError ? new Refusal(code, details) : error;
  }
}
