/** The letters of a thread: one in every edition, at a place that only the thread and its desks can compute. */

import type { DeskEntry, VerifiedCard } from "../formats/card.ts";
import { Refusal } from "../formats/refusal.ts";
import { type Letter, openLetter } from "../sealing/letter.ts";
import type { ThreadKeys } from "../sealing/schedule.ts";
import type { Box, DeskState } from "./visit.ts";

/** What one desk's edition holds for a thread. */
export interface DeskInbox {
  desk: DeskEntry;
  /** `none`: no letter is there, for one of three reasons that nobody can tell apart. */
  found: "letter" | "none" | "refused";
  letter?: Letter;
  /** Why nothing can be shown; or, beside a letter, why the desk cannot be written to. */
  refusal?: Refusal;
}

/** Looks for the thread's letter in every edition. */
export async function readInbox(box: Box, keys: ThreadKeys): Promise<DeskInbox[]> {
  const inboxes: DeskInbox[] = [];
  for (const state of box.desks) inboxes.push(await readDesk(state, box.card.card.agency, keys));
  return inboxes;
}

async function readDesk(state: DeskState, agency: string, keys: ThreadKeys): Promise<DeskInbox> {
  const { desk, header, body } = state;
  const refusal = state.refusal === undefined ? {} : { refusal: state.refusal };
  if (header === undefined || body === undefined) return { desk, found: "refused", ...refusal };
  try {
    const letter = await openLetter(body, header, agency, keys);
    return letter === undefined
      ? { desk, found: "none", ...refusal }
      : { desk, found: "letter", letter, ...refusal };
  } catch (error) {
    // Nothing of a letter is shown that opens but does not belong here.
    if (!(error instanceof Refusal)) throw error;
    return { desk, found: "refused", refusal: new Refusal(error.code, { desk: desk.id }) };
  }
}

/**
 * Returns where a later message goes: the desks that every letter names.
 *
 * Returns `undefined` when there is no letter, no desk that all of them name, or one that is no longer on the card: then
 * the reporter is asked, since nothing is widened or narrowed silently.
 */
export function followUpDesks(inboxes: DeskInbox[], card: VerifiedCard): string[] | undefined {
  const lists = inboxes.flatMap((inbox) => (inbox.letter === undefined ? [] : [inbox.letter.to]));
  const common = lists.reduce<string[] | undefined>(
    (all, next) => (all === undefined ? next : all.filter((desk) => next.includes(desk))),
    undefined,
  );
  const known = new Set(card.card.desks.map((desk) => desk.id));
  return common !== undefined && common.length > 0 && common.every((desk) => known.has(desk))
    ? common
    : undefined;
}
