/**
 * Heights of tables: the least power of two that holds all rows (spec/14-zkvm.md §7).
 *
 * @module
 */

import { type Allocate, createMatrix, type Matrix } from "../../stark/matrix.ts";
import { UnprovableError } from "../unprovable.ts";

/** Rows of the lowest table. */
const leastHeight = 16;

/** A matrix of zeros for so many rows; throws if the table may not be as high. */
export function matrixFor(options: {
  readonly rows: number;
  readonly width: number;
  readonly logHeightMax: number;
  readonly table: string;
  /** Where the matrix is to lie. */
  readonly allocate?: Allocate | undefined;
}): Matrix {
  const { rows, width, logHeightMax, table, allocate } = options;
  let height = leastHeight;
  while (height < rows) height *= 2;
  if (height > 2 ** logHeightMax) {
    throw new UnprovableError("TABLE_TOO_HIGH", { table, expected: 2 ** logHeightMax, got: rows });
  }
  return createMatrix({ height, width }, allocate);
}

/**
 * Writes the cells of a row. Rows are made in one small array that is used again for each: a view of
 * the matrix for each row takes as long as filling it.
 */
export function setRow({ values, stride }: Matrix, row: number, cells: Uint32Array): void {
  const at = row * stride;
  for (let i = 0; i < cells.length; i++) values[at + i] = cells[i]!;
}
