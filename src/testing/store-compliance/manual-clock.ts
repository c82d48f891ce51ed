/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Wall and monotonic time are one until the wall jumps; sleepers wake when time has passed their end. */
export class ManualClock implements Clock {
  #time: number;
  #wallOffset = 0;
  #sleepers: Sleeper[] = [];

  constructor(start = 1_700_000_000_000) {
    this.#time = start;
  }

  now(): number {
    return this.#time + this.#wallOffset;
  }

  monotonic(): number {
    return this.#time;
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Sets the wall clock forward or back; no time passes. */
  jump(ms: number): void {
    this.#wallOffset += ms;
  }

  advance(ms: number): void {
    this.#time += ms;
    const due = this.#sleepers.filter((sleeper) => sleeper.until <= this.#time);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.until > this.#time);
    for (const sleeper of due) sleeper.wake();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { until: this.#time + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
