/**
 * The auxiliary trace from inverted denominators (LogUp): each group's sum of fractions, and the
 * running sum. The twin is `lookupColumns` in `src/stark/kernels/reference-constraints.ts`.
 *
 * @module
 */

import { add, MODULUS, MODULUS_INVERSE, multiply, PLAIN_ONE, transpose } from "./field";

/**
 * Writes one group's column (plain, canonical, at `target`, `rowBytes` from row to row) for rows
 * 4 * `first` to 4 * `last`, and adds it to the row totals (plain, canonical) at `totals`.
 *
 * At `list` for each interaction of the group: pointer to its packed inverses, pointer to its
 * multiplicities (four bytes a row); both in Montgomery form.
 */
export function sumGroup(
  list: usize, count: u32, first: u32, last: u32, target: usize, rowBytes: usize, totals: usize,
  scratch: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const one = v128.load(PLAIN_ONE);
  for (let b = first; b < last; b++) {
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let i: u32 = 0; i < count; i++) {
      const inverses = <usize>load<u32>(list + 8 * <usize>i) + 64 * <usize>b;
      const counts = <usize>load<u32>(list + 8 * <usize>i, 4) + 16 * <usize>b;
      // One product with plain 1 makes every term canonical.
      const times = multiply(v128.load(counts), one, p, pInverse);
      s0 = add(s0, multiply(v128.load(inverses), times, p, pInverse), p);
      s1 = add(s1, multiply(v128.load(inverses, 16), times, p, pInverse), p);
      s2 = add(s2, multiply(v128.load(inverses, 32), times, p, pInverse), p);
      s3 = add(s3, multiply(v128.load(inverses, 48), times, p, pInverse), p);
    }
    transpose(s0, s1, s2, s3, scratch);
    for (let k: usize = 0; k < 4; k++) {
      const row: usize = 4 * <usize>b + k;
      const value = v128.load(scratch + 16 * k);
      v128.store(target + row * rowBytes, value);
      v128.store(totals + 16 * row, add(v128.load(totals + 16 * row), value, p));
    }
  }
}

/** Writes the running sum before each row (plain, canonical); the sum of all rows at `total`. */
export function runningSum(
  totals: usize, rows: u32, target: usize, rowBytes: usize, total: usize,
): void {
  const p = v128.load(MODULUS);
  let running = i32x4.splat(0);
  for (let row: u32 = 0; row < rows; row++) {
    v128.store(target + <usize>row * rowBytes, running);
    running = add(running, v128.load(totals + 16 * <usize>row), p);
  }
  v128.store(total, running);
}
