/**
 * One process before the finality gate (spec/05-log.md §4): its newest entry is asked for while it is
 * evaluated, and its results are handed on in the order of their slots as far as a head covers them. The
 * newest entry commits to all before it, so one receipt stands for all.
 *
 * @module
 */

import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { FinalityGate, GatedEntry } from "./head-gate.ts";

export class ProcessGate {
  readonly #gate: FinalityGate;
  readonly #release: (results: readonly StoredResult[]) => void;
  #newest: GatedEntry | null = null;
  #coveredTo = -1;
  /** In the order of their slots. */
  #pending: StoredResult[] = [];
  #isAsking = false;
  /** Nothing of this process will be covered any more. */
  #isShut = false;
  /** What an earlier run of the unit left comes first. */
  #before: Promise<void> | null = null;

  constructor(gate: FinalityGate, release: (results: readonly StoredResult[]) => void) {
    this.#gate = gate;
    this.#release = release;
  }

  /** Results that wait for a head; what an earlier run left counts as one. */
  get pendingCount(): number {
    return this.#pending.length + (this.#before === null ? 0 : 1);
  }

  /** Begins to ask for an entry whose result is still to come. */
  expect(entry: GatedEntry): void {
    if (this.#newest === null || entry.slot > this.#newest.slot) this.#newest = entry;
    if (!this.#isAsking && !this.#isShut) void this.#ask();
  }

  /** Takes results that are durable, up to that of `newest`. */
  add(results: readonly StoredResult[], newest: GatedEntry): void {
    // They are in the store, and after a restart asked for again.
    if (this.#isShut) return;
    this.#pending.push(...results);
    this.expect(newest);
    this.#flush();
  }

  /** Calls `release` once an entry is covered up to which an earlier run left results. */
  addBefore(entry: GatedEntry, release: () => Promise<void>): void {
    const before = this.#gate.covered(entry).then(async (isCovered) => {
      if (isCovered) await release();
    });
    this.#before = before
      // The store failed: it is tried again when the process is taken up again.
      .catch(() => undefined)
      .finally(() => {
        this.#before = null;
        this.#flush();
      });
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#newest !== null && this.#newest.slot > this.#coveredTo) {
      const asked = this.#newest;
      if (!(await this.#gate.covered(asked))) {
        this.#isShut = true;
        this.#pending = [];
        return;
      }
      this.#coveredTo = asked.slot;
      this.#flush();
    }
    this.#isAsking = false;
  }

  #flush(): void {
    if (this.#before !== null) return;
    const beyond = this.#pending.findIndex(({ slot }) => slot > this.#coveredTo);
    const covered = beyond < 0 ? this.#pending : this.#pending.slice(0, beyond);
    if (covered.length === 0) return;
    this.#pending = this.#pending.slice(covered.length);
    this.#release(covered);
  }
}
