/** From what is written to what is stored: compose, lock, send, keep the receipt. */

import type { VerifiedHeader } from "../formats/edition.ts";
import { Refusal } from "../formats/refusal.ts";
import { type Message, prepareReport, type Sealing, seenOf } from "../sealing/report.ts";
import { sealToFile } from "../visit/offline.ts";
import type { Progress, Visit } from "../visit/send.ts";
import type { Box } from "../visit/visit.ts";
import { type App, random } from "./app.ts";
import { answersOf } from "./draft.ts";
import { evidenceOf } from "./files.ts";
import { last } from "./last.ts";
import { laterText } from "./later.ts";
import { ensureVisit, stopOf } from "./opening.ts";
import { Pace } from "./pace.ts";
import { blank, go, leap, readers, type State } from "./state.ts";
import { type Screens, stayAwake } from "./wake.ts";

/** Returns the message as it is written now. `seen` tells the desks which editions the reporter knows. */
export function messageOf(state: State, box: Box | undefined): Message {
  const { writing, language } = state;
  const form = state.card?.card.form;
  return {
    kind: writing.kind,
    to: readers(state),
    seen: seenOf(headersOf(box)),
    language,
    answers: writing.kind === "report" && form !== undefined ? answersOf(form, writing.drafts) : [],
    message: laterText(writing),
    evidence: evidenceOf(writing.files),
  };
}

/** Locks and sends what is written, or goes on with it. */
export function send(app: App): Promise<void> {
  const abort = new AbortController();
  app.abort = abort;
  app.change((state) => ({
    ...(state.screen === "sending" ? state : go(state, "sending")),
    sending: { stage: "opening", sent: state.sending?.sent ?? 0, total: state.sending?.total ?? 0 },
  }));
  // What was stopped a moment ago may still be at work on the same message.
  app.attempt = app.attempt.then(() => attempt(app, abort));
  return app.attempt;
}

async function attempt(app: App, abort: AbortController): Promise<void> {
  if (abort.signal.aborted) return;
  const sleep = stayAwake((navigator as { wakeLock?: Screens }).wakeLock, document);
  try {
    const before = app.state.card?.hash;
    const visit = await ensureVisit(app);
    if (abort.signal.aborted) return;
    if (app.state.card?.hash !== before && app.state.writing.kind === "report") {
      app.change((state) => ({ ...leap(state, "review"), sending: undefined, changed: true }));
      return;
    }
    refuseDesks(app.state, visit.box);
    const sealing = sealingFor(app, visit);
    const pace = new Pace(() => performance.now());
    const progress = (step: Progress) => {
      if (!abort.signal.aborted) app.change({ sending: { ...step, left: pace.left(step) } });
    };
    if (app.state.saved) {
      const file = await sealToFile(sealing, progress);
      if (!abort.signal.aborted) finish(app, sealing, file);
      return;
    }
    await visit.send(sealing, progress, abort.signal);
    app.used = true;
    finish(app, sealing);
  } catch (error) {
    if (!abort.signal.aborted) fail(app, error);
  } finally {
    sleep();
  }
}

/** Stops sending for a while; what has arrived stays at the server. */
export function pause(app: App): void {
  app.abort?.abort();
  app.change(({ sending }) => {
    const { sent, total } = sending ?? { sent: 0, total: 0 };
    return { ...app.state, sending: { stage: "paused", sent, total } };
  });
}

/** Goes on after a refusal; with a whole new visit if this one cannot carry the message. */
export function resume(app: App): Promise<void> {
  const reason = app.state.sending?.stop?.reason ?? "page-failed";
  if (["desk-refused", "edition-invalid", "server-desks", "upload-gone"].includes(reason))
    app.running = undefined;
  if (["desk-refused", "edition-invalid", "server-desks"].includes(reason)) {
    app.visit?.leave();
    app.used = true;
  }
  return send(app);
}

/** Stops sending and goes back to what is written. What has arrived goes, unless sending failed: then it may go on. */
export function cancel(app: App): void {
  app.abort?.abort();
  app.abort = undefined;
  if (app.state.sending?.stage !== "failed") app.visit?.giveUp();
  app.change((state) => ({
    ...state,
    screen: last(state.behind) ?? "home",
    behind: state.behind.slice(0, -1),
    sending: undefined,
  }));
}

/** Returns the sealing that was begun for exactly this, so that it goes on; else a new one. */
function sealingFor(app: App, visit: Visit): Sealing {
  const { writing } = app.state;
  const { running } = app;
  if (running?.visit === visit && running.writing === writing) return running.sealing;
  const message = messageOf(app.state, visit.box);
  const keys = writing.kind === "report" ? app.newKeys() : app.keys;
  if (keys === undefined) throw new Error("a later message has the keys of its thread");
  const sealing = prepareReport(message, visit.box.card, headersOf(visit.box), keys, random);
  app.running = { visit, sealing, writing };
  return sealing;
}

function headersOf(box: Box | undefined): VerifiedHeader[] {
  return (box?.desks ?? []).flatMap(({ header }) => (header === undefined ? [] : [header]));
}

/** A desk that cannot be written to is named; it is never left out silently. */
function refuseDesks(state: State, box: Box): void {
  const to = readers(state);
  if (to.length === 0) throw new Refusal("no-desk");
  const refused = box.desks.find(({ desk, refusal }) => refusal !== undefined && to.includes(desk.id));
  if (refused !== undefined) throw new Refusal("desk-refused", { desk: refused.desk.id });
}

function finish(app: App, sealing: Sealing, file?: Blob): void {
  app.running = undefined;
  const { kind } = app.state.writing;
  const sent = { kind, messageId: sealing.messageId() };
  const groups = kind === "report" ? app.receipt?.groups() : undefined;
  app.change((state) => ({
    ...leap(state, file === undefined ? afterSending(kind) : "sending"),
    sending: undefined,
    sent: file === undefined ? sent : { ...sent, file },
    groups,
    asked: twoOf(7),
    inboxes: undefined,
    writing: blank("report"),
  }));
  if (kind !== "report") app.forgetKeys();
}

/** Returns the screen that follows when a message is stored, or its file is saved. */
export function afterSending(kind: State["writing"]["kind"]): "receipt" | "closed" | "done" {
  if (kind === "report") return "receipt";
  return kind === "close" ? "closed" : "done";
}

function fail(app: App, error: unknown): void {
  const stop = stopOf(error);
  app.change((state) => ({ ...state, sending: { stage: "failed", sent: 0, total: 0, stop } }));
}

/** Draws two different numbers from 1 to `count`, in rising order. */
function twoOf(count: number): [number, number] {
  const [a = 0, b = 0] = random(2);
  const first = a % count;
  const second = (first + 1 + (b % (count - 1))) % count;
  return [Math.min(first, second) + 1, Math.max(first, second) + 1];
}
