/**
 * Checks a trace row by row, without any proof (spec/08-proofs.md §6): every constraint on the rows
 * it is for, and every bus as a multiset over the integers modulo P. For tests and for people who
 * write AIRs; it says which constraint fails where, which a refused proof cannot.
 *
 * @module
 */

import { add, mul, sub } from "../../field/koala-bear.ts";
import { type Matrix, rowOf } from "../matrix.ts";
import type { AirProgram, RowKind } from "./air.ts";
import { evaluateNodes } from "./evaluate.ts";

/** One table with everything that its constraints read. */
export interface TableTrace {
  readonly program: AirProgram;
  readonly main: Matrix;
  readonly fixed: Matrix | null;
  readonly publicValues: Uint32Array;
}

/** What is wrong: a constraint in a row, or a tuple on a bus that does not cancel. */
export type TraceFault =
  | { readonly table: string; readonly row: number; readonly constraint: number }
  | { readonly bus: number; readonly tuple: string; readonly multiplicity: number };

const baseField = { fromBase: (a: number) => a, add, sub, mul };

function applies(kind: RowKind, row: number, height: number): boolean {
  if (kind === "every") return true;
  if (kind === "first") return row === 0;
  return kind === "last" ? row === height - 1 : row < height - 1;
}

/** All faults of the tables, at most `faultsMax`; an empty list means that they are honest. */
export function checkTraces(
  tables: readonly TableTrace[],
  publicTerms: readonly {
    readonly bus: number;
    readonly multiplicities: Uint32Array;
    readonly tuples: Uint32Array;
  }[] = [],
  faultsMax = 10,
): TraceFault[] {
  const faults: TraceFault[] = [];
  const balance = new Map<string, number>();
  const enter = (bus: number, tuple: readonly number[], multiplicity: number): void => {
    const key = `${bus}: ${tuple.join(" ")}`;
    balance.set(key, add(balance.get(key) ?? 0, multiplicity));
  };
  for (const { program, main, fixed, publicValues } of tables) {
    for (let row = 0; row < main.height; row++) {
      const values = evaluateNodes(program, baseField, {
        local: rowOf(main, row),
        next: rowOf(main, (row + 1) % main.height),
        fixed: fixed === null ? [] : rowOf(fixed, row),
        publicValues,
      });
      program.constraints.forEach(({ kind, node }, constraint) => {
        if (applies(kind, row, main.height) && values[node] !== 0) {
          faults.push({ table: program.name, row, constraint });
        }
      });
      for (const { bus, tuple, multiplicity } of program.interactions) {
        const times = values[multiplicity]!;
        if (times !== 0)
          enter(
            bus,
            tuple.map((node) => values[node]!),
            times,
          );
      }
      if (faults.length >= faultsMax) return faults.slice(0, faultsMax);
    }
  }
  for (const { bus, multiplicities, tuples } of publicTerms) {
    const width = tuples.length / multiplicities.length;
    multiplicities.forEach((multiplicity, i) => {
      enter(bus, [...tuples.subarray(i * width, (i + 1) * width)], multiplicity);
    });
  }
  for (const [key, multiplicity] of balance) {
    if (multiplicity === 0) continue;
    const [bus = "", tuple = ""] = key.split(": ");
    faults.push({ bus: Number(bus), tuple, multiplicity });
  }
  return faults.slice(0, faultsMax);
}
