/**
 * Evaluates an AIR's expressions over any field (spec/08-proofs.md §6): base field elements on a
 * trace row, extension elements at the verifier's point.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { AirProgram } from "./air.ts";

/** The arithmetic that expressions need, over values of type `Value`. */
export interface Arithmetic<Value> {
  fromBase(a: number): Value;
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
}

/** The cells that the leaves name. */
export interface Cells<Value> {
  readonly local: ArrayLike<Value>;
  readonly next: ArrayLike<Value>;
  readonly fixed: ArrayLike<Value>;
  readonly publicValues: ArrayLike<number>;
}

/** The value of every node, in the order of the list. */
export function evaluateNodes<Value>(
  program: AirProgram,
  arithmetic: Arithmetic<Value>,
  cells: Cells<Value>,
): Value[] {
  const values: Value[] = [];
  const cell = (list: ArrayLike<Value>, index: number): Value => {
    const value = list[index];
    assert(value !== undefined, `${program.name}: cell ${index} is missing`);
    return value;
  };
  for (const { operation, left, right } of program.nodes) {
    switch (operation) {
      case "constant":
        values.push(arithmetic.fromBase(left));
        break;
      case "public":
        values.push(arithmetic.fromBase(cells.publicValues[left]!));
        break;
      case "local":
        values.push(cell(cells.local, left));
        break;
      case "next":
        values.push(cell(cells.next, left));
        break;
      case "fixed":
        values.push(cell(cells.fixed, left));
        break;
      default:
        values.push(arithmetic[operation](values[left]!, values[right]!));
    }
  }
  return values;
}
