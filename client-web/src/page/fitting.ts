/** What is written, fitted to another card that came meanwhile. */

import type { VerifiedCard } from "../formats/card.ts";
import { type FieldKind, fieldsOf } from "../formats/form.ts";
import { kindsOf } from "./files.ts";
import type { State } from "./state.ts";

/**
 * Returns the state with the answers, desks and kinds of evidence that exist on the card.
 *
 * An answer stays when its question still takes that kind of answer; the review names what no longer fits within it.
 */
export function fitting(state: State, card: VerifiedCard): State {
  if (state.card === undefined || state.card.hash === card.hash) return state;
  const { form, desks } = card.card;
  const before = new Map(fieldsOf(state.card.card.form).map(({ id, kind }) => [id, nameOf(kind)]));
  const kept = fieldsOf(form).filter(({ id, kind }) => before.get(id) === nameOf(kind));
  const drafts = Object.fromEntries(
    kept.flatMap(({ id }) => {
      const draft = state.writing.drafts[id];
      return draft === undefined ? [] : [[id, draft]];
    }),
  );
  const leftOut = state.writing.leftOut.filter((id) => desks.some((desk) => desk.id === id));
  const kinds = kindsOf(form).map((kind) => kind.id);
  const files = state.writing.files.map((file) => (kinds.includes(file.kind) ? file : { ...file, kind: "" }));
  return { ...state, writing: { ...state.writing, drafts, leftOut, files, step: 0 } };
}

function nameOf(kind: FieldKind): string {
  return typeof kind === "string" ? kind : (Object.keys(kind)[0] ?? "");
}
