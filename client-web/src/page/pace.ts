/** How long the rest of an upload takes, judged by the last minute of it. */

/** Milliseconds that are looked back on, if more than two steps were made in them. */
const WINDOW = 60_000;
/** Before this time nothing is said: the first guess would be wrong. */
const EARLIEST = 4_000;

/** The pace of one attempt to send. */
export class Pace {
  readonly #now: () => number;
  #steps: { at: number; sent: number }[] = [];

  /** Takes a clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes how far it is; returns the seconds that the rest takes, as far as that can be said. */
  left(step: { stage: string; sent: number; total: number }): number | undefined {
    const { stage, sent, total } = step;
    const latest = this.#steps[this.#steps.length - 1];
    // Time that passes in waiting, or with bytes that have to be sent again, says nothing about the line.
    if (stage !== "sending" || (latest !== undefined && sent < latest.sent)) {
      this.#steps = [];
      return undefined;
    }
    const at = this.#now();
    if (sent !== latest?.sent) this.#steps.push({ at, sent });
    while (this.#steps.length > 2 && at - (this.#steps[0]?.at ?? at) > WINDOW) this.#steps.shift();
    const [first] = this.#steps;
    if (first === undefined || sent === first.sent || at - first.at < EARLIEST) return undefined;
    return ((total - sent) * (at - first.at)) / (sent - first.sent) / 1000;
  }
}
