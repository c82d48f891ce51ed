/**
 * The rest that a process is given whose messages run into its limits one after the other: its log is
 * looked at less often, and what came meanwhile is evaluated, stored and signed together. What a message
 * costs a unit beside its evaluation is many times what an endless loop costs within it, so this is what
 * its neighbours are spared. No result changes, and none is left out.
 *
 * @module
 */

import type { EvaluationOutput } from "../src/runtime/evaluation-input.ts";

/** Why a message failed that took all it could get: of gas, of stack, of room for what it returns. */
const limitReasons: ReadonlySet<string> = new Set(["gas", "stack", "output"]);
/**
 * As many in a row are no accident. Who sends one such message now and then to a process of others does
 * not slow it down, for each message that does not fail so begins the count anew.
 */
const accidentsMax = 3;
const restMinMs = 125;
/** A bound on what whoever floods a process can make its other users wait. */
const restMaxMs = 2_000;

/** See the module comment. */
export class Rest {
  #inRow = 0;

  /** Takes note of how messages ended, oldest first. */
  note(outputs: readonly EvaluationOutput[]): void {
    for (const { diagnostic } of outputs) {
      const hitsLimit = diagnostic !== null && limitReasons.has(diagnostic.reason);
      this.#inRow = hitsLimit ? this.#inRow + 1 : 0;
    }
  }

  /** True where the last messages ran into limits, more of them than happens by accident. */
  get isDue(): boolean {
    return this.#inRow > accidentsMax;
  }

  /** Milliseconds before the process's log is looked at again; doubled with each message in a row. */
  get ms(): number {
    if (!this.isDue) return 0;
    return Math.min(restMaxMs, restMinMs * 2 ** (this.#inRow - accidentsMax - 1));
  }
}
