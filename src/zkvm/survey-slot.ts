/**
 * What a slot's proof would be made of, without proving it: the run on the register machine, segment by
 * segment, and everything that can stand against a proof before one is begun.
 *
 * @module
 */

import type { StateKernel } from "../state/kernel.ts";
import { segmentStatement } from "./segment-statement.ts";
import { type SlotInput, witnessSegments } from "./witness-slot.ts";

/**
 * Rows of each segment, in order; none where nothing runs. Throws `UnprovableError`. A table that is too
 * high for a proof is found only where it is filled.
 */
export function surveySlot(kernel: StateKernel, input: SlotInput): readonly number[] {
  const rows: number[] = [];
  for (const witness of witnessSegments(kernel, input)) {
    segmentStatement(witness, input.inbox);
    rows.push(witness.run.steps.length);
  }
  return rows;
}
