/**
 * Inverses of extension elements, and the points of domains.
 *
 * "Packed" extension elements are four at a time, one vector a coefficient: 64 bytes for elements
 * 4b to 4b + 3. "Plain" ones are 16 bytes each. The twin is `src/stark/kernels/reference.ts`.
 *
 * @module
 */

import {
  add, MODULUS, MODULUS_INVERSE, MONTGOMERY_ONE, multiply, multiplyExtensions, QUARTER_POINTS,
  sub, transpose, triple,
} from "./field";

/** a^(P - 2) in Montgomery form: the inverse. P - 2 = 2^31 - 2^24 - 1 has all bits but bit 24. */
// @ts-ignore: decorator
@inline function invertVector(a: v128, p: v128, pInverse: v128): v128 {
  let result = a;
  for (let bit = 29; bit >= 0; bit--) {
    result = multiply(result, result, p, pInverse);
    if (bit != 24) result = multiply(result, a, p, pInverse);
  }
  return result;
}

/**
 * The inverse of one packed element in place. With y = X^2 the element is A + B X over F[y]/(y^2-3);
 * (A - B X) / (A^2 - B^2 y), and the divisor c + d y has the inverse (c - d y) / (c^2 - 3 d^2).
 */
function invertPacked(at: usize, scratch: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const zero = i32x4.splat(0);
  const a0 = v128.load(at);
  const b0 = v128.load(at, 16);
  const a1 = v128.load(at, 32);
  const b1 = v128.load(at, 48);
  // A^2 - B^2 y, where A = a0 + a1 y, B = b0 + b1 y.
  const cross = multiply(b0, b1, p, pInverse);
  const c = sub(
    add(
      multiply(a0, a0, p, pInverse), triple(multiply(a1, a1, p, pInverse), p), p,
    ),
    triple(add(cross, cross, p), p), p,
  );
  const mixed = multiply(a0, a1, p, pInverse);
  const d = sub(
    add(mixed, mixed, p),
    add(
      multiply(b0, b0, p, pInverse), triple(multiply(b1, b1, p, pInverse), p), p,
    ), p,
  );
  const norm = sub(
    multiply(c, c, p, pInverse), triple(multiply(d, d, p, pInverse), p), p,
  );
  const inverse = invertVector(norm, p, pInverse);
  v128.store(scratch, multiply(c, inverse, p, pInverse));
  v128.store(scratch, zero, 16);
  v128.store(scratch, multiply(sub(zero, d, p), inverse, p, pInverse), 32);
  v128.store(scratch, zero, 48);
  v128.store(at, sub(zero, b0, p), 16);
  v128.store(at, sub(zero, b1, p), 48);
  multiplyExtensions(at, at, scratch, 16, p, pInverse);
}

/**
 * Inverts packed elements in place, Montgomery form, none of them zero; four running products, one
 * a lane. `scratch` takes 64 bytes a block and 4288 more.
 *
 * Products are written where they are read next: copies between took a fifth of the time. They keep
 * half a page's distance from the elements modulo 4096: at the same offset in a page the processor
 * takes a load for one of a store just before, and waits (48 ns instead of 15).
 */
export function invertExtensions(at: usize, blocks: u32, scratch: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const zero = i32x4.splat(0);
  let product = scratch + 128 + ((at + 2048 - scratch - 128) & 4095);
  v128.store(product, v128.load(MONTGOMERY_ONE));
  v128.store(product, zero, 16);
  v128.store(product, zero, 32);
  v128.store(product, zero, 48);
  const end = at + 64 * <usize>blocks;
  for (let element = at; element < end; element += 64) {
    multiplyExtensions(product + 64, product, element, 16, p, pInverse);
    product += 64;
  }
  let suffix = product;
  let other = scratch;
  invertPacked(suffix, scratch + 64);
  for (let element = end - 64; element >= at; element -= 64) {
    product -= 64;
    multiplyExtensions(other, suffix, element, 16, p, pInverse);
    multiplyExtensions(element, product, suffix, 16, p, pInverse);
    const spent = suffix;
    suffix = other;
    other = spent;
  }
}

/**
 * point - x, packed, Montgomery form, for blocks `first` to `last` of a domain in bit-reversed
 * order: the four points of block b are shift * roots[2b] * (1, -1, i, -i).
 */
export function pointDifferences(
  target: usize, first: u32, last: u32, roots: usize, shift: u32, point: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const quarter = multiply(v128.load(QUARTER_POINTS), i32x4.splat(shift), p, pInverse);
  const z0 = v128.load32_splat(point);
  const z1 = v128.load32_splat(point, 4);
  const z2 = v128.load32_splat(point, 8);
  const z3 = v128.load32_splat(point, 12);
  for (let b = first; b < last; b++) {
    const x = multiply(quarter, v128.load32_splat(roots + 8 * <usize>b), p, pInverse);
    const to = target + 64 * <usize>b;
    v128.store(to, sub(z0, x, p));
    v128.store(to, z1, 16);
    v128.store(to, z2, 32);
    v128.store(to, z3, 48);
  }
}

/** Plain weights x / (point - x), Montgomery form, from packed inverses. */
export function openingWeights(
  target: usize, inverses: usize, first: u32, last: u32, roots: usize, shift: u32,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const quarter = multiply(v128.load(QUARTER_POINTS), i32x4.splat(shift), p, pInverse);
  for (let b = first; b < last; b++) {
    const x = multiply(quarter, v128.load32_splat(roots + 8 * <usize>b), p, pInverse);
    const from = inverses + 64 * <usize>b;
    transpose(
      multiply(v128.load(from), x, p, pInverse),
      multiply(v128.load(from, 16), x, p, pInverse),
      multiply(v128.load(from, 32), x, p, pInverse),
      multiply(v128.load(from, 48), x, p, pInverse),
      target + 64 * <usize>b,
    );
  }
}
