/** The page at work: its state, the keys of the thread, the visit; and what empties all of them. */

import { newReceipt, type Receipt } from "../sealing/receipt.ts";
import type { Sealing } from "../sealing/report.ts";
import { type ThreadKeys, threadKeys } from "../sealing/schedule.ts";
import { Network } from "../visit/network.ts";
import type { Visit } from "../visit/send.ts";
import { back, blank, go, initial, leap, type Screen, type State, type Stop, type Writing } from "./state.ts";
import { type Language, setLanguage } from "./texts.ts";

/** Random bytes from the browser; it gives at most 65,536 at once. */
export function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

/** What the screens work with. */
export class App {
  #state: State;
  #show: (app: App) => void;
  /** The receipt of a new thread, from the first question until it is confirmed. */
  receipt: Receipt | undefined;
  /** The keys of the thread at hand. */
  keys: ThreadKeys | undefined;
  /** The visit at hand; a message or decoy ends it. */
  visit: Visit | undefined;
  /** The fetching that runs. */
  opening: Promise<Visit> | undefined;
  /** Whether everything was wiped: what still runs shows nothing more. */
  over = false;
  /** Whether the visit has carried its message. */
  used = false;
  /** The message being sent; kept so that sending goes on where it stopped. */
  running: { visit: Visit; sealing: Sealing; writing: Writing } | undefined;
  /** Stops what is being sent. */
  abort: AbortController | undefined;
  /** Done once the latest attempt to send has come to its end, also one that was stopped. */
  attempt: Promise<void> = Promise.resolve();

  constructor(agency: string, saved: boolean, language: Language, show: (app: App) => void) {
    this.#state = initial(agency, saved, language);
    this.#show = show;
  }

  get state(): State {
    return this.#state;
  }

  /** Changes the state and shows it. */
  change(changes: Partial<State> | ((state: State) => State)): void {
    this.#state = typeof changes === "function" ? changes(this.#state) : { ...this.#state, ...changes };
    setLanguage(this.#state.language);
    this.#show(this);
  }

  /** Goes to a screen. */
  go(screen: Screen): void {
    this.change((state) => go(state, screen));
  }

  /** Goes to a screen from which there is no way back. */
  leap(screen: Screen): void {
    this.change((state) => leap(state, screen));
  }

  /** Returns the way to the server this page came from. */
  network(): Network {
    const address = new URL(location.href);
    address.search = "";
    address.hash = "";
    return new Network(address);
  }

  /** Goes back. A thread that was opened is forgotten at the first screen. */
  back(): void {
    this.change(back);
    if (this.#state.screen !== "home" || this.#state.inboxes === undefined) return;
    this.forgetKeys();
    this.change({ inboxes: undefined, open: undefined, writing: blank("report") });
  }

  /** Returns the keys of the new thread, made from a new receipt if there is none yet. */
  newKeys(): ThreadKeys {
    if (this.receipt !== undefined && this.keys !== undefined) return this.keys;
    // Keys without a receipt belong to an old thread: they must never seal a new report.
    this.forgetKeys();
    this.receipt = newReceipt(this.#state.agency, random);
    this.keys = threadKeys(this.receipt, this.#state.agency);
    return this.keys;
  }

  /** Takes the keys of an old thread. */
  useReceipt(receipt: Receipt): ThreadKeys {
    this.forgetKeys();
    this.keys = threadKeys(receipt, this.#state.agency);
    receipt.wipe();
    return this.keys;
  }

  /** Overwrites receipt and keys. */
  forgetKeys(): void {
    this.receipt?.wipe();
    this.keys?.wipe();
    this.receipt = undefined;
    this.keys = undefined;
  }

  /** Ends the visit, with its decoy if nothing was sent, and forgets everything. What is on the screen goes with it. */
  wipe(stop?: Stop): void {
    this.over = true;
    this.abort?.abort();
    this.visit?.giveUp();
    this.visit?.leave();
    this.visit = undefined;
    this.opening = undefined;
    this.running = undefined;
    this.abort = undefined;
    this.forgetKeys();
    const { agency, saved, language } = this.#state;
    const screen = stop === undefined ? "gone" : "stopped";
    this.change({ ...emptied, ...initial(agency, saved, language), screen, stop });
  }
}

/** Members of the state that a fresh one does not name. */
const emptied = {
  device: undefined,
  card: undefined,
  box: undefined,
  ready: undefined,
  stop: undefined,
  sending: undefined,
  sent: undefined,
  groups: undefined,
  inboxes: undefined,
  open: undefined,
  changed: undefined,
  interrupted: undefined,
};
