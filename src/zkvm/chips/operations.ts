/**
 * The operations of a run, sorted by the chip that proves them.
 *
 * @module
 */

import { stepField as step, stepWidth } from "../machine/record.ts";
import type { RunRecord } from "../machine/run-record.ts";
import { Flag, Operation, type Row } from "../program/program.ts";

/** One operation with its operands and its result, unsigned. */
export interface Operated {
  readonly operation: number;
  readonly a: number;
  readonly b: number;
  readonly w: number;
}

export interface OperationsByChip {
  readonly bitwise: readonly Operated[];
  readonly comparison: readonly Operated[];
  readonly counting: readonly Operated[];
  readonly multiplication: readonly Operated[];
}

export function sortOperations(run: RunRecord, rows: readonly Row[]): OperationsByChip {
  const sorted = {
    bitwise: [] as Operated[],
    comparison: [] as Operated[],
    counting: [] as Operated[],
    multiplication: [] as Operated[],
  };
  const { values, length } = run.steps;
  for (let index = 0; index < length; index++) {
    const at = index * stepWidth;
    const { flags, operation } = rows[values[at + step.place]!]!;
    if ((flags & Flag.operate) === 0) continue;
    const word = (field: number): number => values[at + field]! + 65_536 * values[at + field + 1]!;
    const operated = { operation, a: word(step.aLow), b: word(step.bLow), w: word(step.wLow) };
    if (operation <= Operation.xor) sorted.bitwise.push(operated);
    else if (operation <= Operation.notBelowSigned) sorted.comparison.push(operated);
    else if (operation <= Operation.powerOfTwo) sorted.counting.push(operated);
    else sorted.multiplication.push(operated);
  }
  return sorted;
}

/** Byte `i` of a number. */
export function byteOf(x: number, i: number): number {
  return (x >>> (8 * i)) & 255;
}

export function lowOf(x: number): number {
  return x & 0xffff;
}

export function highOf(x: number): number {
  return x >>> 16;
}
