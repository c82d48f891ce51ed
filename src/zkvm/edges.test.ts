import { expect, test } from "vitest";
import { add, mul, P, sub } from "../field/koala-bear.ts";
import type { RowKind } from "../stark/air/air.ts";
import { evaluateNodes } from "../stark/air/evaluate.ts";
import { type Matrix, rowOf } from "../stark/matrix.ts";
import { StateKernel } from "../state/kernel.ts";
import { inboxBytes, processModule, SlotRunner } from "../testing/process-slots.ts";
import { bitwise } from "./chips/bitwise/constraints.ts";
import { comparison } from "./chips/comparison/constraints.ts";
import { counting } from "./chips/counting/constraints.ts";
import { cpu } from "./chips/cpu/columns.ts";
import { frames } from "./chips/frames/constraints.ts";
import { memory } from "./chips/memory/columns.ts";
import { multiplication } from "./chips/multiplication/constraints.ts";
import { refresh } from "./chips/refresh/constraints.ts";
import { fillTables } from "./fill-tables.ts";
import { flagNames } from "./program/program.ts";
import { starkStatement } from "./slot-context.ts";
import { system, type TableName, tableIndex } from "./system.ts";
import { witnessSlot } from "./witness-slot.ts";

const limits = { gasLimit: 8_000_000, memoryPagesMax: 100 };
const module = processModule("token");
const pre = new SlotRunner(module, limits).image();
const inbox = inboxBytes(0, 3, {});
const witness = witnessSlot(new StateKernel(), { module, limits, first: true, pre, inbox })!;
const traces = fillTables(witness.run, witness.program, limits.gasLimit);
const about = starkStatement(witness, { inbox, pages: pre.memory.length / 65_536 });
const arithmetic = { fromBase: (a: number) => a, add, sub, mul };

interface Changed {
  readonly table: TableName;
  readonly row: number;
  readonly here?: Readonly<Record<number, number>>;
  readonly next?: Readonly<Record<number, number>>;
}

function changed(matrix: Matrix, row: number, cells: Readonly<Record<number, number>>) {
  const values = rowOf(matrix, row % matrix.height);
  for (const [column, value] of Object.entries(cells)) values[Number(column)] = value;
  return values;
}

/** Whether some constraint of these kinds fails in a row that is changed like this; no bus helps. */
function isRefused(
  { table, row, here = {}, next = {} }: Changed,
  kinds: readonly RowKind[],
): boolean {
  const index = tableIndex[table];
  const { program } = system.tables[index]!;
  const matrix = traces[index]!;
  const values = evaluateNodes(program, arithmetic, {
    local: changed(matrix, row, here),
    next: changed(matrix, row + 1, next),
    fixed: [],
    publicValues: about.publicValues[index]!,
  });
  return program.constraints.some(({ kind, node }) => kinds.includes(kind) && values[node] !== 0);
}

const bits: readonly (readonly [TableName, Readonly<Record<string, number>>, readonly string[]])[] =
  [
    [
      "cpu",
      cpu,
      [...flagNames, "real", "carryLow", "carryHigh", "slow", "outOfBounds", "outOfStack"],
    ],
    ["cpu", cpu, ["outOfGas", "pause"]],
    ["memory", memory, ["real", "isLoad", "two", "four", "byte0", "byte1", "byte2", "byte3"]],
    ["bitwise", bitwise, ["and", "or", "xor"]],
    ["comparison", comparison, ["negate", "aSign", "bSign", "borrowLow", "isBelow"]],
    ["counting", counting, ["clz", "ctz", "popcnt", "powerOfTwo"]],
    [
      "multiplication",
      multiplication,
      ["multiply", "multiplyHigh", "divide", "remainder", "borrow"],
    ],
    ["refresh", refresh, ["real"]],
  ];

test.each(bits)(
  "every bit of %s is a bit: 2 and -1 break a constraint in every row",
  (table, columns, names) => {
    const { program } = system.tables[tableIndex[table]]!;
    for (const name of names) {
      const column = columns[name]!;
      // The constraint x (x - 1) itself, so that no other happens to stand in for it.
      const isLinted = program.constraints.some(({ kind, node }) => {
        const { operation, left, right } = program.nodes[node]!;
        const [x, y] = [program.nodes[left], program.nodes[right]];
        if (kind !== "every" || operation !== "mul" || x?.operation !== "local") return false;
        const one = y?.operation === "sub" ? program.nodes[y.right] : undefined;
        return (
          x.left === column && y?.left === left && one?.operation === "constant" && one.left === 1
        );
      });
      expect(isLinted, name).toBe(true);
      for (const value of [2, P - 1]) {
        expect(isRefused({ table, row: 3, here: { [column]: value } }, ["every"]), name).toBe(true);
      }
    }
  },
);

test("a row that is not real reaches no bus, and stops nothing", () => {
  const matrix = traces[tableIndex.cpu]!;
  const row = matrix.height - 2;
  for (const name of [
    "aOn",
    "bOn",
    "wOn",
    "operate",
    "load",
    "store",
    "receive",
    "slow",
  ] as const) {
    expect(isRefused({ table: "cpu", row, here: { [cpu[name]]: 1 } }, ["every"]), name).toBe(true);
  }
  for (const name of ["halt", "outOfBounds", "outOfStack", "outOfGas", "pause"] as const) {
    const here = { [cpu[name]]: 1 };
    // Nothing would lead on from such a row, and nothing leads to a border there.
    const isStop = name !== "pause";
    expect(isRefused({ table: "cpu", row, here }, ["transition"]), name).toBe(isStop);
    expect(isRefused({ table: "cpu", row, here }, ["last"]), name).toBe(isStop);
    expect(isRefused({ table: "cpu", row: row - 1, next: here }, ["transition"]), name).toBe(
      !isStop,
    );
  }
});

test("a run begins where, with what and when it must", () => {
  for (const name of ["real", "place", "frame", "clock", "pageCount", "slots", "gas"] as const) {
    const value = (traces[tableIndex.cpu]!.values[cpu[name]]! + 1) % P;
    const change = { table: "cpu", row: 0, here: { [cpu[name]]: value } } as const;
    expect(isRefused(change, ["first"]), name).toBe(true);
  }
  expect(isRefused({ table: "frames", row: 0, here: { [frames.cell]: 5 } }, ["first"])).toBe(true);
  expect(isRefused({ table: "frames", row: 4, next: { [frames.cell]: 5 } }, ["transition"])).toBe(
    true,
  );
});

test("a run goes on until it stops, and not after", () => {
  const last = witness.run.steps.length - 1;
  const kinds = ["transition"] as const;
  expect(isRefused({ table: "cpu", row: last }, kinds)).toBe(false);
  expect(isRefused({ table: "cpu", row: last, next: { [cpu.real]: 1 } }, kinds)).toBe(true);
  expect(isRefused({ table: "cpu", row: last + 1, next: { [cpu.real]: 1 } }, kinds)).toBe(true);
  expect(isRefused({ table: "cpu", row: 10, next: { [cpu.real]: 0 } }, kinds)).toBe(true);
  // A border is no way to end twice, nor to go on from.
  expect(isRefused({ table: "cpu", row: 10, next: { [cpu.pause]: 1 } }, kinds)).toBe(true);
  expect(isRefused({ table: "cpu", row: last, next: { [cpu.pause]: 1 } }, kinds)).toBe(true);
  expect(isRefused({ table: "cpu", row: last + 1, next: { [cpu.pause]: 1 } }, kinds)).toBe(true);
  expect(isRefused({ table: "cpu", row: 10, here: { [cpu.pause]: 1 } }, ["every"])).toBe(true);
  // Nor does it stop at the end of a table that is full.
  expect(isRefused({ table: "cpu", row: 10 }, ["last"])).toBe(true);
  expect(isRefused({ table: "cpu", row: last }, ["last"])).toBe(false);
});

test("each row leads to the next: place, frame, time, pages, gas and slots", () => {
  for (const name of ["place", "frame", "clock", "pageCount", "gas", "slots"] as const) {
    for (let row = 1; row < 400; row++) {
      const matrix = traces[tableIndex.cpu]!;
      const value = (matrix.values[(row + 1) * matrix.stride + cpu[name]]! + 1) % P;
      const change = { table: "cpu", row, next: { [cpu[name]]: value } } as const;
      if (!isRefused(change, ["transition"])) expect.fail(`${name} after row ${row}`);
    }
  }
});

/** Rows of the run that have all of these columns set, a few of them. */
function rowsWith(...names: readonly (keyof typeof cpu)[]): number[] {
  const matrix = traces[tableIndex.cpu]!;
  const rows: number[] = [];
  for (let row = 0; row < witness.run.steps.length && rows.length < 20; row++) {
    if (names.every((name) => matrix.values[row * matrix.stride + cpu[name]] === 1)) rows.push(row);
  }
  expect(rows.length, names.join()).toBeGreaterThan(0);
  return rows;
}

function cellOf(row: number, name: keyof typeof cpu): number {
  const matrix = traces[tableIndex.cpu]!;
  return matrix.values[row * matrix.stride + cpu[name]]!;
}

/** Whether no row of the kind may have these cells instead of its own. */
function expectRefused(
  names: readonly (keyof typeof cpu)[],
  change: (row: number) => Partial<Record<keyof typeof cpu, number>> | null,
): void {
  let tried = 0;
  for (const row of rowsWith(...names)) {
    const cells = change(row);
    if (cells === null) continue;
    tried++;
    const here = Object.fromEntries(
      Object.entries(cells).map(([name, value]) => [cpu[name as keyof typeof cpu], value]),
    );
    const text = `row ${row}: ${JSON.stringify(cells)}`;
    expect(isRefused({ table: "cpu", row, here }, ["every"]), text).toBe(true);
  }
  expect(tried, names.join()).toBeGreaterThan(0);
}

test("what is stored is the operand, and what is moved is too", () => {
  for (const name of ["store", "move"] as const) {
    expectRefused([name], (row) => ({ wLow: (cellOf(row, "wLow") + 1) % P }));
    expectRefused([name], (row) => ({ wHigh: (cellOf(row, "wHigh") + 1) % P }));
  }
});

test("equality cannot be claimed of what differs, nor where nothing is compared", () => {
  expectRefused(["equal"], (row) => {
    if (cellOf(row, "same") === 1) return null;
    const bit = 1 - cellOf(row, "negate");
    const taken = cellOf(row, "branch") * bit;
    return { same: 1, wLow: bit, taken };
  });
  expectRefused(["equal"], (row) => {
    if (cellOf(row, "same") === 0) return null;
    const bit = cellOf(row, "negate");
    return { same: 0, wLow: bit, taken: cellOf(row, "branch") * bit, inverseLow: 7 };
  });
  expectRefused(["add"], () => ({ same: 1 }));
});

test("an access in memory is not out of bounds, and one above 2^32 is not in memory", () => {
  expectRefused(["load"], () => ({ outOfBounds: 1, spare: 0 }));
  expectRefused(["load"], (row) => ({ outOfBounds: 1, spare: cellOf(row, "cHigh") }));
  expectRefused(["store"], () => ({ carryHigh: 1 }));
  // With the difference as it is the constraint holds, and the range of `spare` refuses it.
  for (const row of rowsWith("load")) {
    const difference = sub(cellOf(row, "cHigh"), cellOf(row, "pageCount"));
    expect(difference).toBeGreaterThan(65_535);
  }
});

test("rows are slow, out of bounds or out of stack only where they can be", () => {
  expectRefused(["add"], () => ({ slow: 1, taken: 1 }));
  expectRefused(["add"], () => ({ outOfBounds: 1 }));
  expectRefused(["add"], () => ({ outOfStack: 1 }));
  expectRefused(["load"], (row) => ({
    slow: 1,
    taken: 1,
    outOfGas: 1,
    wLow: cellOf(row, "oldLow"),
    wHigh: cellOf(row, "oldHigh"),
  }));
  expectRefused(["enter"], () => ({ outOfStack: 1 }));
  expectRefused(["enter"], (row) => ({ cLow: (cellOf(row, "cLow") + 1) % P }));
});
