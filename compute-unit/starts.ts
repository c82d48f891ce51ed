/**
 * Places for processes that are being taken up: found, read, brought into memory, caught up. Whoever
 * comes when all are taken waits for a place and does nothing else, so that a unit with thousands of
 * processes to take up finishes one after the other. Without, it began all, and the answers of its
 * workers waited among their requests: 257 of 26,000 spawns in three minutes.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";

/** Why the watch over a place ends; made once, for a trace costs more than an abort. */
const left = new Error("the place is given back");

/** Who takes longer goes on without its place: slow processes hold up no others. */
const placeMs = 2_000;

export class Starts {
  readonly #clock: Clock;
  #free: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#free = max;
  }

  /**
   * Waits for a place. What it answers gives the place back, once, whenever it is called. Rejects where
   * the signal aborts first.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    const over = new AbortController();
    const leave = (): void => {
      if (over.signal.aborted) return;
      over.abort(left);
      this.#passOn();
    };
    this.#clock.sleep(placeMs, over.signal).then(leave, leave);
    return leave;
  }

  /** Resolves when somebody's place is handed over. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(take);
        reject(signal.reason as Error);
      };
      const take = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.add(take);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
