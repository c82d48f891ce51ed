/**
 * Fills the table of refreshed cells (spec/14-zkvm.md §7.7).
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { type Records, refreshField, refreshWidth } from "../../machine/record.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { matrixFor, setRow } from "../table-height.ts";
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
  const cells = new Uint32Array(width);
  const { values: records } = refreshes;
  for (let row = 0; row < refreshes.length; row++) {
    const from = row * refreshWidth;
    cells.fill(0);
    cells[refresh.real] = 1;
    cells[refresh.cell] = records[from + refreshField.cell]!;
    cells[refresh.time] = records[from + refreshField.time]!;
    cells[refresh.low] = records[from + refreshField.low]!;
    cells[refresh.high] = records[from + refreshField.high]!;
    const later = records[from + refreshField.later]!;
    const gap = later - cells[refresh.time]! - 1;
    cells[refresh.laterLow] = later % limb;
    cells[refresh.laterHigh] = unitsPerLimb * Math.floor(later / limb);
    cells[refresh.gapLow] = gap % limb;
    cells[refresh.gapHigh] = unitsPerLimb * Math.floor(gap / limb);
    for (const name of ["laterLow", "laterHigh", "gapLow", "gapHigh"] as const) {
      counts.range(cells[refresh[name]]!);
    }
    setRow(matrix, row, cells);
  }
  return matrix;
}
