/**
 * Fills the table of refreshed cells (spec/14-zkvm.md §7.7).
 *
 * @module
 */

import type { Matrix } from "../../../stark/matrix.ts";
import { type Records, refreshWidth } from "../../machine/record.ts";
import { matrixFor } from "../table-height.ts";
import { refresh, refreshAir } from "./constraints.ts";

export function fillRefresh(refreshes: Records, logHeightMax: number): Matrix {
  const { width, name: table } = refreshAir;
  const matrix = matrixFor({ rows: refreshes.length, width, logHeightMax, table });
  for (let row = 0; row < refreshes.length; row++) {
    const record = refreshes.values.subarray(row * refreshWidth, (row + 1) * refreshWidth);
    const at = row * matrix.stride;
    matrix.values[at + refresh.real] = 1;
    matrix.values.set(record, at + refresh.cell);
  }
  return matrix;
}
