/** Coming back to a thread: reading its inbox, and what is written later. */

import { parseReceipt } from "../sealing/receipt.ts";
import { followUpDesks, readInbox } from "../visit/inbox.ts";
import type { App } from "./app.ts";
import { cleanText } from "./draft.ts";
import { oneLine } from "./foreign.ts";
import { ensureVisit, stopOf } from "./opening.ts";
import { blank, go, leap, type Stop, type Writing, write } from "./state.ts";

/** Opens the inbox of a typed receipt; returns why that is not possible. */
export async function openInbox(app: App, typed: string): Promise<Stop | undefined> {
  try {
    const keys = app.useReceipt(parseReceipt(typed, app.state.agency));
    const { box } = await ensureVisit(app);
    const inboxes = await readInbox(box, keys);
    if (app.over) return undefined;
    app.change((state) => ({
      ...leap(state, "inbox"),
      behind: ["home"],
      inboxes,
      writing: blank("follow-up"),
    }));
    return undefined;
  } catch (error) {
    return stopOf(error);
  }
}

/** Begins a later message, to the desks that the letters name; if they name none, the reporter chooses. */
export function beginLater(app: App, screen: "reply" | "evidence-more" | "close"): void {
  const { card, inboxes = [] } = app.state;
  const desks = card === undefined ? [] : card.card.desks.map(({ id }) => id);
  const to = card === undefined ? undefined : followUpDesks(inboxes, card);
  const questions = screen === "reply" ? inboxes.flatMap(({ letter }) => letter?.questions ?? []) : [];
  const changes: Writing = {
    ...blank(screen === "close" ? "close" : "follow-up"),
    leftOut: desks.filter((id) => to === undefined || !to.includes(id)),
    desksChosen: to !== undefined,
    replies: questions.map((question) => ({ question, answer: "" })),
  };
  app.change((state) => go(write(state, changes), screen));
}

/** Returns what a later message says: answers to questions, each below its question, then the free text. */
export function laterText({ replies, message }: Writing): string {
  const answered = replies.filter(({ answer }) => cleanText(answer) !== "");
  const parts = answered.map(({ question, answer }) => `> ${oneLine(question)}\n${cleanText(answer)}`);
  return [...parts, cleanText(message)].filter((part) => part !== "").join("\n\n");
}
