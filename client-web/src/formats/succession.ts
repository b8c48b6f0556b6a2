/**
 * Root succession: how the set of root keys grows and changes while the agency id stays.
 *
 * The agency id pins the first root key only. Every further root key enters by a succession note that carries two
 * signatures: one by a root key valid before, one by another key valid after.
 */

import { utf8 } from "./bytes.ts";
import { type Day, isDay } from "./day.ts";
import { agencyOfRoot } from "./ids.ts";
import { type Codec, count, fromJson, list, record, textOf } from "./json.ts";
import { verifyKey } from "./keys.ts";
import { Note } from "./note.ts";
import { FormatError } from "./refusal.ts";

/** The longest succession note, in bytes. */
export const MAX_SUCCESSION = 4 * 1024;
/** The most succession notes in a card bundle. */
export const MAX_SUCCESSIONS = 32;
/** The most root keys at one time. */
export const MAX_ROOTS = 4;

interface Succession {
  number: number;
  issued: Day;
  roots: string[];
}

const succession: Codec<Succession> = record<Succession>({
  number: count,
  issued: textOf(isDay),
  roots: list(verifyKey),
});

/** The root keys of an agency, established by its chain of succession notes. */
export interface Roots {
  /** The root keys that are valid now. */
  current: readonly string[];
  /** The root keys that were valid before the last note. */
  previous: readonly string[];
}

/**
 * Follows the chain of notes from the key that `agency` pins. `named` are keys among which to find the first root
 * when there are no notes yet: those on the card.
 */
export function followRoots(agency: string, notes: readonly Uint8Array[], named: readonly string[]): Roots {
  if (notes.length > MAX_SUCCESSIONS) throw new FormatError("too many succession notes");
  let roots: Roots | undefined;
  for (const [index, bytes] of notes.entries()) {
    const note = new Note(bytes, MAX_SUCCESSION, "bisik/succession/1", agency);
    const content = fromJson(utf8(note.content), MAX_SUCCESSION, succession);
    const unique = new Set(content.roots).size === content.roots.length;
    if (content.roots.length < 1 || content.roots.length > MAX_ROOTS || !unique) {
      throw new FormatError("none, too many or repeated root keys");
    }
    const before = roots ?? firstRoots(agency, content.roots);
    if (content.number !== index + 1) throw new FormatError("the succession has a gap");
    note.verifyTwo(before.current, content.roots);
    roots = { current: content.roots, previous: before.current };
  }
  return roots ?? firstRoots(agency, named);
}

function firstRoots(agency: string, named: readonly string[]): Roots {
  const first = named.find((key) => agencyOfRoot(key) === agency);
  if (first === undefined) throw new FormatError("the root keys do not begin with the pinned one");
  return { current: [first], previous: [] };
}
