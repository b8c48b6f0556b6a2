/** The ways out: quick exit, idling, leaving. Each of them empties the page. */

import type { App } from "./app.ts";
import { isAtRisk } from "./state.ts";
import { t } from "./texts.ts";

/** Where the quick exit leads: something that anybody looks at. */
const NEUTRAL_PAGE = "https://www.bmkg.go.id/";

const MINUTE = 60_000;
/** When to ask whether somebody is there, and when to empty the page. */
const ASK_AFTER = 18 * MINUTE;
const WIPE_AFTER = 20 * MINUTE;
/** How often the time is looked at: timers of hidden pages are not kept exactly. */
const LOOK_EVERY = 10_000;
/** Within this time Shift must be pressed three times. */
const SHIFT_WITHIN = 3_000;

/** Empties the page and goes to the neutral one; "back" does not return here. */
export function quickExit(app: App): void {
  app.wipe();
  location.replace(NEUTRAL_PAGE);
}

/** Watches keys, time and leaving. */
export function watch(app: App): void {
  const presses: number[] = [];
  let active = Date.now();
  const touch = () => {
    active = Date.now();
  };
  for (const event of ["pointerdown", "keydown", "input"]) {
    addEventListener(event, touch, { capture: true, passive: true });
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") presses.length = 0;
    if (event.key !== "Shift" || event.repeat) return;
    presses.push(event.timeStamp);
    if (presses.length > 3) presses.shift();
    if (presses.length === 3 && event.timeStamp - (presses[0] ?? 0) < SHIFT_WITHIN) quickExit(app);
  });
  addEventListener("pagehide", () => app.wipe());
  // A page that comes back from the browser's memory is empty: begin again.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  addEventListener("beforeunload", (event) => {
    if (!isAtRisk(app.state)) return;
    event.preventDefault();
    event.returnValue = t("leave-warning");
  });
  setInterval(() => {
    active = look(app, active);
  }, LOOK_EVERY);
}

/** Asks or empties, as long as nobody has touched anything. Returns since when nobody has. */
function look(app: App, active: number): number {
  const { screen } = app.state;
  const busy = screen === "sending" && !["failed", "paused"].includes(app.state.sending?.stage ?? "");
  if (busy || screen === "device") return Date.now();
  const idle = Date.now() - active;
  if (idle >= WIPE_AFTER && screen !== "stopped") {
    app.wipe({ reason: "wiped", retry: true });
  } else if (idle >= ASK_AFTER && screen !== "idle" && screen !== "stopped") {
    app.change({ screen: "idle", interrupted: screen });
  }
  return active;
}

/** Goes on where the question about idling came in between. */
export function stay(app: App): void {
  app.change((state) => ({ ...state, screen: state.interrupted ?? "home", interrupted: undefined }));
}
