import fc from "fast-check";
import { expect, test } from "vitest";
import { add, mul, P, sub } from "../../field/koala-bear.ts";
import type { PublicTerms } from "../lookup/bus.ts";
import { type Matrix, matrixFromColumns, rowOf } from "../matrix.ts";
import { quickParameters } from "../toys/quick.ts";
import { fibonacciToy, squaresToy, type Toy } from "../toys/toys.ts";
import { type Air, compileAir } from "./air.ts";
import { BusBalance } from "./bus-balance.ts";
import { checkTraces, type TableTrace, type TraceFault } from "./check-trace.ts";
import { evaluateNodes } from "./evaluate.ts";

/** The faults of a toy with one cell of one table changed. */
function faultsWith(toy: Toy, table: number, row: number, column: number, value: number) {
  const tables = toy.traces.map((trace, i) => {
    const values = trace.values.slice();
    if (i === table) values[row * trace.stride + column] = value;
    const main: Matrix = { ...trace, values };
    const publicValues = toy.statement.publicValues[i]!;
    return { program: toy.system.tables[i]!.program, main, fixed: toy.fixed[i]!, publicValues };
  });
  return checkTraces(tables, toy.statement.publicTerms);
}

test("names the constraint and the row that fail", () => {
  const toy = fibonacciToy(quickParameters, 3);
  const fault = (row: number, constraint: number): TraceFault => ({
    table: "fibonacci",
    row,
    constraint,
  });
  expect(faultsWith(toy, 0, 0, 0, 5)).toEqual([fault(0, 0), fault(0, 3)]);
  expect(faultsWith(toy, 0, 7, 1, 5)).toEqual([fault(6, 3), fault(7, 4)]);
  expect(faultsWith(toy, 0, 7, 0, 5)).toEqual([fault(6, 2)]);
});

test("names the tuple that does not cancel, and by how much", () => {
  const toy = squaresToy(quickParameters, 4);
  // Of the numbers below 64, sixteen have the high digit 3 and four the low one.
  expect(faultsWith(toy, 2, 3, 0, 0)).toEqual([{ bus: 2, tuple: "3", multiplicity: 20 }]);
  const statement = { ...toy.statement, publicTerms: [] };
  const [fault] = faultsWith({ ...toy, statement }, 2, 0, 0, 20);
  expect(fault).toMatchObject({ bus: 3, multiplicity: 1 });
});

test("says no more than it is asked for", () => {
  const toy = fibonacciToy(quickParameters, 6);
  const { program } = toy.system.tables[0]!;
  const main = { ...toy.traces[0]!, values: toy.traces[0]!.values.map((v) => (v * 3 + 1) % P) };
  const publicValues = toy.statement.publicValues[0]!;
  expect(checkTraces([{ program, main, fixed: null, publicValues }], [], 4).length).toBe(4);
});

/** The same check, written row by row and with texts for tuples. */
function faultsByRow(
  { program, main, fixed, publicValues }: TableTrace,
  { bus: onBus, tuples, multiplicities }: PublicTerms,
): string[] {
  const faults: string[] = [];
  const balance = new Map<string, number>();
  const enter = (bus: number, tuple: readonly number[], multiplicity: number): void => {
    const key = `${bus}: ${tuple.join(" ")}`;
    balance.set(key, add(balance.get(key) ?? 0, multiplicity));
  };
  const { height } = main;
  for (let row = 0; row < height; row++) {
    const [local, next] = [rowOf(main, row), rowOf(main, (row + 1) % height)];
    const cells = { local, next, fixed: fixed === null ? [] : rowOf(fixed, row), publicValues };
    const values = evaluateNodes(program, { fromBase: (a) => a, add, sub, mul }, cells);
    program.constraints.forEach(({ kind, node }, constraint) => {
      const isFor = {
        every: true,
        first: row === 0,
        last: row === height - 1,
        transition: row < height - 1,
      };
      if (isFor[kind] && values[node] !== 0) faults.push(`row ${row}: ${constraint}`);
    });
    for (const { bus, tuple, multiplicity } of program.interactions) {
      enter(
        bus,
        tuple.map((node) => values[node]!),
        values[multiplicity]!,
      );
    }
  }
  const width = tuples.length / multiplicities.length;
  multiplicities.forEach((times, i) => {
    enter(onBus, [...tuples.subarray(i * width, (i + 1) * width)], times);
  });
  for (const [key, times] of balance) if (times !== 0) faults.push(`bus ${key}: ${times}`);
  return faults.sort();
}

function textOf(fault: TraceFault): string {
  if ("bus" in fault) return `bus ${fault.bus}: ${fault.tuple}: ${fault.multiplicity}`;
  return `row ${fault.row}: ${fault.constraint}`;
}

/** One constraint of each kind and two buses, on which the same tuples may come again. */
const mixedAir: Air = {
  name: "mixed",
  width: 3,
  fixedWidth: 1,
  publicValueCount: 1,
  constrain(b) {
    const [x, y, z] = [b.local(0), b.local(1), b.local(2)];
    b.zero("every", x.times(y).minus(z));
    b.zero("first", x.minus(b.publicValue(0)));
    b.zero("last", y.times(y).minus(1));
    b.zero("transition", b.next(0).minus(x).times(z).plus(b.fixed(0)));
    b.interact({ bus: 1, tuple: [x, y], multiplicity: z, weight: 1 });
    b.interact({ bus: 2, tuple: [b.fixed(0), y.minus(x)], multiplicity: y.times(x), weight: 1 });
  },
};

test("property: random traces have the same faults as row by row, over many blocks", () => {
  const program = compileAir(mixedAir);
  const cell = fc.oneof(fc.constantFrom(0, 1, 1, 2, P - 1), fc.nat({ max: P - 1 }));
  const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 600,
  });
  fc.assert(
    fc.property(rows, fc.uint32Array({ minLength: 4, maxLength: 4, max: 3 }), (cells, terms) => {
      const main = matrixFromColumns([0, 1, 2].map((column) => cells.map((row) => row[column]!)));
      const fixed = matrixFromColumns([cells.map((_, row) => row % 3)]);
      const table = { program, main, fixed, publicValues: Uint32Array.of(7) };
      const own = { bus: 1, multiplicities: Uint32Array.of(1, P - 1), tuples: terms };
      const found = checkTraces([table], [own], 2 ** 20).map(textOf);
      expect(found.sort()).toEqual(faultsByRow(table, own));
    }),
    { numRuns: 40 },
  );
});

test("tuples that share their beginning, or their words on another bus, do not cancel each other", () => {
  const balance = new BusBalance();
  for (let x = 0; x < 20_000; x++) balance.enter(x % 3, [x, 7], 2, 1);
  balance.enter(0, [3], 1, 1);
  for (let x = 0; x < 20_000; x++) if (x !== 5000) balance.enter(x % 3, [x, 7], 2, P - 1);
  expect(balance.faults(10)).toEqual([
    { bus: 2, tuple: "5000 7", multiplicity: 1 },
    { bus: 0, tuple: "3", multiplicity: 1 },
  ]);
});
