/**
 * Fills the counting chip's table (spec/14-zkvm.md §7.5).
 *
 * @module
 */

import { inverse } from "../../../field/koala-bear.ts";
import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { Operation } from "../../program/program.ts";
import { countsOf } from "../fixed/matrix.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { highOf, lowOf, type Operated } from "../operations.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { counting, countingAir } from "./constraints.ts";

const lowColumns = ["clzLow", "ctzLow", "onesLow", "powerLow", "powerHigh"] as const;
const highColumns = ["clzHigh", "ctzHigh", "onesHigh", "unusedLow", "unusedHigh"] as const;

export function fillCounting(
  operations: readonly Operated[],
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = countingAir;
  const matrix = matrixFor({ rows: operations.length, width, logHeightMax, table, allocate });
  const cells = new Uint32Array(width);
  const idle = { operation: Operation.clz, a: 0, b: 0, w: 32 };
  for (let row = 0; row < matrix.height; row++) {
    cells.fill(0);
    const { operation, a, b, w } = operations[row] ?? idle;
    cells[counting.uses] = row < operations.length ? 1 : 0;
    cells[counting.clz + operation - Operation.clz] = 1;
    cells[counting.aLow] = lowOf(a);
    cells[counting.aHigh] = highOf(a);
    cells[counting.bLow] = lowOf(b);
    cells[counting.bHigh] = highOf(b);
    cells[counting.wLow] = lowOf(w);
    const low = countsOf(lowOf(a));
    const high = countsOf(highOf(a));
    for (let i = 0; i < low.length; i++) {
      cells[counting[lowColumns[i]!]] = low[i]!;
      cells[counting[highColumns[i]!]] = high[i]!;
    }
    if (low[2] === 0) cells[counting.lowIsZero] = 1;
    else cells[counting.lowInverse] = inverse(low[2]);
    if (high[2] === 0) cells[counting.highIsZero] = 1;
    else cells[counting.highInverse] = inverse(high[2]);
    counts.count(lowOf(a));
    counts.count(highOf(a));
    setRow(matrix, row, cells);
  }
  return matrix;
}
