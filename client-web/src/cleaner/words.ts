/** What a cleaner may find in a file; the same words as in the Rust crate. */
export type Trace =
  | "location"
  | "time"
  | "device"
  | "author"
  | "software"
  | "caption"
  | "thumbnail"
  | "history"
  | "identifier"
  | "other";

/** Why a file could not be cleaned. */
export type Reason = "unknown-format" | "encrypted" | "damaged" | "too-large" | "unsupported";

/** What became of a file. `traces` of a refused file are those known so far. */
export type Cleaned =
  | { readonly outcome: "cleaned"; readonly blob: Blob; readonly extension: string; readonly traces: Trace[] }
  | { readonly outcome: "untouched"; readonly blob: Blob; readonly extension: string; readonly traces: [] }
  | {
      readonly outcome: "refused";
      readonly reason: Reason;
      readonly extension: string;
      readonly traces: Trace[];
    };

/** Ends the cleaning of a file; the message is the reason, never words of the file. */
export class Unclean extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Ends the cleaning of a file that contradicts its own format. */
export function damaged(): never {
  throw new Unclean("damaged");
}

/** Ends the cleaning unless a condition of the format holds. */
export function demand(condition: boolean): asserts condition {
  if (!condition) damaged();
}
