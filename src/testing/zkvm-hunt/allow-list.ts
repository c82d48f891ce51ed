/**
 * What a change of a row may do although nothing refuses it: cells that no bus and no other constraint
 * reads in a row of that kind, and the few choices that a prover has. Each with the reason why it
 * changes no statement; everything else that is accepted is a bug.
 *
 * @module
 */

import { highUnit } from "../../zkvm/chips/refresh/constraints.ts";
import type { TableName } from "../../zkvm/system.ts";
import { columnOf } from "./hunt-table.ts";
import type { Effect, Place } from "./judge.ts";

type Cell = (name: string) => number;

export interface Freedom {
  readonly table: TableName;
  /** Columns that may differ; every one of the table's if it is "all". */
  readonly columns: readonly string[] | "all";
  /** In which rows, by their cells after the change. */
  readonly when: (cell: Cell, place: Place) => boolean;
  /** Whether the row may even leave something else. */
  readonly choice?: true;
  readonly why: string;
}

const any = (cell: Cell, ...names: readonly string[]): boolean => names.some((n) => cell(n) !== 0);

const areLimbs = (cell: Cell, ...names: readonly string[]): boolean =>
  names.every((name) => cell(name) < 65_536);

const isBit = (cell: Cell, name: string): boolean => cell(name) < 2;

/** Rows of the CPU that compute an address, a sum or a difference. */
const computes = (cell: Cell): boolean => any(cell, "add", "sub", "below", "load", "store");

/** Whether the address is beyond memory as an integer, with its carry. */
const isBeyond = (cell: Cell): boolean =>
  any(cell, "carryHigh") || cell("cHigh") >= cell("pageCount");

const cpuFreedoms: readonly Freedom[] = [
  {
    table: "cpu",
    columns: "all",
    when: (cell) => !any(cell, "real", "pause", "operate", "load", "store", "aOn", "bOn", "wOn"),
    why: "a row after the stop reaches no bus and hands nothing on",
  },
  {
    table: "cpu",
    columns: ["cLow", "cHigh"],
    when: (cell) =>
      areLimbs(cell, "cLow", "cHigh") &&
      !computes(cell) &&
      !any(cell, "advise", "enter") &&
      cell("charge") === cell("outOfGas") * cell("charge"),
    why: "nothing is summed; only that they are 16-bit numbers is looked up",
  },
  {
    table: "cpu",
    columns: ["cHigh"],
    when: (cell) => areLimbs(cell, "cHigh") && any(cell, "enter"),
    why: "a budget of slots has 18 bits, in cLow and both carries",
  },
  {
    table: "cpu",
    columns: ["carryLow", "carryHigh"],
    when: (cell) =>
      !computes(cell) && !any(cell, "enter") && isBit(cell, "carryLow") && isBit(cell, "carryHigh"),
    why: "nothing is summed",
  },
  {
    table: "cpu",
    columns: ["inverseLow", "inverseHigh"],
    when: () => true,
    why: "a hint: any pair that shows a difference shows it",
  },
  {
    table: "cpu",
    columns: ["spare"],
    when: (cell) =>
      areLimbs(cell, "spare") &&
      !any(cell, "outOfBounds") &&
      cell("charge") === cell("outOfGas") * cell("charge"),
    why: "shows nothing; only that it is a 16-bit number is looked up",
  },
  {
    table: "cpu",
    columns: ["aTime"],
    when: (cell) => !any(cell, "aOn"),
    why: "a is no cell",
  },
  {
    table: "cpu",
    columns: ["bTime"],
    when: (cell) => !any(cell, "bOn"),
    why: "b is no cell",
  },
  {
    table: "cpu",
    columns: ["wTime", "oldLow", "oldHigh"],
    when: (cell) => !any(cell, "wOn"),
    why: "w replaces nothing",
  },
  {
    table: "cpu",
    columns: ["wLow", "wHigh"],
    when: (cell) =>
      !any(cell, "wOn", "branch", "operate", "store", "load", "equal", "below", "move", "call"),
    why: "the row has no result",
  },
  {
    table: "cpu",
    columns: ["wLow", "wHigh", "oldLow", "oldHigh"],
    when: (cell) => any(cell, "outOfBounds") && any(cell, "load"),
    choice: true,
    why: "the run stops here and has failed: what it leaves is thrown away",
  },
  {
    table: "cpu",
    columns: ["wLow", "wHigh", "cLow", "cHigh"],
    when: (cell) => any(cell, "advise"),
    choice: true,
    why: "advice is free; the program checks it",
  },
  {
    table: "cpu",
    columns: ["slow", "taken", "outOfBounds", "spare", "wLow", "wHigh", "oldLow", "oldHigh"],
    when: (cell) =>
      any(cell, "load", "store") &&
      cell("operation") > 1 &&
      isBit(cell, "slow") &&
      !any(cell, "outOfGas", "outOfStack", "halt") &&
      (cell("outOfBounds") === 0 || (cell("outOfBounds") === 1 && isBeyond(cell))),
    choice: true,
    why: "an access may be made byte by byte, which leaves the same and fails where it would fail",
  },
  {
    table: "cpu",
    columns: ["outOfGas"],
    when: (cell, { slot }) => isBit(cell, "outOfGas") && cell("gas") > slot.input.limits.gasLimit,
    choice: true,
    why: "a run that has spent too much fails wherever it ends",
  },
  {
    table: "cpu",
    columns: "all",
    when: (cell) =>
      cell("pause") === 1 &&
      cell("operation") === cell("place") &&
      cell("bLow") === cell("frame") &&
      cell("bHigh") === cell("slots"),
    choice: true,
    why: "where a segment ends is free; the next one begins with what the border shows",
  },
];

/** Whether the limbs that the memory chip takes apart are bytes. */
function areBytes(cell: Cell): boolean {
  return ["limbLow", "limbHigh", "storedLow", "storedHigh"].every((name) => cell(name) < 256);
}

/** Whether a refreshed cell's times are in order, as integers. */
function isRefreshed(cell: Cell): boolean {
  const [low, high] = [cell("laterLow"), cell("laterHigh")];
  return low < 65_536 && high < 65_536 && low + highUnit * high > cell("time");
}

const chipFreedoms: readonly Freedom[] = [
  {
    table: "memory",
    columns: "all",
    when: (cell) => cell("real") === 0,
    why: "a row without an access reaches no bus",
  },
  {
    table: "memory",
    columns: ["limbLow", "limbHigh", "limbAnd", "storedLow", "storedHigh", "storedAnd"],
    when: (cell) => !any(cell, "one") && areBytes(cell),
    why: "only an access of one byte takes limbs apart",
  },
  ...(["bitwise", "comparison", "counting", "multiplication"] as const).map(
    (table): Freedom => ({
      table,
      columns: "all",
      when: (cell) => cell("uses") === 0,
      why: "nobody uses the row, and what it would offer is true",
    }),
  ),
  {
    table: "counting",
    columns: ["lowInverse"],
    when: (cell) => any(cell, "lowIsZero"),
    why: "zero has no inverse",
  },
  {
    table: "counting",
    columns: ["highInverse"],
    when: (cell) => any(cell, "highIsZero"),
    why: "zero has no inverse",
  },
  {
    table: "multiplication",
    columns: ["gapLow", "gapHigh", "borrow"],
    when: (cell) =>
      any(cell, "multiply", "multiplyHigh") &&
      areLimbs(cell, "gapLow", "gapHigh") &&
      isBit(cell, "borrow"),
    why: "a product has no remainder to bound",
  },
  {
    table: "refresh",
    columns: "all",
    when: (cell) => cell("real") === 0,
    why: "a row without a cell reaches no bus",
  },
  {
    table: "refresh",
    columns: "all",
    when: (cell) => cell("real") === 1 && isRefreshed(cell),
    choice: true,
    why: "any cell may be moved to any later time; what it holds stands in one column for both",
  },
];

export const freedoms: readonly Freedom[] = [...cpuFreedoms, ...chipFreedoms];

/** The first freedom that allows each changed column, or null where one is not allowed. */
export function freedomOf(
  place: Place,
  changed: { readonly local: Uint32Array; readonly columns: readonly number[] },
  effect: Effect,
): readonly Freedom[] | null {
  const { table } = place;
  const cell: Cell = (name) => changed.local[columnOf(table, name)]!;
  const own = freedoms.filter((each) => each.table === table.name && each.when(cell, place));
  const used: Freedom[] = [];
  for (const column of changed.columns) {
    const name = table.columnNames[column]!;
    const found = own.filter(({ columns }) => columns === "all" || columns.includes(name));
    const best = found.find(({ choice }) => choice === true) ?? found[0];
    if (best === undefined) return null;
    used.push(best);
  }
  const isChoice = used.some(({ choice }) => choice === true);
  return effect === "harmful" && !isChoice ? null : used;
}
