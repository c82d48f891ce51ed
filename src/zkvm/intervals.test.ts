import { expect, test } from "vitest";
import { P } from "../field/koala-bear.ts";
import { gasLimitMax } from "../protocol/limits.ts";
import { columnOf, expressionText, huntTables } from "../testing/zkvm-hunt/hunt-table.ts";
import { intervalOf, ownRanges, type Ranges, rangesWith } from "../testing/zkvm-hunt/intervals.ts";
import { buses } from "./chips/buses.ts";
import { rowGasMax } from "./program/program.ts";
import { segmentRowsMax } from "./segment-limits.ts";
import { system, type TableName } from "./system.ts";

const limb = [0, 65_535] as const;
/** A limb, or a place or a frame, which a call leaves in a cell and a border shows. */
const anyLimb = [0, 2 ** 28] as const;
const time = [0, 2 ** 23] as const;

/**
 * What columns hold that have no range of their own: the other tables, the program, the cells and the
 * statement say so.
 */
const declared: Readonly<Record<TableName, Ranges>> = {
  cpu: {
    // The program's rows are numbers of these sizes; `nowhere` is 2^24.
    ...{ place: [0, 2 ** 24], target: [0, 2 ** 24], operation: [0, 2 ** 24], price: [0, 255] },
    ...{ offset: [0, 2 ** 20], immediateLow: anyLimb, immediateHigh: anyLimb },
    // A segment has at most 2^18 rows; a frame begins in the 2^18 cells behind 2^27.
    ...{ clock: [1, 2 ** 20 + 1], frame: [2 ** 27, 2 ** 27 + 2 ** 18], slots: [0, 2 ** 18] },
    ...{ pageCount: [0, 2 ** 16], aCell: anyLimb, bCell: anyLimb, wCell: anyLimb },
    // Whatever is in a cell was put there by a row whose w has such limbs.
    ...{ aLow: anyLimb, aHigh: anyLimb, bLow: anyLimb, bHigh: anyLimb },
    ...{ wLow: anyLimb, wHigh: anyLimb, oldLow: anyLimb, oldHigh: anyLimb },
    ...{ aTime: time, bTime: time, wTime: time, taken: [0, 1], same: [0, 1] },
    // At most the limit, 2^28 for rows and 2^30 for one charge: below p - 2^26.
    ...{ gas: [0, 2 ** 26 + 2 ** 28 + 2 ** 30] },
    ...{ "public 0": [0, 2 ** 21], "public 1": [0, 2 ** 16], "public 2": [0, 2 ** 26] },
    ...{ "public 3": [0, 2 ** 18], "public 4": [2 ** 27, 2 ** 28], "public 5": [0, 2 ** 26] },
  },
  memory: {
    // As the CPU asks, and as the cells were left; `one` is what is left of three bits.
    ...{ addressLow: limb, addressHigh: limb, valueLow: limb, valueHigh: limb, one: [-1, 1] },
    ...{ oldLow: limb, oldHigh: limb, newLow: limb, newHigh: limb },
    ...{ clock: [0, 2 ** 20 + 4], pages: [0, 2 ** 16], time },
  },
  bitwise: {},
  comparison: { aLow: limb, aHigh: limb, bLow: limb, bHigh: limb },
  counting: { bLow: limb, bHigh: limb, lowIsZero: [0, 1], highIsZero: [0, 1], wLow: limb },
  // The last limb of a product is what the others leave.
  multiplication: { hHigh: [0, 255 * 255 + 2047] },
  refresh: { cell: anyLimb, time, low: anyLimb, high: anyLimb },
  frames: { cell: anyLimb, time, low: anyLimb, high: anyLimb, "public 0": [0, 1] },
  fixed: {},
};

/**
 * Identities of the field, not of integers, and identities that hold in rows where a column is smaller
 * than in others: by what the constraint's text contains.
 */
const exceptions: readonly {
  readonly contains: string;
  readonly ranges: Ranges | null;
  readonly why: string;
}[] = [
  { contains: "inverse", ranges: null, why: "a hint shows that a difference is not zero" },
  { contains: "Inverse", ranges: null, why: "a hint shows that a count is not zero" },
  { contains: "gas' - gas", ranges: null, why: "a sum of natural numbers: see the test of gas" },
  {
    contains: "charge",
    ranges: { aLow: limb, aHigh: [0, 2 ** 14], cHigh: [0, 1023] },
    why: "a charge is below 2^30, and `spare` shows what is left below 2^26",
  },
];

const tables = huntTables(system);

test("constraints that say something about integers stay away from the modulus", () => {
  let checked = 0;
  for (const table of tables) {
    for (const { node } of table.program.constraints) {
      const text = expressionText(table, node);
      const exception = exceptions.find(({ contains }) => text.includes(contains));
      if (exception?.ranges === null) continue;
      const ranges = rangesWith(table, {
        ...declared[table.name as TableName],
        ...exception?.ranges,
      });
      const interval = intervalOf(table, node, ranges);
      expect(interval, `${table.name}: ${text}`).not.toBeNull();
      const [least, greatest] = interval!;
      expect(Math.max(-least, greatest), `${table.name}: ${text}`).toBeLessThan(P);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(150);
});

test("the sum of a segment's gas stays below the modulus, and far from below the limit", () => {
  const rows = segmentRowsMax * 2 * rowGasMax;
  const charge = 2 ** 30;
  // A charge shows limit - gas below 2^26: going around it would have to come within that of p.
  expect(gasLimitMax + rows + charge).toBeLessThan(P - 2 ** 26);
  expect(gasLimitMax).toBeLessThan(2 ** 26);
});

test("nothing that is looked up as a 16-bit number can be one by going around the modulus", () => {
  for (const table of tables) {
    const ranges = rangesWith(table, declared[table.name as TableName]);
    for (const [i, { bus, tuple }] of table.program.interactions.entries()) {
      if (bus !== buses.range || table.roles[i] !== "lookup") continue;
      const text = expressionText(table, tuple[0]!);
      const [least, greatest] = intervalOf(table, tuple[0]!, ranges)!;
      expect(least, text).toBeGreaterThan(2 ** 16 - P);
      expect(greatest, text).toBeLessThan(P);
    }
  }
});

test("ranges come from the table itself where it has them: bits, bytes, limbs and carries", () => {
  const table = tables.find(({ name }) => name === "multiplication")!;
  const ranges = ownRanges(table);
  const of = (name: string) => ranges.get(columnOf(table, name));
  expect(of("carry1")).toEqual([0, 2047]);
  expect(of("x3")).toEqual([0, 255]);
  expect(of("lHigh")).toEqual([0, 65_535]);
  expect(of("borrow")).toEqual([0, 1]);
  expect(of("hHigh")).toBeUndefined();
});

test("every column that counts how often, or selects, is a bit or counts what a chip offers", () => {
  for (const table of tables) {
    for (const [i, { multiplicity }] of table.program.interactions.entries()) {
      if (table.roles[i] === "offer" || table.roles[i] === "provide") continue;
      const text = expressionText(table, multiplicity);
      const columns = table.reads[multiplicity]!.local;
      const loose = columns.filter((column) => !table.bits.includes(column));
      expect(
        loose.map((column) => table.columnNames[column]),
        `${table.name}: ${text}`,
      ).toEqual([]);
    }
  }
});
