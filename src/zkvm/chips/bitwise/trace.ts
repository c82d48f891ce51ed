/**
 * Fills the bitwise chip's table (spec/14-zkvm.md §7.3). Rows without an operation are the conjunction
 * of zeros, used by nobody.
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { Operation } from "../../program/program.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { byteOf, type Operated } from "../operations.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { bitwise, bitwiseAir } from "./constraints.ts";

export function fillBitwise(
  operations: readonly Operated[],
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = bitwiseAir;
  const matrix = matrixFor({ rows: operations.length, width, logHeightMax, table, allocate });
  const cells = new Uint32Array(width);
  for (let row = 0; row < matrix.height; row++) {
    cells.fill(0);
    const { operation, a, b } = operations[row] ?? { operation: Operation.and, a: 0, b: 0 };
    cells[bitwise.uses] = row < operations.length ? 1 : 0;
    cells[bitwise.and + operation - Operation.and] = 1;
    for (let i = 0; i < 4; i++) {
      cells[bitwise.a0 + i] = byteOf(a, i);
      cells[bitwise.b0 + i] = byteOf(b, i);
      cells[bitwise.both0 + i] = counts.bytes(byteOf(a, i), byteOf(b, i));
    }
    setRow(matrix, row, cells);
  }
  return matrix;
}
