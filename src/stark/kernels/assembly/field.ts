/**
 * KoalaBear four at a time, and its extension of degree 4 (X^4 = 3) with one vector a coefficient.
 *
 * Elements are below P between operations. `multiply` is Montgomery's: a * b / 2^32. Data in memory
 * is canonical and constants are in Montgomery form, so that data times constant is canonical again.
 *
 * Memory map, in bytes; the host writes it once, before the first call:
 *
 *        0  P, four lanes
 *       16  P^-1 mod 2^32, four lanes
 *       32  2^64 mod P, four lanes: a product with it is the Montgomery form
 *       48  1, four lanes: a product with it is the canonical form
 *       64  2^32 mod P, four lanes: one in Montgomery form
 *       80  the points 1, -1, i, -i in Montgomery form, i the root of order 4
 *      128  BLAKE3's message schedule: 7 rounds of 16 byte offsets of vectors, u32 each
 *      576  BLAKE3's initial chaining value, eight vectors of four equal lanes
 *      704  the numbers 0, 1, 2, 3
 *     1024  free for the host
 *
 * P and its inverse are loaded from memory into locals: as literals the engine rebuilds them at
 * every use (7 % slower on Node 20, 60 % on Node 24). There are no mutable statics: every thread
 * instantiates the module on the same memory.
 *
 * @module
 */

export const MODULUS: usize = 0;
export const MODULUS_INVERSE: usize = 16;
export const MONTGOMERY_SQUARE: usize = 32;
export const PLAIN_ONE: usize = 48;
export const MONTGOMERY_ONE: usize = 64;
export const QUARTER_POINTS: usize = 80;
export const MESSAGE_SCHEDULE: usize = 128;
export const INITIAL_CHAIN: usize = 576;
export const LANE_NUMBERS: usize = 704;

// @ts-ignore: decorator
@inline export function add(a: v128, b: v128, p: v128): v128 {
  const sum = i32x4.add(a, b);
  return i32x4.min_u(sum, i32x4.sub(sum, p));
}

// @ts-ignore: decorator
@inline export function sub(a: v128, b: v128, p: v128): v128 {
  const difference = i32x4.sub(a, b);
  return i32x4.min_u(difference, i32x4.add(difference, p));
}

/** a * b / 2^32 mod P: a * b - q * P is a multiple of 2^32 with a quotient strictly in (-P, P). */
// @ts-ignore: decorator
@inline export function multiply(a: v128, b: v128, p: v128, pInverse: v128): v128 {
  const q = i32x4.mul(i32x4.mul(a, b), pInverse);
  const low = i64x2.sub(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_low_i32x4_u(q, p));
  const high = i64x2.sub(i64x2.extmul_high_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(q, p));
  const quotient = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  return i32x4.min_u(quotient, i32x4.add(quotient, p));
}

/** The same for a constant w that comes with w * P^-1 mod 2^32: one multiplication less. */
// @ts-ignore: decorator
@inline export function multiplyBy(a: v128, w: v128, wInverse: v128, p: v128): v128 {
  const q = i32x4.mul(a, wInverse);
  const low = i64x2.sub(i64x2.extmul_low_i32x4_u(a, w), i64x2.extmul_low_i32x4_u(q, p));
  const high = i64x2.sub(i64x2.extmul_high_i32x4_u(a, w), i64x2.extmul_high_i32x4_u(q, p));
  const quotient = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  return i32x4.min_u(quotient, i32x4.add(quotient, p));
}

/** a / 2 mod P: an odd number becomes even by adding P, and (P + 1) / 2 is what that leaves. */
// @ts-ignore: decorator
@inline export function halve(a: v128, half: v128): v128 {
  const odd = i32x4.neg(v128.and(a, i32x4.splat(1)));
  return i32x4.add(i32x4.shr_u(a, 1), v128.and(odd, half));
}

/**
 * Reduces four sums of at most four products, T < 4 P^2 < 2^64: high(T) is below 1.985 P, so one
 * subtraction makes it an element, and the rest is Montgomery's step.
 */
// @ts-ignore: decorator
@inline export function reduceSum(low: v128, high: v128, p: v128, pInverse: v128): v128 {
  const q = i32x4.mul(v128.shuffle<i32>(low, high, 0, 2, 4, 6), pInverse);
  const top = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  const taken = v128.shuffle<i32>(
    i64x2.extmul_low_i32x4_u(q, p), i64x2.extmul_high_i32x4_u(q, p), 1, 3, 5, 7,
  );
  const difference = i32x4.sub(i32x4.min_u(top, i32x4.sub(top, p)), taken);
  return i32x4.min_u(difference, i32x4.add(difference, p));
}

/** a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3, reduced once. */
// @ts-ignore: decorator
@inline export function dot(
  a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128,
  p: v128, pInverse: v128,
): v128 {
  const low = i64x2.add(
    i64x2.add(i64x2.extmul_low_i32x4_u(a0, b0), i64x2.extmul_low_i32x4_u(a1, b1)),
    i64x2.add(i64x2.extmul_low_i32x4_u(a2, b2), i64x2.extmul_low_i32x4_u(a3, b3)),
  );
  const high = i64x2.add(
    i64x2.add(i64x2.extmul_high_i32x4_u(a0, b0), i64x2.extmul_high_i32x4_u(a1, b1)),
    i64x2.add(i64x2.extmul_high_i32x4_u(a2, b2), i64x2.extmul_high_i32x4_u(a3, b3)),
  );
  return reduceSum(low, high, p, pInverse);
}

// @ts-ignore: decorator
@inline export function triple(a: v128, p: v128): v128 {
  return add(add(a, a, p), a, p);
}

/** Turns four rows of four words into four columns, or back, stored at `target`. */
// @ts-ignore: decorator
@inline export function transpose(
  row0: v128, row1: v128, row2: v128, row3: v128, target: usize,
): void {
  const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}

/**
 * The product of two packed extension elements (four vectors each, 16 bytes apart) at `target`,
 * which may be either of them: X^4 = 3 makes each coefficient a sum of four products.
 */
// @ts-ignore: decorator
@inline export function multiplyExtensions(
  target: usize, a: usize, b: usize, step: usize, p: v128, pInverse: v128,
): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a + step);
  const a2 = v128.load(a + 2 * step);
  const a3 = v128.load(a + 3 * step);
  const b0 = v128.load(b);
  const b1 = v128.load(b + step);
  const b2 = v128.load(b + 2 * step);
  const b3 = v128.load(b + 3 * step);
  const t1 = triple(b1, p);
  const t2 = triple(b2, p);
  const t3 = triple(b3, p);
  v128.store(target, dot(a0, b0, a1, t3, a2, t2, a3, t1, p, pInverse));
  v128.store(target + step, dot(a0, b1, a1, b0, a2, t3, a3, t2, p, pInverse));
  v128.store(target + 2 * step, dot(a0, b2, a1, b1, a2, b0, a3, t3, p, pInverse));
  v128.store(target + 3 * step, dot(a0, b3, a1, b2, a2, b1, a3, b0, p, pInverse));
}

/** One product in scalars, for tables: a * b / 2^32 mod P. */
export function multiplyScalar(a: u32, b: u32): u32 {
  const p = <u64>load<u32>(MODULUS);
  const product = <u64>a * <u64>b;
  const q = <u32>product * load<u32>(MODULUS_INVERSE);
  const difference = <i64>(product >> 32) - <i64>((<u64>q * p) >> 32);
  return <u32>(difference < 0 ? difference + <i64>p : difference);
}
