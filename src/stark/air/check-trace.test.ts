import { expect, test } from "vitest";
import { P } from "../../field/koala-bear.ts";
import type { Matrix } from "../matrix.ts";
import { quickParameters } from "../toys/quick.ts";
import { fibonacciToy, squaresToy, type Toy } from "../toys/toys.ts";
import { checkTraces, type TraceFault } from "./check-trace.ts";

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
