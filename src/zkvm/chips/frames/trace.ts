/**
 * Fills the table of frames (spec/14-zkvm.md §7.8) with what the run left in them.
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { borderTime } from "../../evidence.ts";
import { placeMask } from "../../machine/memory.ts";
import type { RunRecord } from "../../machine/run-record.ts";
import { frameBase } from "../../program/address-space.ts";
import { matrixFor } from "../table-height.ts";
import { frames, framesAir } from "./constraints.ts";

/** Where another segment follows, each cell that is not zero is taken, and zero after all times. */
export function fillFrames(
  { memory, border }: RunRecord,
  logHeightMax: number,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = framesAir;
  const matrix = matrixFor({ rows: memory.frameCells, width, logHeightMax, table, allocate });
  for (let row = 0; row < matrix.height; row++) {
    const cell = frameBase + row;
    const { low, high, times } = memory.pageOf(cell);
    const at = row * matrix.stride;
    const place = cell & placeMask;
    matrix.values[at + frames.cell] = cell;
    if (border !== null && (low[place] !== 0 || high[place] !== 0)) {
      matrix.values[at + frames.time] = borderTime;
      continue;
    }
    matrix.values[at + frames.time] = times[place]!;
    matrix.values[at + frames.low] = low[place]!;
    matrix.values[at + frames.high] = high[place]!;
  }
  return matrix;
}
