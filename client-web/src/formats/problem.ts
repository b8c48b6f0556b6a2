/** Problem documents (RFC 9457): the stable codes by which a server names a refusal, and what they mean here. */

import { utf8Text } from "./bytes.ts";
import { FormatError, type RefusalCode } from "./refusal.ts";

/** Media type of problem documents. */
export const PROBLEM_TYPE = "application/problem+json";
/** The longest problem document that is read. */
export const MAX_PROBLEM = 4096;

const PREFIX = "urn:bisik:problem:";

/** What the reporter is told for each code; every other code is a server that this page does not understand. */
const REFUSALS: Readonly<Record<string, RefusalCode>> = {
  "not-found": "server-not-found",
  timeout: "network-lost",
  truncated: "network-lost",
  "report-shape": "server-shape",
  "report-length": "server-shape",
  "report-desks": "server-desks",
  "report-too-large": "server-too-large",
  "proof-of-work": "server-pow",
  busy: "server-busy",
  full: "server-full",
  "no-card": "server-no-card",
  internal: "server-failed",
};

/** Returns the code of a problem document; `undefined` if it is none. Its texts are never used. */
export function problemCode(body: Uint8Array): string | undefined {
  const type = typeOf(body);
  return type?.startsWith(PREFIX) ? type.slice(PREFIX.length) : undefined;
}

/** Returns the refusal that a code stands for. */
export function refusalOfProblem(code: string | undefined): RefusalCode {
  const known = code !== undefined && Object.hasOwn(REFUSALS, code);
  return (known ? REFUSALS[code] : undefined) ?? "server-odd";
}

function typeOf(body: Uint8Array): string | undefined {
  if (body.length > MAX_PROBLEM) return undefined;
  try {
    const document: unknown = JSON.parse(utf8Text(body));
    if (typeof document !== "object" || document === null || !("type" in document)) return undefined;
    return typeof document.type === "string" ? document.type : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FormatError) return undefined;
    throw error;
  }
}
