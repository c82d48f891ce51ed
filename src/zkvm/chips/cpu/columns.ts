/**
 * Columns of the CPU: one row of the program a row (spec/14-zkvm.md §7.1).
 *
 * @module
 */

import { type FlagName, flagNames } from "../../program/program.ts";
import { type Columns, columnsOf } from "../columns.ts";

const ownNames = [
  /** 1 until the run is over. */
  "real",
  "place",
  "frame",
  "clock",
  "pageCount",
  /** Gas after this row. */
  "gas",
  /** Slots of stack that are left before this row. */
  "slots",
  "operation",
  "immediateLow",
  "immediateHigh",
  "offset",
  "target",
  "price",
  /** Cells of the operands and the result. */
  "aCell",
  "bCell",
  "wCell",
  "aLow",
  "aHigh",
  "bLow",
  "bHigh",
  "wLow",
  "wHigh",
  /** Sum, difference, address or what is left of the stack. */
  "cLow",
  "cHigh",
  "carryLow",
  "carryHigh",
  /** 1 where `equal` finds a = b; else the inverses show a difference. */
  "same",
  "inverseLow",
  "inverseHigh",
  /** Times of the accesses before, and what w replaces. */
  "aTime",
  "bTime",
  "wTime",
  "oldLow",
  "oldHigh",
  /** A number below 2^16 that a charge or an access out of bounds shows. */
  "spare",
  /** 1 where the machine goes on at `target`. */
  "taken",
  /** What the prover says happens: see `events`. */
  "slow",
  "outOfBounds",
  "outOfStack",
  "outOfGas",
  /** 1 in the row behind a segment's last one, where it is not the run's last: see `constrainPause`. */
  "pause",
] as const;

/** The flags of the program's row come last. */
export const cpu: Columns<(typeof ownNames)[number] | FlagName> = columnsOf([
  ...ownNames,
  ...flagNames,
]);
export const cpuWidth: number = ownNames.length + flagNames.length;

/** The CPU's public values. */
export const cpuPublic = { start: 0, pages: 1, gasLimit: 2, slots: 3, frame: 4, gas: 5 } as const;
export const cpuPublicCount = 6;
