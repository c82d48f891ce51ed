/**
 * Arithmetic in Z_q[X]/(X^256 + 1), four coefficients at a time (FIPS 204 §7.5 and §7.6, appendix A).
 * Coefficients are signed and reduced lazily; products are Montgomery products, a * b / 2^32 mod q in
 * (-q, q) for |a * b| < 2^31 * q. No branch and no address depends on a coefficient.
 *
 * Bounds: eight layers of the transform add q each, so from below q it stays below 9q < 2^27; the
 * inverse doubles eight times, 256 * q < 2^31.
 *
 * @module
 */

import { POLY, Q, Q_INVERSE, ZETA_PAIRS, ZETAS } from "./layout";

/** 2^64 / 256 mod q: undoes the transform's factor and the Montgomery factor of one product. */
const INVERSE_FACTOR: i32 = 41978;
/** 2^32 mod q. */
const MONTGOMERY: u64 = 4193792;
/** FIPS 204 §2.5: a 512th root of unity. */
const ROOT: u64 = 1753;

function reverseBits(value: usize): usize {
  let reversed: usize = 0;
  for (let bit: usize = 0; bit < 8; bit++) reversed |= ((value >> bit) & 1) << (7 - bit);
  return reversed;
}

/** Writes the tables that both transforms read. */
export function writeZetas(): void {
  let power: u64 = MONTGOMERY;
  for (let exponent: usize = 0; exponent < 256; exponent++) {
    const centred = (power > (Q as u64) / 2 ? (power as i64) - Q : (power as i64)) as i32;
    store<i32>(ZETAS + 4 * reverseBits(exponent), centred);
    power = (power * ROOT) % (Q as u64);
  }
  for (let k: usize = 0; k < 64; k++) {
    const zeta = load<i32>(ZETAS + 4 * (64 + k));
    store<i32>(ZETA_PAIRS + 8 * k, zeta);
    store<i32>(ZETA_PAIRS + 8 * k + 4, zeta);
  }
}

// @ts-ignore: decorator
@inline export function multiply(a: v128, b: v128, q: v128, qInverse: v128): v128 {
  const t = i32x4.mul(i32x4.mul(a, b), qInverse);
  const low = i64x2.sub(i64x2.extmul_low_i32x4_s(a, b), i64x2.extmul_low_i32x4_s(t, q));
  const high = i64x2.sub(i64x2.extmul_high_i32x4_s(a, b), i64x2.extmul_high_i32x4_s(t, q));
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** The transform, in place. */
export function transform(poly: usize): void {
  const q = i32x4.splat(Q);
  const qInverse = i32x4.splat(Q_INVERSE);
  let zetas = ZETAS + 4;
  for (let length: usize = 512; length >= 16; length >>= 1) {
    for (let start = poly; start < poly + POLY; start += 2 * length) {
      const zeta = v128.load_splat<i32>(zetas);
      zetas += 4;
      for (let at = start; at < start + length; at += 16) {
        const a = v128.load(at);
        const t = multiply(v128.load(at + length), zeta, q, qInverse);
        v128.store(at + length, i32x4.sub(a, t));
        v128.store(at, i32x4.add(a, t));
      }
    }
  }
  // The layers of length 2 and 1, eight coefficients at a time.
  let pairs = ZETA_PAIRS;
  zetas = ZETAS + 4 * 128;
  for (let at = poly; at < poly + POLY; at += 32) {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    let left = v128.shuffle<i64>(first, second, 0, 2);
    let right = v128.shuffle<i64>(first, second, 1, 3);
    let t = multiply(right, v128.load(pairs), q, qInverse);
    right = i32x4.sub(left, t);
    left = i32x4.add(left, t);
    const even = v128.shuffle<i32>(left, right, 0, 4, 2, 6);
    const odd = v128.shuffle<i32>(left, right, 1, 5, 3, 7);
    t = multiply(odd, v128.load(zetas), q, qInverse);
    const sums = i32x4.add(even, t);
    const differences = i32x4.sub(even, t);
    v128.store(at, v128.shuffle<i32>(sums, differences, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(sums, differences, 2, 6, 3, 7), 16);
    pairs += 16;
    zetas += 16;
  }
}

/** The inverse transform times 2^32, in place, of coefficients below q; the result is below q. */
export function inverseTransform(poly: usize): void {
  const q = i32x4.splat(Q);
  const qInverse = i32x4.splat(Q_INVERSE);
  let pairs = ZETA_PAIRS + 16 * 32;
  let zetas = ZETAS + 4 * 256;
  for (let at = poly; at < poly + POLY; at += 32) {
    pairs -= 16;
    zetas -= 16;
    const first = v128.load(at);
    const second = v128.load(at, 16);
    const even = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
    const odd = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
    const backwards = v128.load(zetas);
    const single = v128.shuffle<i32>(backwards, backwards, 3, 2, 1, 0);
    const sums = i32x4.add(even, odd);
    const products = multiply(i32x4.sub(odd, even), single, q, qInverse);
    const left = v128.shuffle<i32>(sums, products, 0, 4, 2, 6);
    const right = v128.shuffle<i32>(sums, products, 1, 5, 3, 7);
    const pair = v128.load(pairs);
    const swapped = v128.shuffle<i64>(pair, pair, 1, 0);
    const above = i32x4.add(left, right);
    const below = multiply(i32x4.sub(right, left), swapped, q, qInverse);
    v128.store(at, v128.shuffle<i64>(above, below, 0, 2));
    v128.store(at, v128.shuffle<i64>(above, below, 1, 3), 16);
  }
  let zeta = ZETAS + 4 * 64;
  for (let length: usize = 16; length < POLY; length <<= 1) {
    for (let start = poly; start < poly + POLY; start += 2 * length) {
      zeta -= 4;
      const factor = v128.load_splat<i32>(zeta);
      for (let at = start; at < start + length; at += 16) {
        const a = v128.load(at);
        const b = v128.load(at + length);
        v128.store(at, i32x4.add(a, b));
        v128.store(at + length, multiply(i32x4.sub(b, a), factor, q, qInverse));
      }
    }
  }
  const factor = i32x4.splat(INVERSE_FACTOR);
  for (let at = poly; at < poly + POLY; at += 16) {
    v128.store(at, multiply(v128.load(at), factor, q, qInverse));
  }
}

/** A representative within 0.75 q, for |a| < 2^31 - 2^22. */
// @ts-ignore: decorator
@inline export function reduce(a: v128, q: v128): v128 {
  const t = i32x4.shr_s(i32x4.add(a, i32x4.splat(1 << 22)), 23);
  return i32x4.sub(a, i32x4.mul(t, q));
}

/** The representative in [0, q) of one in (-q, q). */
// @ts-ignore: decorator
@inline export function canonical(a: v128, q: v128): v128 {
  return i32x4.add(a, v128.and(i32x4.shr_s(a, 31), q));
}

/** target = left * right, pointwise. */
export function multiplyPointwise(target: usize, left: usize, right: usize): void {
  const q = i32x4.splat(Q);
  const qInverse = i32x4.splat(Q_INVERSE);
  for (let at: usize = 0; at < POLY; at += 16) {
    v128.store(target + at, multiply(v128.load(left + at), v128.load(right + at), q, qInverse));
  }
}

/** target = the sum over `count` of row[i] * vector[i], pointwise, reduced. */
export function multiplyRow(target: usize, row: usize, vector: usize, count: usize): void {
  const q = i32x4.splat(Q);
  const qInverse = i32x4.splat(Q_INVERSE);
  const end = count * POLY;
  for (let at: usize = 0; at < POLY; at += 16) {
    let sum = i32x4.splat(0);
    for (let i: usize = 0; i < end; i += POLY) {
      const product = multiply(v128.load(row + i + at), v128.load(vector + i + at), q, qInverse);
      sum = i32x4.add(sum, product);
    }
    v128.store(target + at, reduce(sum, q));
  }
}

/** True if a coefficient is `bound` or more from zero. */
export function exceeds(poly: usize, bound: i32): bool {
  const limit = i32x4.splat(bound);
  let over = i32x4.splat(0);
  for (let at = poly; at < poly + POLY; at += 16) {
    over = v128.or(over, i32x4.ge_s(i32x4.abs(v128.load(at)), limit));
  }
  return v128.any_true(over);
}
