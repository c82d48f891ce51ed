/**
 * Checks a slot's tables without a proof: every constraint in every row, and all buses as multisets.
 * Of the fixed table only the rows that are looked up are taken: it has no constraints, and a row that
 * nobody looks up reaches no bus.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { checkTraces, type TraceFault } from "../stark/air/check-trace.ts";
import type { Matrix } from "../stark/matrix.ts";
import { fixedMatrix } from "../zkvm/chips/fixed/matrix.ts";
import { starkStatement } from "../zkvm/slot-context.ts";
import { system, tableIndex } from "../zkvm/system.ts";
import type { SlotWitness } from "../zkvm/witness-slot.ts";

/** An element that is there. */
function at<Item extends object | number>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  assert(item !== undefined, `no element ${index}`);
  return item;
}

const fixed = fixedMatrix();

/** The rows of a table whose main cells are not all zero, with their fixed cells. */
function rowsInUse(main: Matrix): { readonly main: Matrix; readonly fixed: Matrix } {
  const { values, stride, width, height } = main;
  const rows: number[] = [];
  for (let row = 0; row < height; row++) {
    // A view of each of 65,536 rows would take longer than all the rest of a short run.
    let column = 0;
    while (column < width && values[row * stride + column] === 0) column++;
    if (column < width) rows.push(row);
  }
  const taken = (matrix: Matrix): Matrix => {
    const own = new Uint32Array(rows.length * matrix.stride);
    rows.forEach((row, i) => {
      const from = row * matrix.stride;
      own.set(matrix.values.subarray(from, from + matrix.stride), i * matrix.stride);
    });
    return { ...matrix, height: rows.length, values: own };
  };
  return { main: taken(main), fixed: taken(fixed) };
}

/** All faults of a slot's tables, at most ten. */
export function slotFaults(
  witness: SlotWitness,
  traces: readonly Matrix[],
  input: { readonly inbox: Uint8Array; readonly pages: number },
): TraceFault[] {
  const about = starkStatement(witness, input);
  const tables = system.tables.map(({ program }, i) => {
    const main = at(traces, i);
    const publicValues = at(about.publicValues, i);
    if (i === tableIndex.fixed) return { program, publicValues, ...rowsInUse(main) };
    return { program, publicValues, main, fixed: null };
  });
  return checkTraces(tables, about.publicTerms);
}
