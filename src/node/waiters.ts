/**
 * Who waits for news of which process (long polls). Waiting ends with a wake-up, the time limit or the
 * request's end, whichever comes first; none of them is an error.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { type Digest, idText } from "../protocol/ids.ts";

/** A wait that has begun. */
export interface Wait {
  /** Resolves when the wait is over, for whatever reason. */
  readonly done: Promise<void>;
  cancel(): void;
}

/** Why waits end; made once, for a trace costs more than an abort. */
const over = new Error("the wait is over");

export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Begins to wait for the process's next news. */
  wait(process: Digest, clock: Clock, waitMs: number, signal: AbortSignal): Wait {
    const key = idText(process);
    const ended = new AbortController();
    const end = (): void => ended.abort(over);
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(end));
    signal.addEventListener("abort", end, { once: true });
    const done = clock
      .sleep(waitMs, ended.signal)
      .catch(() => undefined)
      .finally(() => {
        signal.removeEventListener("abort", end);
        waiters.delete(end);
        if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
      });
    if (signal.aborted) end();
    return { done, cancel: end };
  }

  /** Looks, and looks again at news of the process, until it finds something or the time is over: null. */
  async until<Found>(
    process: Digest,
    clock: Clock,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
    look: () => Promise<Found | null>,
  ): Promise<Found | null> {
    const end = clock.monotonic() + waitMs;
    for (;;) {
      const left = end - clock.monotonic();
      // The wait begins before the look, so that news in between is not missed.
      const woken = left > 0 ? this.wait(process, clock, left, signal) : null;
      const found = await look().catch((error: unknown) => {
        woken?.cancel();
        throw error;
      });
      if (found !== null || woken === null || signal.aborted) {
        woken?.cancel();
        return found;
      }
      await woken.done;
    }
  }

  /** True while anybody waits for news of the process. */
  has(process: Digest): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(idText(process));
  }

  /** Ends the waits for one process. */
  wake(process: Digest): void {
    if (this.#waiting.size === 0) return;
    for (const end of [...(this.#waiting.get(idText(process)) ?? [])]) end();
  }

  /** Ends every wait: the unit is stopping. */
  wakeAll(): void {
    for (const waiters of [...this.#waiting.values()]) for (const end of [...waiters]) end();
  }
}
