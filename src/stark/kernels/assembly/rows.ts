/**
 * Work on rows of matrices and on codewords: openings, batching, folds. For "packed" and "plain" see
 * `points.ts`. The twin is `src/stark/kernels/reference.ts`.
 *
 * @module
 */

import {
  add, dot, halve, MODULUS, MODULUS_INVERSE, multiply, multiplyExtensions, sub, transpose, triple,
} from "./field";

/**
 * Adds the sum of weight[row] * row to `sums` (four vectors for four columns, one a coefficient),
 * for rows in fours. Weights are plain, in Montgomery form.
 */
export function weighRows(
  matrix: usize, rowBytes: usize, vectors: u32, rowBlocks: u32, weights: usize, sums: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  for (let b: u32 = 0; b < rowBlocks; b++) {
    const row = matrix + 4 * <usize>b * rowBytes;
    const weight = weights + 64 * <usize>b;
    for (let v: u32 = 0; v < vectors; v++) {
      const at = row + 16 * <usize>v;
      const to = sums + 64 * <usize>v;
      const r0 = v128.load(at);
      const r1 = v128.load(at + rowBytes);
      const r2 = v128.load(at + 2 * rowBytes);
      const r3 = v128.load(at + 3 * rowBytes);
      for (let d: usize = 0; d < 4; d++) {
        const sum = dot(
          r0, v128.load32_splat(weight + 4 * d), r1, v128.load32_splat(weight + 4 * d, 16),
          r2, v128.load32_splat(weight + 4 * d, 32), r3, v128.load32_splat(weight + 4 * d, 48),
          p, pInverse,
        );
        v128.store(to + 16 * d, add(v128.load(to + 16 * d), sum, p));
      }
    }
  }
}

/**
 * Adds the sum of powers[column] * cell of each row to packed `sums`. Powers are plain, in
 * Montgomery form, one for each column of whole vectors; those of padding are zero.
 */
export function combineColumns(
  matrix: usize, rowBytes: usize, vectors: u32, rowBlocks: u32, powers: usize, sums: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  for (let b: u32 = 0; b < rowBlocks; b++) {
    const row = matrix + 4 * <usize>b * rowBytes;
    const to = sums + 64 * <usize>b;
    let s0 = v128.load(to);
    let s1 = v128.load(to, 16);
    let s2 = v128.load(to, 32);
    let s3 = v128.load(to, 48);
    for (let v: u32 = 0; v < vectors; v++) {
      const at = row + 16 * <usize>v;
      const power = powers + 64 * <usize>v;
      const row0 = v128.load(at);
      const row1 = v128.load(at + rowBytes);
      const row2 = v128.load(at + 2 * rowBytes);
      const row3 = v128.load(at + 3 * rowBytes);
      const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
      const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
      const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);
      const c0 = v128.shuffle<i64>(low01, low23, 0, 2);
      const c1 = v128.shuffle<i64>(low01, low23, 1, 3);
      const c2 = v128.shuffle<i64>(high01, high23, 0, 2);
      const c3 = v128.shuffle<i64>(high01, high23, 1, 3);
      s0 = add(s0, dot(
        c0, v128.load32_splat(power), c1, v128.load32_splat(power, 16),
        c2, v128.load32_splat(power, 32), c3, v128.load32_splat(power, 48), p, pInverse,
      ), p);
      s1 = add(s1, dot(
        c0, v128.load32_splat(power, 4), c1, v128.load32_splat(power, 20),
        c2, v128.load32_splat(power, 36), c3, v128.load32_splat(power, 52), p, pInverse,
      ), p);
      s2 = add(s2, dot(
        c0, v128.load32_splat(power, 8), c1, v128.load32_splat(power, 24),
        c2, v128.load32_splat(power, 40), c3, v128.load32_splat(power, 56), p, pInverse,
      ), p);
      s3 = add(s3, dot(
        c0, v128.load32_splat(power, 12), c1, v128.load32_splat(power, 28),
        c2, v128.load32_splat(power, 44), c3, v128.load32_splat(power, 60), p, pInverse,
      ), p);
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
}

/**
 * codeword += (claimed - sum) * inverse for each place; the sums are canonical, the inverses in
 * Montgomery form, both packed; the codeword is plain and canonical, `claimed` four words.
 */
export function divideByPoint(
  codeword: usize, sums: usize, inverses: usize, claimed: usize, blocks: u32, scratch: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  for (let b: u32 = 0; b < blocks; b++) {
    const offset: usize = 64 * <usize>b;
    for (let d: usize = 0; d < 4; d++) {
      const sum = v128.load(sums + offset + 16 * d);
      v128.store(scratch + 16 * d, sub(v128.load32_splat(claimed + 4 * d), sum, p));
    }
    multiplyExtensions(scratch, scratch, inverses + offset, 16, p, pInverse);
    const to = codeword + offset;
    transpose(
      v128.load(scratch), v128.load(scratch, 16), v128.load(scratch, 32), v128.load(scratch, 48),
      scratch,
    );
    for (let k: usize = 0; k < 64; k += 16) {
      v128.store(to + k, add(v128.load(to + k), v128.load(scratch + k), p));
    }
  }
}

/**
 * One fold by two: `blocks` times eight plain elements to four. `roots` are the inverses of the
 * points of the pairs, in order; beta is four words; all three constants in Montgomery form.
 */
export function foldPairs(
  source: usize, target: usize, blocks: u32, roots: usize, beta: usize,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const half = i32x4.add(i32x4.shr_u(p, 1), i32x4.splat(1));
  const b0 = v128.load32_splat(beta);
  const b1 = v128.load32_splat(beta, 4);
  const b2 = v128.load32_splat(beta, 8);
  const b3 = v128.load32_splat(beta, 12);
  const t1 = triple(b1, p);
  const t2 = triple(b2, p);
  const t3 = triple(b3, p);
  for (let b: u32 = 0; b < blocks; b++) {
    const from = source + 128 * <usize>b;
    const to = target + 64 * <usize>b;
    const inverse = v128.load(roots + 16 * <usize>b);
    const e0 = v128.load(from);
    const o0 = v128.load(from, 16);
    const e1 = v128.load(from, 32);
    const o1 = v128.load(from, 48);
    const e2 = v128.load(from, 64);
    const o2 = v128.load(from, 80);
    const e3 = v128.load(from, 96);
    const o3 = v128.load(from, 112);
    // Sums stay plain; differences are turned to packed, multiplied and turned back.
    const d0 = sub(e0, o0, p);
    const d1 = sub(e1, o1, p);
    const d2 = sub(e2, o2, p);
    const d3 = sub(e3, o3, p);
    const low01 = v128.shuffle<i32>(d0, d1, 0, 4, 1, 5);
    const low23 = v128.shuffle<i32>(d2, d3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(d0, d1, 2, 6, 3, 7);
    const high23 = v128.shuffle<i32>(d2, d3, 2, 6, 3, 7);
    const c0 = multiply(v128.shuffle<i64>(low01, low23, 0, 2), inverse, p, pInverse);
    const c1 = multiply(v128.shuffle<i64>(low01, low23, 1, 3), inverse, p, pInverse);
    const c2 = multiply(v128.shuffle<i64>(high01, high23, 0, 2), inverse, p, pInverse);
    const c3 = multiply(v128.shuffle<i64>(high01, high23, 1, 3), inverse, p, pInverse);
    const r0 = dot(c0, b0, c1, t3, c2, t2, c3, t1, p, pInverse);
    const r1 = dot(c0, b1, c1, b0, c2, t3, c3, t2, p, pInverse);
    const r2 = dot(c0, b2, c1, b1, c2, b0, c3, t3, p, pInverse);
    const r3 = dot(c0, b3, c1, b2, c2, b1, c3, b0, p, pInverse);
    const back01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
    const back23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const rest01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
    const rest23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    const m0 = v128.shuffle<i64>(back01, back23, 0, 2);
    const m1 = v128.shuffle<i64>(back01, back23, 1, 3);
    const m2 = v128.shuffle<i64>(rest01, rest23, 0, 2);
    const m3 = v128.shuffle<i64>(rest01, rest23, 1, 3);
    v128.store(to, halve(add(add(e0, o0, p), m0, p), half));
    v128.store(to, halve(add(add(e1, o1, p), m1, p), half), 16);
    v128.store(to, halve(add(add(e2, o2, p), m2, p), half), 32);
    v128.store(to, halve(add(add(e3, o3, p), m3, p), half), 48);
  }
}

/** target += factor * source, plain elements in fours; the factor is four words in Montgomery form. */
export function addScaled(target: usize, source: usize, blocks: u32, factor: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const zero = i32x4.splat(0);
  const f = v128.load(factor);
  const t = triple(f, p);
  // Row d of the product's matrix: coefficient d of the source times these words.
  const m1 = v128.shuffle<i32>(f, t, 7, 0, 1, 2);
  const m2 = v128.shuffle<i32>(f, t, 6, 7, 0, 1);
  const m3 = v128.shuffle<i32>(f, t, 5, 6, 7, 0);
  for (let i: u32 = 0; i < 4 * blocks; i++) {
    const at: usize = 16 * <usize>i;
    const g = v128.load(source + at);
    const product = dot(
      v128.shuffle<i32>(g, zero, 0, 0, 0, 0), f, v128.shuffle<i32>(g, zero, 1, 1, 1, 1), m1,
      v128.shuffle<i32>(g, zero, 2, 2, 2, 2), m2, v128.shuffle<i32>(g, zero, 3, 3, 3, 3), m3,
      p, pInverse,
    );
    v128.store(target + at, add(v128.load(target + at), product, p));
  }
}

/** Zeros. */
export function clear(at: usize, bytes: u32): void {
  memory.fill(at, 0, bytes);
}
