/**
 * Poseidon2 compression over KoalaBear, four at a time (spec/12-state.md §2 and §3): lane k of every
 * vector belongs to compression k. The readable twin is `src/state/poseidon2.ts`.
 *
 * Elements enter and leave canonical (below P); inside they are in Montgomery form, x * 2^32 mod P,
 * and every intermediate is below P again after each operation.
 *
 * Memory map, in bytes. The host writes the parameters once, before the first call:
 *
 *        0  P, four lanes
 *       16  P^-1 mod 2^32, four lanes
 *       32  2^64 mod P, four lanes (a product with it brings an element into Montgomery form)
 *       64  round constants in Montgomery form, u32 each: 64 initial, 20 internal, 64 final
 *     1024  the state of the four permutations: 16 vectors
 *     2048  workspace of the host
 *
 * P and its inverse are loaded from memory into locals: as literals the engine rebuilds them at
 * every use (7 % slower on Node 20, 60 % on Node 24).
 *
 * @module
 */

const MODULUS: usize = 0;
const MODULUS_INVERSE: usize = 16;
const MONTGOMERY_SQUARE: usize = 32;
const INITIAL_CONSTANTS: usize = 64;
const INTERNAL_CONSTANTS: usize = 64 + 4 * 64;
const FINAL_CONSTANTS: usize = 64 + 4 * 84;
const STATE: usize = 1024;

// @ts-ignore: decorator
@inline function add(a: v128, b: v128, p: v128): v128 {
  const sum = i32x4.add(a, b);
  return i32x4.min_u(sum, i32x4.sub(sum, p));
}

// @ts-ignore: decorator
@inline function sub(a: v128, b: v128, p: v128): v128 {
  const difference = i32x4.sub(a, b);
  return i32x4.min_u(difference, i32x4.add(difference, p));
}

/** a * b / 2^32 mod P: a * b - q * P is a multiple of 2^32 with a quotient strictly in (-P, P). */
// @ts-ignore: decorator
@inline function multiply(a: v128, b: v128, p: v128, pInverse: v128): v128 {
  const q = i32x4.mul(i32x4.mul(a, b), pInverse);
  const low = i64x2.sub(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_low_i32x4_u(q, p));
  const high = i64x2.sub(i64x2.extmul_high_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(q, p));
  const quotient = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  return i32x4.min_u(quotient, i32x4.add(quotient, p));
}

// @ts-ignore: decorator
@inline function cube(a: v128, p: v128, pInverse: v128): v128 {
  return multiply(multiply(a, a, p, pInverse), a, p, pInverse);
}

/**
 * a / 2^k mod P for 1 <= k <= 24. With a = high * 2^k + low it is high - low * (P - 1) / 2^k, for
 * 1 / 2^k = -(P - 1) / 2^k; and (P - 1) / 2^k = 2^(31 - k) - 2^(24 - k). Both terms are below P.
 */
// @ts-ignore: decorator
@inline function divide(a: v128, k: i32, p: v128): v128 {
  const low = v128.and(a, i32x4.splat((1 << k) - 1));
  const product = i32x4.sub(i32x4.shl(low, 31 - k), i32x4.shl(low, 24 - k));
  return sub(i32x4.shr_u(a, k), product, p);
}

/** Turns four rows (one a compression) into four vectors (one a word), or back. */
// @ts-ignore: decorator
@inline function transpose(
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

/** Multiplies four neighbours of the state by circ(2, 3, 1, 1) and stores them at `state`. */
// @ts-ignore: decorator
@inline function mixFour(state: usize, a: v128, b: v128, c: v128, d: v128, p: v128): void {
  const ab = add(a, b, p);
  const cd = add(c, d, p);
  const all = add(ab, cd, p);
  const allB = add(all, b, p);
  const allD = add(all, d, p);
  v128.store(state, add(allB, ab, p));
  v128.store(state, add(allB, add(c, c, p), p), 16);
  v128.store(state, add(allD, cd, p), 32);
  v128.store(state, add(allD, add(a, a, p), p), 48);
}

/** The second half of the external layer: adds to each element the sum of its column of four. */
function mixColumns(p: v128): void {
  for (let state = STATE; state < STATE + 64; state += 16) {
    const a = v128.load(state);
    const b = v128.load(state, 64);
    const c = v128.load(state, 128);
    const d = v128.load(state, 192);
    const sum = add(add(a, b, p), add(c, d, p), p);
    v128.store(state, add(a, sum, p));
    v128.store(state, add(b, sum, p), 64);
    v128.store(state, add(c, sum, p), 128);
    v128.store(state, add(d, sum, p), 192);
  }
}

function externalRounds(constants: usize, p: v128, pInverse: v128): void {
  for (let end = constants + 4 * 64; constants < end; constants += 64) {
    for (let offset: usize = 0; offset < 256; offset += 64) {
      const state = STATE + offset;
      const c = constants + (offset >> 2);
      mixFour(
        state,
        cube(add(v128.load(state), v128.load_splat<u32>(c), p), p, pInverse),
        cube(add(v128.load(state, 16), v128.load_splat<u32>(c, 4), p), p, pInverse),
        cube(add(v128.load(state, 32), v128.load_splat<u32>(c, 8), p), p, pInverse),
        cube(add(v128.load(state, 48), v128.load_splat<u32>(c, 12), p), p, pInverse),
        p,
      );
    }
    mixColumns(p);
  }
}

/** The diagonal is -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4, 2^-8, 2^-3, 2^-24, and the last four negative. */
function internalRounds(p: v128, pInverse: v128): void {
  let s0 = v128.load(STATE), s1 = v128.load(STATE, 16);
  let s2 = v128.load(STATE, 32), s3 = v128.load(STATE, 48);
  let s4 = v128.load(STATE, 64), s5 = v128.load(STATE, 80);
  let s6 = v128.load(STATE, 96), s7 = v128.load(STATE, 112);
  let s8 = v128.load(STATE, 128), s9 = v128.load(STATE, 144);
  let s10 = v128.load(STATE, 160), s11 = v128.load(STATE, 176);
  let s12 = v128.load(STATE, 192), s13 = v128.load(STATE, 208);
  let s14 = v128.load(STATE, 224), s15 = v128.load(STATE, 240);
  for (let c = INTERNAL_CONSTANTS; c < FINAL_CONSTANTS; c += 4) {
    // The sum of the others does not wait for the cube: the two run side by side.
    const low = add(
      add(add(s1, s2, p), add(s3, s4, p), p), add(add(s5, s6, p), s7, p), p,
    );
    const high = add(
      add(add(s8, s9, p), add(s10, s11, p), p), add(add(s12, s13, p), add(s14, s15, p), p), p,
    );
    const others = add(low, high, p);
    s0 = cube(add(s0, v128.load_splat<u32>(c), p), p, pInverse);
    const sum = add(others, s0, p);
    s0 = sub(others, s0, p);
    s1 = add(sum, s1, p);
    s2 = add(sum, add(s2, s2, p), p);
    s3 = add(sum, divide(s3, 1, p), p);
    s4 = add(sum, add(add(s4, s4, p), s4, p), p);
    s5 = add(s5, s5, p);
    s5 = add(sum, add(s5, s5, p), p);
    s6 = sub(sum, divide(s6, 1, p), p);
    s7 = sub(sum, add(add(s7, s7, p), s7, p), p);
    s8 = add(s8, s8, p);
    s8 = sub(sum, add(s8, s8, p), p);
    s9 = add(sum, divide(s9, 8, p), p);
    s10 = add(sum, divide(s10, 3, p), p);
    s11 = add(sum, divide(s11, 24, p), p);
    s12 = sub(sum, divide(s12, 8, p), p);
    s13 = sub(sum, divide(s13, 3, p), p);
    s14 = sub(sum, divide(s14, 4, p), p);
    s15 = sub(sum, divide(s15, 24, p), p);
  }
  v128.store(STATE, s0); v128.store(STATE, s1, 16);
  v128.store(STATE, s2, 32); v128.store(STATE, s3, 48);
  v128.store(STATE, s4, 64); v128.store(STATE, s5, 80);
  v128.store(STATE, s6, 96); v128.store(STATE, s7, 112);
  v128.store(STATE, s8, 128); v128.store(STATE, s9, 144);
  v128.store(STATE, s10, 160); v128.store(STATE, s11, 176);
  v128.store(STATE, s12, 192); v128.store(STATE, s13, 208);
  v128.store(STATE, s14, 224); v128.store(STATE, s15, 240);
}

/** The state of four compressions from their 4 * 16 words, mixed once, in Montgomery form. */
function loadMixed(source: usize, p: v128, pInverse: v128): void {
  const square = v128.load(MONTGOMERY_SQUARE);
  for (let state = STATE; state < STATE + 256; state += 64) {
    transpose(
      v128.load(source), v128.load(source, 64), v128.load(source, 128), v128.load(source, 192),
      state,
    );
    mixFour(
      state,
      multiply(v128.load(state), square, p, pInverse),
      multiply(v128.load(state, 16), square, p, pInverse),
      multiply(v128.load(state, 32), square, p, pInverse),
      multiply(v128.load(state, 48), square, p, pInverse),
      p,
    );
    source += 16;
  }
  mixColumns(p);
}

/**
 * One half (four words each) of the four digests: permuted state plus input, canonical, in rows.
 * With `target` equal to `source` the first half writes nothing that the second half reads.
 */
// @ts-ignore: decorator
@inline function storeHalf(
  source: usize, target: usize, half: usize, p: v128, pInverse: v128,
): void {
  const one = i32x4.splat(1);
  const state = STATE + 64 * half;
  transpose(
    multiply(v128.load(state), one, p, pInverse),
    multiply(v128.load(state, 16), one, p, pInverse),
    multiply(v128.load(state, 32), one, p, pInverse),
    multiply(v128.load(state, 48), one, p, pInverse),
    state,
  );
  source += 16 * half;
  target += 16 * half;
  v128.store(target, add(v128.load(state), v128.load(source), p));
  v128.store(target, add(v128.load(state, 16), v128.load(source, 64), p), 32);
  v128.store(target, add(v128.load(state, 32), v128.load(source, 128), p), 64);
  v128.store(target, add(v128.load(state, 48), v128.load(source, 192), p), 96);
}

/**
 * The words of `count` chunks, rounded up to a multiple of four: each 16-bit limb at `source` becomes
 * a word at `target`. The two must not overlap.
 */
export function widen(source: usize, target: usize, count: u32): void {
  for (const end = target + (<usize>((count + 3) & ~3) << 6); target < end; target += 64) {
    const low = v128.load(source);
    const high = v128.load(source, 16);
    v128.store(target, i32x4.extend_low_i16x8_u(low));
    v128.store(target, i32x4.extend_high_i16x8_u(low), 16);
    v128.store(target, i32x4.extend_low_i16x8_u(high), 32);
    v128.store(target, i32x4.extend_high_i16x8_u(high), 48);
    source += 32;
  }
}

/**
 * `count` compressions, rounded up to a multiple of four: 16 words each at `source`, 8 words each to
 * `target`. `target` may be `source`, for a group is read before it is written.
 */
export function compress(source: usize, target: usize, count: u32): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  for (let done: u32 = 0; done < count; done += 4) {
    loadMixed(source, p, pInverse);
    externalRounds(INITIAL_CONSTANTS, p, pInverse);
    internalRounds(p, pInverse);
    externalRounds(FINAL_CONSTANTS, p, pInverse);
    storeHalf(source, target, 0, p, pInverse);
    storeHalf(source, target, 1, p, pInverse);
    source += 256;
    target += 128;
  }
}
