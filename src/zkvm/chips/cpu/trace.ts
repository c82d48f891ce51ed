/**
 * Fills the CPU's table from the steps of a run (spec/14-zkvm.md §7.1).
 *
 * @module
 */

import { batchInverse, P } from "../../../field/koala-bear.ts";
import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { clockOf, events, stepField as step, stepWidth } from "../../machine/record.ts";
import type { RunRecord } from "../../machine/run-record.ts";
import { Flag, flagNames, type Row } from "../../program/program.ts";
import type { Registers } from "../../registers.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { cpu, cpuWidth } from "./columns.ts";
import { gasLeftScale } from "./constraints.ts";

const limb = 65_536;

type Cells = Uint32Array;

/** c with its carries. */
function setSum(cells: Cells, low: number, high: number): void {
  const carry = low >= limb ? 1 : 0;
  const upper = high + carry;
  cells[cpu.cLow] = low % limb;
  cells[cpu.cHigh] = upper % limb;
  cells[cpu.carryLow] = carry;
  cells[cpu.carryHigh] = upper >= limb ? 1 : 0;
}

function setDifference(cells: Cells): void {
  const aLow = cells[cpu.aLow]!;
  const bLow = cells[cpu.bLow]!;
  const borrow = aLow < bLow ? 1 : 0;
  const high = cells[cpu.aHigh]! - cells[cpu.bHigh]! - borrow;
  cells[cpu.carryLow] = borrow;
  cells[cpu.carryHigh] = high < 0 ? 1 : 0;
  cells[cpu.cLow] = aLow - bLow + borrow * limb;
  cells[cpu.cHigh] = high < 0 ? high + limb : high;
}

/** Inverses of 1 to 2^16 - 1: a difference of limbs is one of these, or one of them negative. */
const inverses: Uint32Array = batchInverse(Uint32Array.from({ length: limb - 1 }, (_, i) => i + 1));

function inverseOf(difference: number): number {
  return difference > 0 ? inverses[difference - 1]! : P - inverses[-difference - 1]!;
}

function setEquality(cells: Cells): void {
  const low = cells[cpu.aLow]! - cells[cpu.bLow]!;
  const high = cells[cpu.aHigh]! - cells[cpu.bHigh]!;
  if (low !== 0) cells[cpu.inverseLow] = inverseOf(low);
  else if (high !== 0) cells[cpu.inverseHigh] = inverseOf(high);
  else cells[cpu.same] = 1;
}

/** A number of 18 bits as the budget of slots shows it. */
function setSlots(cells: Cells, left: number): void {
  cells[cpu.cLow] = left % limb;
  cells[cpu.carryLow] = Math.floor(left / limb) % 2;
  cells[cpu.carryHigh] = Math.floor(left / (2 * limb));
}

/** What the row computes beside its result. */
function setDerived(cells: Cells, row: Row, gasLimit: number): void {
  const { flags } = row;
  const aLow = cells[cpu.aLow]!;
  const aHigh = cells[cpu.aHigh]!;
  if (flags & Flag.add) setSum(cells, aLow + cells[cpu.bLow]!, aHigh + cells[cpu.bHigh]!);
  else if (flags & (Flag.sub | Flag.below)) setDifference(cells);
  else if (flags & Flag.equal) setEquality(cells);
  else if (flags & Flag.advise) {
    cells[cpu.cLow] = cells[cpu.wLow]!;
    cells[cpu.cHigh] = cells[cpu.wHigh]!;
  } else if (flags & (Flag.load | Flag.store)) {
    setSum(cells, aLow + row.offset, aHigh);
    if (cells[cpu.outOfBounds] === 1 && cells[cpu.carryHigh] === 0) {
      cells[cpu.spare] = cells[cpu.cHigh]! - cells[cpu.pageCount]!;
    }
    if (cells[cpu.slow] === 1 && flags & Flag.store) {
      cells[cpu.oldLow] = cells[cpu.bLow]!;
      cells[cpu.oldHigh] = cells[cpu.bHigh]!;
    }
  } else if (flags & Flag.enter) {
    const left = cells[cpu.slots]! - row.offset;
    setSlots(cells, left < 0 ? -left - 1 : left);
  } else if (flags & Flag.charge && cells[cpu.outOfGas] === 0) {
    const left = gasLimit - cells[cpu.gas]!;
    cells[cpu.cLow] = left % limb;
    cells[cpu.cHigh] = Math.floor(left / limb);
    cells[cpu.spare] = gasLeftScale * cells[cpu.cHigh]!;
  }
}

/** The cells of a real row that the program alone decides: the same wherever the row is executed. */
function programCells(row: Row): Cells {
  const cells = new Uint32Array(cpuWidth);
  for (const name of flagNames) if (row.flags & Flag[name]) cells[cpu[name]] = 1;
  cells[cpu.real] = 1;
  cells[cpu.operation] = row.operation;
  cells[cpu.immediateLow] = row.low;
  cells[cpu.immediateHigh] = row.high;
  cells[cpu.offset] = row.offset;
  cells[cpu.target] = row.target;
  cells[cpu.price] = row.gas;
  cells[cpu.aCell] = row.a;
  cells[cpu.bCell] = row.b;
  cells[cpu.wCell] = row.w;
  return cells;
}

/** `TypedArray.set` has a fixed cost that is several times this for so few. */
function copyCells(target: Cells, source: Cells): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i]!;
}

/** What the machine recorded; written out, for a loop over names takes ten times as long. */
function setRecorded(
  cells: Cells,
  input: { readonly records: Uint32Array; readonly from: number; readonly flags: number },
): void {
  const { records, from, flags } = input;
  const frame = records[from + step.frame]!;
  cells[cpu.place] = records[from + step.place]!;
  cells[cpu.frame] = frame;
  cells[cpu.pageCount] = records[from + step.pages]!;
  cells[cpu.gas] = records[from + step.gas]!;
  cells[cpu.aLow] = records[from + step.aLow]!;
  cells[cpu.aHigh] = records[from + step.aHigh]!;
  cells[cpu.bLow] = records[from + step.bLow]!;
  cells[cpu.bHigh] = records[from + step.bHigh]!;
  cells[cpu.wLow] = records[from + step.wLow]!;
  cells[cpu.wHigh] = records[from + step.wHigh]!;
  cells[cpu.aTime] = records[from + step.aTime]!;
  cells[cpu.bTime] = records[from + step.bTime]!;
  cells[cpu.wTime] = records[from + step.wTime]!;
  cells[cpu.oldLow] = records[from + step.oldLow]!;
  cells[cpu.oldHigh] = records[from + step.oldHigh]!;
  if (flags & Flag.aFrame) cells[cpu.aCell]! += frame;
  if (flags & Flag.bFrame) cells[cpu.bCell]! += frame;
  if (flags & Flag.wFrame) cells[cpu.wCell]! += frame;
  const event = records[from + step.event];
  if (event === events.slow) cells[cpu.slow] = 1;
  else if (event === events.outOfBounds) cells[cpu.outOfBounds] = 1;
  else if (event === events.outOfStack) cells[cpu.outOfStack] = 1;
  else if (event === events.outOfGas) cells[cpu.outOfGas] = 1;
}

function count(cells: Cells, counts: LookupCounts): void {
  counts.range(cells[cpu.cLow]!);
  counts.range(cells[cpu.cHigh]!);
  counts.range(cells[cpu.spare]!);
  const clock = cells[cpu.clock]!;
  if (cells[cpu.aOn] === 1) counts.range(clock - cells[cpu.aTime]! - 1);
  if (cells[cpu.bOn] === 1) counts.range(clock + 1 - cells[cpu.bTime]! - 1);
  if (cells[cpu.wOn] === 1) counts.range(clock + 2 - cells[cpu.wTime]! - 1);
}

/** The row behind the last one, where the run goes on in another segment. */
function setPause(cells: Cells, run: RunRecord, { place, frame, gas, slots }: Registers): void {
  cells[cpu.pause] = 1;
  cells[cpu.clock] = clockOf(run.steps.length);
  cells[cpu.pageCount] = run.pages;
  cells[cpu.gas] = gas;
  for (const name of ["place", "operation"] as const) cells[cpu[name]] = place;
  for (const name of ["frame", "bLow", "immediateLow"] as const) cells[cpu[name]] = frame;
  for (const name of ["slots", "bHigh", "immediateHigh"] as const) cells[cpu[name]] = slots;
}

/** The CPU's table. */
export function fillCpu(
  run: RunRecord,
  input: {
    readonly rows: readonly Row[];
    readonly gasLimit: number;
    readonly logHeightMax: number;
  },
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { steps, border } = run;
  const { logHeightMax, gasLimit } = input;
  const rows = steps.length + (border === null ? 0 : 1);
  const matrix = matrixFor({ rows, width: cpuWidth, logHeightMax, table: "cpu", allocate });
  const fromProgram: (Cells | undefined)[] = [];
  const cells = new Uint32Array(cpuWidth);
  const records = steps.values;
  let { slots } = run.start;
  for (let index = 0; index < steps.length; index++) {
    const from = index * stepWidth;
    const place = records[from + step.place]!;
    const row = input.rows[place]!;
    fromProgram[place] ??= programCells(row);
    copyCells(cells, fromProgram[place]);
    setRecorded(cells, { records, from, flags: row.flags });
    cells[cpu.clock] = clockOf(index);
    cells[cpu.slots] = slots;
    slots = records[from + step.slots]!;
    setDerived(cells, row, gasLimit);
    const branches = cells[cpu.branch] === 1 ? cells[cpu.wLow]! : 0;
    cells[cpu.taken] = branches + cells[cpu.jump]! + cells[cpu.slow]!;
    count(cells, counts);
    setRow(matrix, index, cells);
  }
  if (border !== null) {
    cells.fill(0);
    setPause(cells, run, border.registers);
    setRow(matrix, steps.length, cells);
  }
  return matrix;
}
