/**
 * Processes of which a sender waits for a result just now. Who only keeps the books of the same result
 * lets the sender go first: on an idle network both were answered at once, and each took the time of the
 * compute unit and of the messenger from the other.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { Waiters } from "../src/node/waiters.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";

/** As long as this the books may wait; what takes longer than that is not a matter of a turn. */
const yieldMs = 50;

export class AwaitedResults {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  readonly #ended = new Waiters();

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  /** Waits on behalf of a sender. */
  async during<Answer>(process: Digest, waiting: () => Promise<Answer>): Promise<Answer> {
    const key = idText(process);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    try {
      return await waiting();
    } finally {
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left > 0) this.#counts.set(key, left);
      else {
        this.#counts.delete(key);
        this.#ended.wake(process);
      }
    }
  }

  /** Resolves when no sender waits for the process, or has waited for a while. Never rejects. */
  async letGoFirst(process: Digest, signal: AbortSignal): Promise<void> {
    const key = idText(process);
    await this.#ended.until(process, this.#clock, { waitMs: yieldMs, signal }, async () =>
      this.#counts.has(key) ? null : true,
    );
  }
}
