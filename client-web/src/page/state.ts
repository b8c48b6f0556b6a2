/** Everything the page knows, in memory only, and the ways from one screen to the next. */

import type { VerifiedCard } from "../formats/card.ts";
import { type Field, type Form, fieldsOf, type YesNo } from "../formats/form.ts";
import type { RefusalCode } from "../formats/refusal.ts";
import type { DeskInbox } from "../visit/inbox.ts";
import type { Box } from "../visit/visit.ts";
import type { DeviceProblem } from "./device.ts";
import type { Drafts, FieldDraft } from "./draft.ts";
import type { FileDraft } from "./files.ts";
import { last } from "./last.ts";
import type { Language } from "./texts.ts";

/** The screens. `form` is shown as `evidence` or `secret` when its question is of that kind. */
export type Screen =
  | "checking"
  | "device"
  | "stopped"
  | "home"
  | "before"
  | "self-check"
  | "desks"
  | "form"
  | "review"
  | "sending"
  | "receipt"
  | "retype"
  | "done"
  | "return"
  | "inbox"
  | "letter"
  | "reply"
  | "evidence-more"
  | "close"
  | "closed"
  | "key"
  | "help"
  | "offline"
  | "exit-warning"
  | "idle"
  | "gone";

/** What is being written. */
export type Kind = "report" | "follow-up" | "close";

/** Why the page stopped. */
export interface Stop {
  reason: RefusalCode | "unfilled" | "no-match" | "wiped" | "page-failed";
  desk?: string;
  /** Whether trying again can help. */
  retry: boolean;
}

/** A message being written: a report, or something later. */
export interface Writing {
  kind: Kind;
  /** Answers to the self-check. They stay on the page. */
  checks: Record<string, YesNo>;
  /** Desks that must not read this. */
  leftOut: string[];
  /** Whether somebody has decided who reads this. */
  desksChosen: boolean;
  /** Which question of the form is shown. */
  step: number;
  /** Whether the review was reached: changes go back there. */
  reviewed: boolean;
  drafts: Drafts;
  files: FileDraft[];
  message: string;
  /** Answers to what a desk still asks, question beside answer. */
  replies: { question: string; answer: string }[];
}

/** How far the sending is. */
export interface Sending {
  stage: "opening" | "locking" | "sending" | "confirming" | "waiting" | "paused" | "failed";
  sent: number;
  total: number;
  /** Seconds that the rest takes, as far as that can be said. */
  left?: number | undefined;
  retryIn?: number;
  /** Ends the waiting. */
  retryNow?: () => void;
  stop?: Stop;
}

/** What was sent. */
export interface Sent {
  kind: Kind;
  messageId: string;
  /** For a visit without network: the locked file, to be saved. */
  file?: Blob;
}

/** The state of the page. */
export interface State {
  language: Language;
  screen: Screen;
  /** Where "back" leads. */
  behind: Screen[];
  agency: string;
  saved: boolean;
  device?: DeviceProblem | undefined;
  card?: VerifiedCard | undefined;
  box?: Box | undefined;
  /** Whether the visit has its decoy at hand. */
  ready?: boolean | undefined;
  /** Whether documents are being fetched. */
  opening: boolean;
  stop?: Stop | undefined;
  writing: Writing;
  sending?: Sending | undefined;
  sent?: Sent | undefined;
  /** The groups of the new receipt, until it is confirmed. */
  groups?: string[] | undefined;
  /** Which two groups are asked for. */
  asked: [number, number];
  inboxes?: DeskInbox[] | undefined;
  /** The message that is open. */
  open?: { desk: string; index: number } | undefined;
  /** Whether another form came while somebody wrote. */
  changed?: boolean | undefined;
  /** The screen that the question about idling stands before. */
  interrupted?: Screen | undefined;
}

/** Returns the state of a fresh page. */
export function initial(agency: string, saved: boolean, language: Language): State {
  return {
    language,
    screen: "checking",
    behind: [],
    agency,
    saved,
    opening: false,
    writing: blank("report"),
    asked: [1, 2],
  };
}

/** Returns an empty message. */
export function blank(kind: Kind): Writing {
  return {
    kind,
    checks: {},
    leftOut: [],
    desksChosen: false,
    step: 0,
    reviewed: false,
    drafts: {},
    files: [],
    message: "",
    replies: [],
  };
}

/** Screens to which "back" never leads. */
const passing: Screen[] = ["checking", "sending", "idle", "exit-warning", "stopped"];

/** Screens without a way back: what is behind them is done, or they have buttons of their own for it. */
const walled: Screen[] = [
  "sending",
  "receipt",
  "retype",
  "done",
  "closed",
  "idle",
  "exit-warning",
  "stopped",
];

/** Goes to a screen; "back" leads to where we were. */
export function go(state: State, screen: Screen): State {
  const behind = passing.includes(state.screen) ? state.behind : [...state.behind, state.screen];
  return { ...state, screen, behind };
}

/** Goes to a screen from which there is no way back. */
export function leap(state: State, screen: Screen): State {
  return { ...state, screen, behind: [] };
}

/** Goes back: to the question before, or to the screen before. */
export function back(state: State): State {
  const { step, reviewed } = state.writing;
  if (state.screen === "form" && !reviewed && step > 0) return atStep(state, step - 1);
  const screen = last(state.behind);
  return screen === undefined ? state : { ...state, screen, behind: state.behind.slice(0, -1) };
}

/** Returns whether "back" leads anywhere. */
export function canBack(state: State): boolean {
  if (state.screen === "form" && !state.writing.reviewed && state.writing.step > 0) return true;
  return state.behind.length > 0 && !walled.includes(state.screen);
}

/** Leaves the self-check: to the choice of desks unless a plain "no" makes it needless. */
export function afterChecks(state: State): State {
  const form = state.card?.card.form;
  if (state.card === undefined || form === undefined) return state;
  const conflict = form.self_check.find((check) => check.conflict === true);
  const plainNo = conflict !== undefined && state.writing.checks[conflict.id] === "no";
  const needless = state.card.card.desks.length === 1 || plainNo;
  return go(state, needless ? "form" : "desks");
}

/** Goes to the next question, or to the review after the last and after a change. */
export function nextStep(state: State): State {
  const count = state.card === undefined ? 0 : fieldsOf(state.card.card.form).length;
  const { step, reviewed } = state.writing;
  if (reviewed || step + 1 >= count) {
    const behind = reviewed
      ? state.behind.filter((screen) => screen !== "review")
      : [...state.behind, "form" as const];
    return { ...state, screen: "review", behind, writing: { ...state.writing, reviewed: true } };
  }
  return atStep(state, step + 1);
}

/** Shows one question, to change its answer. */
export function change(state: State, step: number): State {
  return atStep(go(state, "form"), step);
}

/** Returns the question on the screen. */
export function fieldAt(state: State): Field | undefined {
  return state.card === undefined ? undefined : fieldsOf(state.card.card.form)[state.writing.step];
}

/** Returns the section of a question, and its place among all sections. */
export function sectionOf(
  form: Form,
  field: Field,
): { number: number; count: number; title: Form["sections"][number]["title"] | undefined } {
  const place = form.sections.findIndex((section) => section.fields.includes(field));
  return { number: place + 1, count: form.sections.length, title: form.sections[place]?.title };
}

/** Returns the name of what is on the screen. */
export function screenName(state: State): string {
  const field = state.screen === "form" ? fieldAt(state) : undefined;
  if (typeof field?.kind === "object" && "evidence" in field.kind) return "evidence";
  return field?.role === "never_reveal" ? "secret" : state.screen;
}

/** Changes what is being written. */
export function write(state: State, changes: Partial<Writing>): State {
  return { ...state, writing: { ...state.writing, ...changes } };
}

/** Changes what is typed for one question. */
export function type(state: State, field: string, draft: FieldDraft): State {
  return write(state, { drafts: { ...state.writing.drafts, [field]: draft } });
}

/** Returns the desks that may read what is being written. */
export function readers(state: State): string[] {
  const desks = state.card?.card.desks ?? [];
  return desks.map((desk) => desk.id).filter((id) => !state.writing.leftOut.includes(id));
}

/** Returns whether a report is begun: another thread would take its place. */
export function isBegun({ writing }: State): boolean {
  return writing.kind === "report" && (Object.keys(writing.drafts).length > 0 || writing.files.length > 0);
}

/** Returns whether leaving now would lose something that exists nowhere else: a running upload, an unconfirmed receipt. */
export function isAtRisk(state: State): boolean {
  const runs = state.screen === "sending" && state.sending !== undefined && state.sending.stage !== "failed";
  return runs || state.groups !== undefined;
}

/** Takes a message off the screen and out of memory. */
export function forget(state: State, desk: string, index: number): State {
  const inboxes = state.inboxes?.map((inbox) => {
    if (inbox.desk.id !== desk || inbox.letter === undefined) return inbox;
    const messages = inbox.letter.messages.filter((_, place) => place !== index);
    return { ...inbox, letter: { ...inbox.letter, messages } };
  });
  return { ...state, inboxes, open: undefined };
}

function atStep(state: State, step: number): State {
  return { ...state, screen: "form", writing: { ...state.writing, step } };
}
