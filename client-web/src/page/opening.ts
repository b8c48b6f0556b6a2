/** Fetching the box of the agency, and what follows when that fails. */

import { checkCardDay, type VerifiedCard } from "../formats/card.ts";
import { dayOf } from "../formats/day.ts";
import { Refusal } from "../formats/refusal.ts";
import { readBox } from "../visit/offline.ts";
import { Visit } from "../visit/send.ts";
import { type Box, openBox } from "../visit/visit.ts";
import { type App, random } from "./app.ts";
import { fitting } from "./fitting.ts";
import { leap, type Screen, type Stop } from "./state.ts";

/** Refusals after which the same thing may succeed. */
const passing = [
  "network-lost",
  "server-odd",
  "server-busy",
  "server-full",
  "server-failed",
  "server-desks",
  "server-pow",
  "upload-gone",
  "out-of-memory",
];

/** Screens on which nothing is written yet: there the page stops when the box cannot be opened. */
const early: Screen[] = ["checking", "home", "before", "self-check", "desks", "key", "help", "return"];

/** Returns the day on this device. */
export function today(): string {
  return dayOf(Date.now());
}

/** Returns why the page stops for this error. */
export function stopOf(error: unknown): Stop {
  if (error instanceof RangeError || (error instanceof Error && error.name === "NotReadableError")) {
    return { reason: "out-of-memory", retry: true };
  }
  if (!(error instanceof Refusal)) return { reason: "page-failed", retry: true };
  const stop = { reason: error.code, retry: passing.includes(error.code) };
  return error.desk === undefined ? stop : { ...stop, desk: error.desk };
}

/** Returns the visit at hand; begins a whole new one when there is none, or it has carried its message. */
export function ensureVisit(app: App): Promise<Visit> {
  if (app.used) {
    app.visit = undefined;
    app.opening = undefined;
    app.used = false;
  }
  if (app.visit !== undefined) return Promise.resolve(app.visit);
  app.opening ??= open(app).finally(() => {
    app.opening = undefined;
  });
  return app.opening;
}

/** Fetches the box when the page opens. */
export async function begin(app: App): Promise<void> {
  try {
    await ensureVisit(app);
  } catch (error) {
    // Whoever writes already keeps what is written: sending tries again and tells.
    if (app.over || !early.includes(app.state.screen)) return;
    app.change((state) => leap({ ...state, stop: stopOf(error) }, "stopped"));
  }
}

/** Reads the box from files, for a page that was saved. */
export async function beginFromFiles(app: App, files: File[]): Promise<void> {
  app.change({ opening: true, stop: undefined });
  try {
    const box = await readBox(files, app.state.agency, today());
    take(app, box);
    app.visit = new Visit(box, app.network(), random);
    app.leap("home");
  } catch (error) {
    app.change({ stop: stopOf(error) });
  } finally {
    app.change({ opening: false });
  }
}

/** Keeps a card as soon as it came, so that reading and writing need not wait for the editions. */
function takeCard(app: App, card: VerifiedCard): void {
  checkCardDay(card, today());
  app.change((state) => ({ ...fitting(state, card), card }));
}

async function open(app: App): Promise<Visit> {
  app.change({ opening: true, ready: undefined });
  const network = app.network();
  try {
    const box = await openBox(network, app.state.agency, today, (card) => takeCard(app, card));
    if (app.over) throw new Refusal("network-lost");
    take(app, box);
    const visit = new Visit(box, network, random);
    app.visit = visit;
    // The decoy is sealed while people read; that it is late is no reason to stop.
    visit.prepareDecoy().then(
      () => app.over || app.change({ ready: true }),
      () => undefined,
    );
    return visit;
  } finally {
    app.change({ opening: false });
  }
}

/** Keeps a box, and of what is written what still fits the form on its card. */
function take(app: App, box: Box): void {
  app.change((state) => ({ ...fitting(state, box.card), card: box.card, box }));
}
