/**
 * A scheduler whose store was put back from a copy (spec/15-heads.md §3). Whether the copy is the newest it
 * cannot tell: what was signed after it is elsewhere. Until a witness shows the newest head that the store
 * has, or the operator has said that nothing is missing, it gives no slots and signs nothing, and serves
 * reads.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { TreeHead } from "../src/log/head.ts";
import type { Logger } from "../src/node/logger.ts";
import { ProtocolError } from "../src/protocol/errors.ts";

/** Between two looks at the witnesses. */
const lookMs = 2000;

export interface RestoredOptions {
  /** True while the folder bears the mark of a copy that nothing has confirmed. */
  readonly isMarked: () => boolean;
  readonly unmark: () => void;
  /** The size of the newest head that the store has; null before the first. */
  readonly signedSize: () => number | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Restored {
  readonly #options: RestoredOptions;
  #isPending: boolean;

  constructor(options: RestoredOptions) {
    this.#options = options;
    this.#isPending = options.isMarked();
  }

  /** True while it is not known whether the store is the newest. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Throws `UNAVAILABLE` while it is not known whether the store is the newest. */
  check(): void {
    if (!this.#isPending) return;
    const expected = "a witness that shows the newest head of this copy, or `restore --newest`";
    throw new ProtocolError("UNAVAILABLE", { expected, got: "a copy that was put back" });
  }

  /** Told of every head under the log's own key that a witness shows; a larger one than the log is not told here. */
  shown({ size }: TreeHead): void {
    const own = this.#options.signedSize();
    if (!this.#isPending || own === null || size < own) return;
    this.#options.logger.info("a witness confirms that this copy is the newest", { size });
    this.#options.unmark();
    this.#isPending = false;
  }

  /** Has the witnesses asked until one confirms, or the mark is taken away, or the signal aborts. */
  async watch(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, isMarked, logger } = this.#options;
    if (!this.#isPending) return;
    logger.warn("this store was put back from a copy: it serves reads until that is confirmed");
    while (this.#isPending && !signal.aborted) {
      await clock.sleep(lookMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.#isPending = isMarked();
      if (this.#isPending) await look();
    }
  }
}
