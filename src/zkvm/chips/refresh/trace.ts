/**
 * Fills the table of refreshed cells (spec/14-zkvm.md §7.7).
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { type Records, refreshField, refreshWidth } from "../../machine/record.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { matrixFor } from "../table-height.ts";
import { highUnit, refresh, refreshAir } from "./constraints.ts";

const limb = 65_536;

const unitsPerLimb: number = limb / highUnit;

export function fillRefresh(
  refreshes: Records,
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = refreshAir;
  const matrix = matrixFor({ rows: refreshes.length, width, logHeightMax, table, allocate });
  for (let row = 0; row < refreshes.length; row++) {
    const record = refreshes.values.subarray(row * refreshWidth, (row + 1) * refreshWidth);
    const cells = matrix.values.subarray(row * matrix.stride, (row + 1) * matrix.stride);
    cells[refresh.real] = 1;
    cells[refresh.cell] = record[refreshField.cell]!;
    cells[refresh.time] = record[refreshField.time]!;
    cells[refresh.low] = record[refreshField.low]!;
    cells[refresh.high] = record[refreshField.high]!;
    const later = record[refreshField.later]!;
    const gap = later - cells[refresh.time]! - 1;
    cells[refresh.laterLow] = later % limb;
    cells[refresh.laterHigh] = unitsPerLimb * Math.floor(later / limb);
    cells[refresh.gapLow] = gap % limb;
    cells[refresh.gapHigh] = unitsPerLimb * Math.floor(gap / limb);
    for (const name of ["laterLow", "laterHigh", "gapLow", "gapHigh"] as const) {
      counts.range(cells[refresh[name]]!);
    }
  }
  return matrix;
}
