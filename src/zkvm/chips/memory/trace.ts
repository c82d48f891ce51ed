/**
 * Fills the memory chip's table from a run's accesses (spec/14-zkvm.md §7.2).
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { accessField as access, accessWidth, type Records } from "../../machine/record.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { memory, memoryWidth } from "./columns.ts";

/** What the machine recorded; written out, for a loop over names takes ten times as long. */
function setRecorded(cells: Uint32Array, records: Uint32Array, from: number): void {
  cells[memory.isLoad] = records[from + access.isLoad]!;
  cells[memory.clock] = records[from + access.clock]!;
  cells[memory.pages] = records[from + access.pages]!;
  cells[memory.time] = records[from + access.time]!;
  cells[memory.oldLow] = records[from + access.oldLow]!;
  cells[memory.oldHigh] = records[from + access.oldHigh]!;
  cells[memory.newLow] = records[from + access.newLow]!;
  cells[memory.newHigh] = records[from + access.newHigh]!;
  cells[memory.valueLow] = records[from + access.valueLow]!;
  cells[memory.valueHigh] = records[from + access.valueHigh]!;
}

function setBytes(cells: Uint32Array, position: number): void {
  const limb = cells[position >= 2 ? memory.oldHigh : memory.oldLow]!;
  cells[memory.limbLow] = limb % 256;
  cells[memory.limbHigh] = limb >> 8;
  cells[memory.storedLow] = cells[memory.valueLow]! % 256;
  cells[memory.storedHigh] = cells[memory.valueLow]! >> 8;
}

export function fillMemory(
  accesses: Records,
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { length: rows } = accesses;
  const matrix = matrixFor({ rows, width: memoryWidth, logHeightMax, table: "memory", allocate });
  const cells = new Uint32Array(memoryWidth);
  const { values: records } = accesses;
  for (let index = 0; index < accesses.length; index++) {
    const from = index * accessWidth;
    const address = records[from + access.address]!;
    const bytes = records[from + access.operation]!;
    cells.fill(0);
    setRecorded(cells, records, from);
    const position = address % 4;
    cells[memory.real] = 1;
    cells[bytes === 1 ? memory.one : bytes === 2 ? memory.two : memory.four] = 1;
    cells[memory.addressLow] = address % 65_536;
    cells[memory.addressHigh] = Math.floor(address / 65_536);
    cells[memory.wordLow] = Math.floor((address % 65_536) / 4);
    cells[memory.byte0 + position] = 1;
    if (bytes === 1) setBytes(cells, position);
    counts.range(cells[memory.wordLow]!);
    counts.range(cells[memory.pages]! - cells[memory.addressHigh]! - 1);
    counts.range(cells[memory.clock]! - cells[memory.time]! - 1);
    cells[memory.limbAnd] = counts.bytes(cells[memory.limbLow]!, cells[memory.limbHigh]!);
    cells[memory.storedAnd] = counts.bytes(cells[memory.storedLow]!, cells[memory.storedHigh]!);
    setRow(matrix, index, cells);
  }
  return matrix;
}
