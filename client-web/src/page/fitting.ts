/** What is written, fitted to another card that came meanwhile. */

import { checkAnswers } from "../formats/answers.ts";
import type { VerifiedCard } from "../formats/card.ts";
import { answersOf, type Drafts } from "./draft.ts";
import { kindsOf } from "./files.ts";
import type { State } from "./state.ts";

/** Returns the state with drafts, desks and kinds of evidence that exist on the card. */
export function fitting(state: State, card: VerifiedCard): State {
  if (state.card === undefined || state.card.hash === card.hash) return state;
  const { form, desks } = card.card;
  const drafts: Drafts = {};
  for (const [field, draft] of Object.entries(state.writing.drafts)) {
    try {
      checkAnswers(form, answersOf(form, { [field]: draft }), false);
      drafts[field] = draft;
    } catch {
      // The form asks something else there now: the review names the gap.
    }
  }
  const leftOut = state.writing.leftOut.filter((id) => desks.some((desk) => desk.id === id));
  const kinds = kindsOf(form).map((kind) => kind.id);
  const files = state.writing.files.map((file) => (kinds.includes(file.kind) ? file : { ...file, kind: "" }));
  return { ...state, writing: { ...state.writing, drafts, leftOut, files, step: 0 } };
}
