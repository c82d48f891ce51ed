/**
 * Fills the comparison chip's table (spec/14-zkvm.md §7.4).
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { Operation } from "../../program/program.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { highOf, lowOf, type Operated } from "../operations.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { comparison, comparisonAir } from "./constraints.ts";

const limb = 65_536;

export function fillComparison(
  operations: readonly Operated[],
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = comparisonAir;
  const matrix = matrixFor({ rows: operations.length, width, logHeightMax, table, allocate });
  const cells = new Uint32Array(width);
  for (let row = 0; row < matrix.height; row++) {
    cells.fill(0);
    const { operation, a, b } = operations[row] ?? { operation: Operation.belowSigned, a: 0, b: 0 };
    const [aSign, bSign] = [a >>> 31, b >>> 31];
    const borrow = lowOf(a) < lowOf(b) ? 1 : 0;
    const isBelow = (a | 0) < (b | 0) ? 1 : 0;
    cells[comparison.uses] = row < operations.length ? 1 : 0;
    cells[comparison.negate] = operation === Operation.notBelowSigned ? 1 : 0;
    cells[comparison.aLow] = lowOf(a);
    cells[comparison.aHigh] = highOf(a);
    cells[comparison.bLow] = lowOf(b);
    cells[comparison.bHigh] = highOf(b);
    cells[comparison.aSign] = aSign;
    cells[comparison.bSign] = bSign;
    cells[comparison.borrowLow] = borrow;
    cells[comparison.isBelow] = isBelow;
    const low = lowOf(a) - lowOf(b) + borrow * limb;
    const high = highOf(a) - highOf(b) - (aSign - bSign) * limb - borrow + isBelow * limb;
    cells[comparison.differenceLow] = low;
    cells[comparison.differenceHigh] = high;
    for (const value of [
      low,
      high,
      2 * (highOf(a) - aSign * 2 ** 15),
      2 * (highOf(b) - bSign * 2 ** 15),
    ]) {
      counts.range(value);
    }
    setRow(matrix, row, cells);
  }
  return matrix;
}
