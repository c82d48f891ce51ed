/**
 * Faults of the machine (design of the hunt, level 3), each with what has to refuse it.
 *
 * @module
 */

import {
  accessField as access,
  accessWidth,
  clockOf,
  stepField as step,
  stepWidth,
} from "../../zkvm/machine/record.ts";
import type { RunRecord } from "../../zkvm/machine/run-record.ts";
import { Flag, type FlagName, Operation, type Row } from "../../zkvm/program/program.ts";
import type { MachineFault } from "./faulty-run.ts";

const has = (...names: readonly FlagName[]) => {
  return (row: Row): boolean => names.every((name) => (row.flags & Flag[name]) !== 0);
};

const without = (row: Row, ...names: readonly FlagName[]): Row => ({
  ...row,
  flags: names.reduce((flags, name) => flags & ~Flag[name], row.flags),
});

const toggled = (row: Row, ...names: readonly FlagName[]): Row => ({
  ...row,
  flags: names.reduce((flags, name) => flags ^ Flag[name], row.flags),
});

/** Edits the record of the access that a step made. */
function patchAccess(edit: (cells: Uint32Array) => void) {
  return ({ accesses }: RunRecord, row: number): void => {
    for (let index = 0; index < accesses.length; index++) {
      const at = index * accessWidth;
      const cells = accesses.values.subarray(at, at + accessWidth);
      if (cells[access.clock] === clockOf(row) + 3) edit(cells);
    }
  };
}

const isAccess = (flag: "load" | "store", bytes: number) => {
  return (row: Row): boolean => has(flag)(row) && row.operation === bytes;
};

const flow: readonly MachineFault[] = [
  {
    name: "a comparison comes out the other way",
    refusedBy: "cpu every (equal * (wLow",
    where: has("equal", "branch"),
    nth: 3,
    instead: (row) => toggled(row, "negate"),
  },
  {
    name: "a branch is not taken",
    refusedBy: "cpu transition ((real' + pause') * (place'",
    where: (row) => has("branch")(row) && !has("operate")(row),
    nth: 30,
    instead: (row) => toggled(row, "branch"),
  },
  {
    name: "a jump leads one row too far",
    refusedBy: "cpu transition ((real' + pause') * (place'",
    where: has("jump"),
    nth: 4,
    instead: (row) => ({ ...row, target: row.target + 1 }),
  },
  {
    name: "a jump table is off by one",
    refusedBy: "cpu transition ((real' + pause') * (place'",
    where: (row) => has("jumpIndexed")(row) && !has("call")(row),
    instead: (row) => ({ ...row, target: row.target + 1 }),
  },
  {
    name: "a call through the table reaches another function",
    refusedBy: "cpu transition ((real' + pause') * (place'",
    where: has("jumpIndexed"),
    instead: (row) => ({ ...row, target: row.target + 1 }),
  },
  {
    name: "a return leads to the next row",
    refusedBy: "cpu transition ((real' + pause') * (place'",
    where: has("return"),
    nth: 1,
    instead: (row) => without(row, "return"),
  },
  {
    name: "a return keeps the frame",
    refusedBy: "cpu transition ((real' + pause') * (frame'",
    where: (row) => row.flags === (Flag.return | Flag.aOn | Flag.aFrame),
    instead: (row) => ({ ...without(row, "return"), flags: Flag.jump | Flag.aOn | Flag.aFrame }),
  },
  {
    name: "a frame is entered that nobody called for",
    refusedBy: "cpu transition ((real' + pause') * (frame'",
    where: (row) => has("move", "wOn", "wFrame")(row) && !has("bOn")(row),
    nth: 6,
    instead: (row) => ({ ...row, flags: row.flags | Flag.call }),
  },
  {
    name: "the run ends where it pleases",
    refusedBy: "cpu transition ((real' + pause') - (real",
    where: has("add"),
    nth: 2,
    instead: (row) => ({ ...row, flags: Flag.halt, operation: 0 }),
  },
];

const memory: readonly MachineFault[] = [
  {
    name: "a store is skipped",
    refusedBy: "memory every (four * (value",
    where: isAccess("store", 4),
    // It is read instead, and the record says that it was stored.
    instead: (row) => toggled(row, "store", "load"),
    patch: (run, at) => {
      const own = run.steps.values.subarray(at * stepWidth, (at + 1) * stepWidth);
      own.copyWithin(step.wLow, step.bLow, step.bHigh + 1);
      patchAccess((cells) => {
        cells[access.isLoad] = 0;
        cells.set(own.subarray(step.bLow, step.bHigh + 1), access.valueLow);
      })(run, at);
    },
  },
  {
    name: "a byte is stored beside its place",
    refusedBy: "memory every (one * ((newLow",
    where: isAccess("store", 1),
    instead: (row) => ({ ...row, offset: row.offset ^ 1 }),
    patch: patchAccess((cells) => {
      cells[access.address] = cells[access.address]! ^ 1;
    }),
  },
  {
    name: "another byte is loaded",
    refusedBy: "memory every (one * ((newLow",
    where: isAccess("load", 1),
    nth: 2,
    instead: (row) => ({ ...row, offset: row.offset ^ 1 }),
    patch: patchAccess((cells) => {
      cells[access.address] = cells[access.address]! ^ 1;
    }),
  },
  {
    name: "a byte is loaded with its neighbour above it",
    refusedBy: "memory every ((isLoad * one) * storedHigh)",
    where: isAccess("load", 1),
    instead: (row) => ({ ...row, operation: 2 }),
    patch: patchAccess((cells) => {
      cells[access.operation] = 1;
    }),
  },
  {
    name: "another word is loaded",
    refusedBy: "bus memory",
    where: isAccess("load", 4),
    instead: (row) => ({ ...row, offset: row.offset + 4 }),
    patch: patchAccess((cells) => {
      cells[access.address] = cells[access.address]! - 4;
    }),
  },
  {
    name: "a cell of a frame is taken for another",
    refusedBy: "bus memory",
    where: has("add", "aOn", "aFrame"),
    nth: 4,
    instead: (row) => ({ ...row, a: row.a + 1 }),
  },
  {
    name: "a result is left in another cell",
    refusedBy: "bus memory",
    where: has("add", "wOn", "wFrame"),
    nth: 4,
    instead: (row) => ({ ...row, w: row.w + 1 }),
  },
  {
    name: "the page count is another",
    refusedBy: "cpu every (pages * (wLow",
    where: has("pages"),
    instead: (row) => ({ ...row, flags: Flag.move | Flag.wOn | Flag.wFrame, low: 77 }),
  },
  {
    name: "memory does not grow",
    refusedBy: "cpu transition ((real' + pause') * ((pageCount'",
    where: has("grow"),
    instead: (row) => without(row, "grow"),
  },
];

const values: readonly MachineFault[] = [
  {
    name: "a sum is a difference",
    refusedBy: "cpu every (add * (wLow",
    where: has("add"),
    nth: 3,
    instead: (row) => toggled(row, "add", "sub"),
  },
  {
    name: "a constant is another",
    refusedBy: "cpu every ((1 - bOn) * (bLow",
    where: (row) => has("move")(row) && !has("bOn")(row),
    nth: 5,
    instead: (row) => ({ ...row, low: row.low ^ 1 }),
  },
  {
    name: "a conjunction is a disjunction",
    refusedBy: "bus operation",
    where: (row) => has("operate")(row) && row.operation === Operation.and,
    nth: 2,
    instead: (row) => ({ ...row, operation: Operation.or }),
  },
  {
    name: "a quotient is the remainder",
    refusedBy: "bus operation",
    where: (row) => has("operate")(row) && row.operation === Operation.divide,
    instead: (row) => ({ ...row, operation: Operation.remainder }),
  },
  {
    name: "a signed comparison comes out the other way",
    refusedBy: "bus operation",
    where: (row) => has("operate")(row) && row.operation === Operation.belowSigned,
    instead: (row) => ({ ...row, operation: Operation.notBelowSigned }),
  },
];

const budgets: readonly MachineFault[] = [
  {
    name: "a row costs nothing",
    refusedBy: "cpu transition (((real' + pause') * (gas'",
    where: (row) => row.gas > 0,
    nth: 2,
    instead: (row) => ({ ...row, gas: 0 }),
  },
  {
    name: "a charge is skipped",
    refusedBy: "cpu transition (((real' + pause') * (gas'",
    where: has("charge"),
    instead: (row) => without(row, "charge"),
  },
  {
    name: "the gas is out too early",
    refusedBy: "cpu transition (((real' + pause') * (gas'",
    where: (row) => row.gas > 0 && !has("halt")(row),
    nth: 8,
    instead: (row) => ({ ...row, gas: 2 ** 26 }),
  },
  {
    name: "a function enters without taking stack",
    refusedBy: "cpu transition ((real' + pause') * (slots'",
    where: (row) => has("enter")(row) && row.offset > 0,
    instead: (row) => ({ ...row, offset: 0 }),
  },
  {
    name: "the stack is out too early",
    refusedBy: "cpu every (((enter - outOfStack)",
    where: has("enter"),
    instead: (row) => ({ ...row, offset: 2 ** 20 }),
  },
  {
    name: "the inbox is not received",
    refusedBy: "bus host",
    where: has("receive"),
    instead: (row) => without(row, "receive"),
  },
];

export const machineFaults: readonly MachineFault[] = [...flow, ...memory, ...values, ...budgets];
