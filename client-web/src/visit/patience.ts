/** Waiting between attempts: what fails for a moment is tried again, and nothing is typed twice. */

import { Refusal } from "../formats/refusal.ts";

/** Where a sending is. */
export interface Progress {
  stage: "locking" | "sending" | "confirming" | "waiting";
  /** Bytes that the server has, or that are sealed while `stage` is `locking`. */
  sent: number;
  total: number;
  /** Seconds until the next attempt, while `stage` is `waiting`. */
  retryIn?: number;
  /** Ends the waiting at once, while `stage` is `waiting`. */
  retryNow?: () => void;
}

/** Lets time pass; throws the signal's reason when it is aborted. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Seconds between attempts that brought nothing. About five minutes: then a person decides. */
const WAITS = [2, 4, 8, 15, 30, 60, 60, 60, 60];

/** Returns why a signal was aborted; browsers of 2021 do not say. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException("given up", "AbortError");
}

/** Throws if the caller has given up. */
export function checkAbort(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** Lets time pass by the clock of the device. */
export const pauseByClock: Pause = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });

/** Counts the attempts of one sending. */
export class Patience {
  readonly #pause: Pause;
  readonly #signal: AbortSignal;
  #waits = 0;

  constructor(pause: Pause, signal: AbortSignal) {
    this.#pause = pause;
    this.#signal = signal;
  }

  /** Notes that something arrived: the waits begin anew. */
  moved(): void {
    this.#waits = 0;
  }

  /** Waits if the same may succeed a little later; else throws the error. */
  async after(
    error: unknown,
    tell: (waiting: { retryIn: number; retryNow: () => void }) => void,
  ): Promise<void> {
    checkAbort(this.#signal);
    const wait = WAITS[this.#waits];
    if (wait === undefined || !isTransient(error)) throw error;
    this.#waits += 1;
    let left = Math.max(wait, error.retryAfter ?? 0);
    const retryNow = () => {
      left = 0;
    };
    for (; left > 0; left -= 1) {
      tell({ retryIn: left, retryNow });
      await this.#pause(1000, this.#signal);
    }
  }
}

/** Says whether the same may succeed a little later. */
export function isTransient(error: unknown): error is Refusal {
  return error instanceof Refusal && (error.code === "network-lost" || error.code === "server-busy");
}
