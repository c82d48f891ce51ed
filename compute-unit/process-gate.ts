/**
 * One process before the finality gate (spec/05-log.md §4): its newest entry is asked for while it is
 * evaluated, and its results are handed on in the order of their slots as far as a head covers them. The
 * newest entry commits to all before it, so one receipt stands for all. What waits is bounded: who would add to
 * it waits first, where a scheduler gives slots and signs nothing.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { FinalityGate, GatedEntry } from "./head-gate.ts";

/** What of a result waits: outputs, which may be long, stay in the store. */
export type UnattestedResult = Pick<StoredResult, "process" | "slot" | "entryHash" | "result">;

/** Results of one process that wait: at 10,000 a second, what comes between two heads, and once more. */
export const waitingOfProcessMax = 4_096;
/** Results of all processes that wait, about 1.2 KiB each. */
export const waitingOfUnitMax = 65_536;
/** As many of each process may wait whatever others have: one scheduler's silence holds up none of another's. */
export const waitingAlways = 64;
/** Between two looks at whether there is room. */
const roomLookMs = 50;

/** How many results wait at all gates of a unit. */
export class GateBudget {
  #taken = 0;

  get taken(): number {
    return this.#taken;
  }

  take(count: number): void {
    this.#taken += count;
  }

  give(count: number): void {
    this.#taken -= count;
  }
}

export class ProcessGate {
  readonly #gate: FinalityGate;
  readonly #budget: GateBudget;
  readonly #release: (results: readonly UnattestedResult[]) => void;
  #newest: GatedEntry | null = null;
  #coveredTo = -1;
  /** In the order of their slots. */
  #pending: UnattestedResult[] = [];
  #isAsking = false;
  /** Nothing of this process will be covered any more. */
  #isShut = false;
  /** What an earlier run of the unit left comes first. */
  #before: Promise<void> | null = null;
  #isLeft = false;
  readonly #ended = new AbortController();

  constructor(options: {
    readonly gate: FinalityGate;
    readonly budget: GateBudget;
    readonly release: (results: readonly UnattestedResult[]) => void;
  }) {
    this.#gate = options.gate;
    this.#budget = options.budget;
    this.#release = options.release;
  }

  /** Results that wait for a head; what an earlier run left counts as one. */
  get pendingCount(): number {
    return this.#pending.length + (this.#before === null ? 0 : 1);
  }

  /**
   * Resolves when more may be evaluated, or the signal aborts. What is asked for meanwhile has no
   * result yet: whoever asks is told `RESULT_PENDING`.
   */
  async room(clock: Clock, signal: AbortSignal): Promise<void> {
    while (this.#isFull && !signal.aborted) {
      await clock.sleep(roomLookMs, signal).catch(() => undefined);
    }
  }

  get #isFull(): boolean {
    const count = this.#pending.length;
    if (count >= waitingOfProcessMax) return true;
    return count >= waitingAlways && this.#budget.taken >= waitingOfUnitMax;
  }

  /**
   * Nothing more will be added: what no head covers within this time is given up. It is in the store, and
   * asked for again with the process.
   */
  async leave(clock: Clock, patienceMs: number): Promise<void> {
    this.#isLeft = true;
    this.#endIfDone();
    await clock.sleep(patienceMs, this.#ended.signal).catch(() => undefined);
    this.#ended.abort();
  }

  #endIfDone(): void {
    if (this.#isLeft && this.#before === null && !this.#isAsking) this.#ended.abort();
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
    this.#pending.push(
      ...results.map(({ process, slot, entryHash, result }) => ({
        ...{ process, slot, entryHash, result },
      })),
    );
    this.#budget.take(results.length);
    this.expect(newest);
    this.#flush();
  }

  /** Calls `release` once an entry is covered up to which an earlier run left results. */
  addBefore(entry: GatedEntry, release: () => Promise<void>): void {
    const before = this.#gate.covered(entry, this.#ended.signal).then(async (isCovered) => {
      if (isCovered) await release();
    });
    this.#before = before
      // The store failed: it is tried again when the process is taken up again.
      .catch(() => undefined)
      .finally(() => {
        this.#before = null;
        this.#flush();
        this.#endIfDone();
      });
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#newest !== null && this.#newest.slot > this.#coveredTo) {
      const asked = this.#newest;
      if (!(await this.#gate.covered(asked, this.#ended.signal))) {
        this.#shut();
        break;
      }
      this.#coveredTo = asked.slot;
      this.#flush();
    }
    this.#isAsking = false;
    this.#endIfDone();
  }

  #shut(): void {
    this.#isShut = true;
    this.#budget.give(this.#pending.length);
    this.#pending = [];
  }

  #flush(): void {
    if (this.#before !== null) return;
    const beyond = this.#pending.findIndex(({ slot }) => slot > this.#coveredTo);
    const covered = beyond < 0 ? this.#pending : this.#pending.slice(0, beyond);
    if (covered.length === 0) return;
    this.#pending = this.#pending.slice(covered.length);
    this.#budget.give(covered.length);
    this.#release(covered);
  }
}
