/**
 * The fixed table's fixed columns (spec/14-zkvm.md §7.9): for the prover, and for whoever wants to
 * compute their root.
 *
 * @module
 */

import { createMatrix, type Matrix } from "../../../stark/matrix.ts";
import { fixedNames } from "./constraints.ts";

/** Counts of a 16-bit number: leading and trailing zeros, ones, and 2^(x mod 32) by limbs. */
export function countsOf(x: number): readonly [number, number, number, number, number] {
  let ones = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) ones++;
  const trailing = x === 0 ? 16 : 31 - Math.clz32(x & -x);
  const power = 2 ** (x % 32);
  return [Math.clz32(x) - 16, trailing, ones, power % 65_536, Math.floor(power / 65_536)];
}

/** The fixed columns. */
export function fixedMatrix(): Matrix {
  const matrix = createMatrix({ height: 2 ** 16, width: fixedNames.length });
  for (let x = 0; x < matrix.height; x++) {
    const [low, high] = [x & 255, x >> 8];
    matrix.values.set([low, high, low & high, ...countsOf(x)], x * matrix.stride);
  }
  return matrix;
}
