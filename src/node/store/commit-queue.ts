/**
 * Group commit: updates that come while a transaction is under way share the next one. One
 * transaction at a time, updates in the order of submission, a bounded queue.
 *
 * @module
 */

import type { TableReader, TableWriter } from "./engine.ts";
import { Overlay } from "./overlay.ts";
import { StoreError } from "./store-error.ts";
import { groupUpdatesMax, pendingUpdatesMax } from "./store-limits.ts";

/** What an engine does for one transaction. */
export interface Committer {
  /**
   * Begins a transaction, calls `write` once inside it with the tables, and makes all durable.
   * Rejects with a StoreError if that may not have happened.
   */
  commit(write: (tables: TableReader, apply: (overlay: Overlay) => void) => void): Promise<void>;
}

interface Pending {
  /** Plans the update on the tables; gives the writes, or null if the plan threw. */
  readonly plan: (tables: TableReader) => Overlay | null;
  /** Tells the caller how the plan went, once the transaction is durable. */
  readonly settle: () => void;
  readonly reject: (error: unknown) => void;
}

/** Serialises updates into durable transactions. */
export class CommitQueue {
  readonly #committer: Committer;
  #pending: Pending[] = [];
  #draining: Promise<void> | null = null;
  #closed = false;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  /** True once `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** See `StoreEngine.update`. */
  submit<T>(plan: (tables: TableWriter) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreError("STORE_CLOSED"));
    if (this.#pending.length >= pendingUpdatesMax) {
      return Promise.reject(new StoreError("STORE_BUSY", { waiting: this.#pending.length }));
    }
    return new Promise<T>((resolve, reject) => {
      this.#pending.push(pendingUpdate(plan, resolve, reject));
      this.#draining ??= this.#drain();
    });
  }

  /** Refuses further updates and waits for those submitted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // Updates of the same turn join the first transaction.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      let group: Pending[] = [];
      try {
        await this.#committer.commit((tables, apply) => {
          // Taken as late as possible, so that what came while the engine was busy joins in.
          group = this.#pending.splice(0, groupUpdatesMax);
          for (const update of group) {
            const overlay = update.plan(tables);
            if (overlay !== null) apply(overlay);
          }
        });
        for (const update of group) update.settle();
      } catch (error) {
        // A transaction that never began fails its whole group, or this loop would not end.
        if (group.length === 0) group = this.#pending.splice(0, groupUpdatesMax);
        for (const update of group) update.reject(error);
      }
    }
    this.#draining = null;
  }
}

function pendingUpdate<T>(
  plan: (tables: TableWriter) => T,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Pending {
  let settle = (): void => undefined;
  return {
    plan: (tables) => {
      const overlay = new Overlay(tables);
      try {
        const value = plan(overlay);
        settle = () => resolve(value);
        return overlay;
      } catch (error) {
        settle = () => reject(error);
        return null;
      }
    },
    settle: () => settle(),
    reject,
  };
}
