/**
 * Wake-ups for those who wait for something new under a key. They may come without need and may be
 * lost (another process wrote); whoever waits also polls.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { keyText } from "../overlay.ts";

/** One waiting caller. */
export interface Waiter {
  /** Resolves at the wake-up, or after `ms`; also when the signal aborts. */
  wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the registration. */
  cancel(): void;
}

/** Waiting callers by key. */
export class WakeUps {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Registers before the caller looks, so that nothing falls between looking and waiting. */
  register(key: Uint8Array): Waiter {
    const text = keyText(key);
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const waiting = this.#waiting.get(text) ?? new Set();
    this.#waiting.set(text, waiting);
    waiting.add(wake);
    return {
      wait: (clock, ms, signal) => waitFor(woken, { clock, ms, signal }),
      cancel: () => {
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(text) === waiting) this.#waiting.delete(text);
      },
    };
  }

  /** Wakes everyone who waits under the key. */
  wake(key: Uint8Array): void {
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting.get(keyText(key)) ?? []) wake();
  }
}

/** Why waits end; made once, for a trace costs more than an abort. */
const over = new Error("the wait is over");

async function waitFor(
  woken: Promise<void>,
  limit: { readonly clock: Clock; readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([limit.signal, ended.signal]);
  // Rejects only because the caller's signal or ours aborted: the caller looks at its own.
  const slept = limit.clock.sleep(limit.ms, signal).catch(() => undefined);
  await Promise.race([woken, slept]);
  ended.abort(over);
}
