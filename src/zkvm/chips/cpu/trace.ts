/**
 * Fills the CPU's table from the steps of a run (spec/14-zkvm.md §7.1).
 *
 * @module
 */

import { inverse, sub } from "../../../field/koala-bear.ts";
import type { Matrix } from "../../../stark/matrix.ts";
import { clockOf, events, stepField as step, stepWidth } from "../../machine/record.ts";
import type { RunRecord } from "../../machine/run-record.ts";
import { Flag, flagNames, type Row } from "../../program/program.ts";
import type { Registers } from "../../registers.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { matrixFor } from "../table-height.ts";
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
  const [aLow, aHigh] = [cells[cpu.aLow]!, cells[cpu.aHigh]!];
  const [bLow, bHigh] = [cells[cpu.bLow]!, cells[cpu.bHigh]!];
  const borrow = aLow < bLow ? 1 : 0;
  const high = aHigh - bHigh - borrow;
  cells[cpu.carryLow] = borrow;
  cells[cpu.carryHigh] = high < 0 ? 1 : 0;
  cells[cpu.cLow] = aLow - bLow + borrow * limb;
  cells[cpu.cHigh] = high < 0 ? high + limb : high;
}

function setEquality(cells: Cells): void {
  const low = sub(cells[cpu.aLow]!, cells[cpu.bLow]!);
  const high = sub(cells[cpu.aHigh]!, cells[cpu.bHigh]!);
  if (low !== 0) cells[cpu.inverseLow] = inverse(low);
  else if (high !== 0) cells[cpu.inverseHigh] = inverse(high);
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
  const [aLow, aHigh] = [cells[cpu.aLow]!, cells[cpu.aHigh]!];
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

function setProgram(cells: Cells, row: Row, frame: number): void {
  const { flags } = row;
  flagNames.forEach((name) => {
    if (flags & Flag[name]) cells[cpu[name]] = 1;
  });
  cells[cpu.operation] = row.operation;
  cells[cpu.immediateLow] = row.low;
  cells[cpu.immediateHigh] = row.high;
  cells[cpu.offset] = row.offset;
  cells[cpu.target] = row.target;
  cells[cpu.price] = row.gas;
  cells[cpu.aCell] = row.a + (flags & Flag.aFrame ? frame : 0);
  cells[cpu.bCell] = row.b + (flags & Flag.bFrame ? frame : 0);
  cells[cpu.wCell] = row.w + (flags & Flag.wFrame ? frame : 0);
}

const copied = [
  ["place", step.place],
  ["frame", step.frame],
  ["pageCount", step.pages],
  ["gas", step.gas],
  ["aLow", step.aLow],
  ["aHigh", step.aHigh],
  ["bLow", step.bLow],
  ["bHigh", step.bHigh],
  ["wLow", step.wLow],
  ["wHigh", step.wHigh],
  ["aTime", step.aTime],
  ["bTime", step.bTime],
  ["wTime", step.wTime],
  ["oldLow", step.oldLow],
  ["oldHigh", step.oldHigh],
] as const;

const eventColumns = [
  ["slow", events.slow],
  ["outOfBounds", events.outOfBounds],
  ["outOfStack", events.outOfStack],
  ["outOfGas", events.outOfGas],
] as const;

function count(cells: Cells, counts: LookupCounts): void {
  for (const name of ["cLow", "cHigh", "spare"] as const) counts.range(cells[cpu[name]]!);
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
): Matrix {
  const { steps, border } = run;
  const { logHeightMax } = input;
  const rows = steps.length + (border === null ? 0 : 1);
  const matrix = matrixFor({ rows, width: cpuWidth, logHeightMax, table: "cpu" });
  let { slots } = run.start;
  for (let index = 0; index < steps.length; index++) {
    const cells = matrix.values.subarray(index * matrix.stride, (index + 1) * matrix.stride);
    const record = steps.values.subarray(index * stepWidth, (index + 1) * stepWidth);
    const row = input.rows[record[step.place]!]!;
    cells[cpu.real] = 1;
    for (const [name, field] of copied) cells[cpu[name]] = record[field]!;
    setProgram(cells, row, record[step.frame]!);
    cells[cpu.clock] = clockOf(index);
    cells[cpu.slots] = slots;
    slots = record[step.slots]!;
    for (const [name, event] of eventColumns)
      if (record[step.event] === event) cells[cpu[name]] = 1;
    setDerived(cells, row, input.gasLimit);
    const branches = cells[cpu.branch] === 1 ? cells[cpu.wLow]! : 0;
    cells[cpu.taken] = branches + cells[cpu.jump]! + cells[cpu.slow]!;
    count(cells, counts);
  }
  if (border !== null) {
    const at = steps.length * matrix.stride;
    setPause(matrix.values.subarray(at, at + matrix.stride), run, border.registers);
  }
  return matrix;
}
