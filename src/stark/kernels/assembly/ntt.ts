/**
 * The number-theoretic transform of row-major matrices, SIMD across columns, two layers a pass.
 *
 * Layer by layer, block j of m is a remainder modulo x^(N/m) - c, and the pass splits it by a square
 * root w of c into remainders modulo x^(N/2m) - w and + w. So a whole block shares one twiddle, a
 * coset costs nothing but its own table, and values come out in bit-reversed order. The inverse runs
 * the layers backwards. Passes take a range of blocks, so that the host can finish
 * a part of the matrix while it is in the cache. The twin is `src/stark/ntt.ts`.
 *
 * A table holds, at entry m + j, the twiddle of block j of m in Montgomery form and that times P^-1.
 *
 * @module
 */

import {
  add, MODULUS, MODULUS_INVERSE, multiply, multiplyBy, multiplyScalar, sub,
} from "./field";

/** w in Montgomery form and w * P^-1 at a table's entry. */
// @ts-ignore: decorator
@inline function storeTwiddle(table: usize, entry: usize, w: u32): void {
  store<u32>(table + 8 * entry, w);
  store<u32>(table + 8 * entry, w * load<u32>(MODULUS_INVERSE), 4);
}

/**
 * The powers of a root of order 2^(logCount + 1) in bit-reversed order: entry 2^k + j is entry j
 * times the root of order 2^(k + 2). `generators` holds, at 4k, that root in Montgomery form.
 */
export function buildRoots(target: usize, logCount: u32, generators: usize, one: u32): void {
  store<u32>(target, one);
  for (let k: u32 = 0; k < logCount; k++) {
    const root = load<u32>(generators + 4 * k);
    const size: usize = 1 << k;
    for (let j: usize = 0; j < size; j++) {
      store<u32>(target + 4 * (size + j), multiplyScalar(load<u32>(target + 4 * j), root));
    }
  }
}

/** The table of a coset: entry m + j is roots[j] times factors[log2 m], m = 1 ... 2^(logSize - 1). */
export function buildTwiddles(table: usize, logSize: u32, roots: usize, factors: usize): void {
  for (let layer: u32 = 0; layer < logSize; layer++) {
    const m: usize = 1 << layer;
    const factor = load<u32>(factors + 4 * layer);
    for (let j: usize = 0; j < m; j++) {
      storeTwiddle(table, m + j, multiplyScalar(load<u32>(roots + 4 * j), factor));
    }
  }
}

/**
 * Layers m and 2m of the forward transform for blocks `first` to `last` of m, from `source` to
 * `target`, which may be the same.
 */
export function forwardPass4(
  source: usize, target: usize, rowBytes: usize, vectors: u32, size: u32, m: u32, table: usize,
  first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const quarter = size / (4 * m);
  const step = <usize>quarter * rowBytes;
  const shift = target - source;
  for (let j = first; j < last; j++) {
    const outer = table + 8 * <usize>(m + j);
    const inner = table + 16 * <usize>(m + j);
    const w = v128.load32_splat(outer);
    const wi = v128.load32_splat(outer, 4);
    const u = v128.load32_splat(inner);
    const ui = v128.load32_splat(inner, 4);
    const v = v128.load32_splat(inner, 8);
    const vi = v128.load32_splat(inner, 12);
    let row = source + 4 * <usize>j * step;
    for (let i: u32 = 0; i < quarter; i++) {
      let at = row;
      const end = row + 16 * <usize>vectors;
      do {
        const x0 = v128.load(at);
        const x1 = v128.load(at + step);
        const x2 = multiplyBy(v128.load(at + 2 * step), w, wi, p);
        const x3 = multiplyBy(v128.load(at + 3 * step), w, wi, p);
        const y1 = multiplyBy(add(x1, x3, p), u, ui, p);
        const y3 = multiplyBy(sub(x1, x3, p), v, vi, p);
        const y0 = add(x0, x2, p);
        const y2 = sub(x0, x2, p);
        const to = at + shift;
        v128.store(to, add(y0, y1, p));
        v128.store(to + step, sub(y0, y1, p));
        v128.store(to + 2 * step, add(y2, y3, p));
        v128.store(to + 3 * step, sub(y2, y3, p));
        at += 16;
      } while (at < end);
      row += rowBytes;
    }
  }
}

/** Layer m alone of the forward transform, for an odd number of layers. */
export function forwardPass2(
  source: usize, target: usize, rowBytes: usize, vectors: u32, size: u32, m: u32, table: usize,
  first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const half = size / (2 * m);
  const step = <usize>half * rowBytes;
  const shift = target - source;
  for (let j = first; j < last; j++) {
    const w = v128.load32_splat(table + 8 * <usize>(m + j));
    const wi = v128.load32_splat(table + 8 * <usize>(m + j), 4);
    let row = source + 2 * <usize>j * step;
    for (let i: u32 = 0; i < half; i++) {
      const end = row + 16 * <usize>vectors;
      for (let at = row; at < end; at += 16) {
        const x0 = v128.load(at);
        const x1 = multiplyBy(v128.load(at + step), w, wi, p);
        v128.store(at + shift, add(x0, x1, p));
        v128.store(at + shift + step, sub(x0, x1, p));
      }
      row += rowBytes;
    }
  }
}

/** Layers 2m and m of the inverse transform, in place. */
export function inversePass4(
  matrix: usize, rowBytes: usize, vectors: u32, size: u32, m: u32, table: usize,
  first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const quarter = size / (4 * m);
  const step = <usize>quarter * rowBytes;
  for (let j = first; j < last; j++) {
    const outer = table + 8 * <usize>(m + j);
    const inner = table + 16 * <usize>(m + j);
    const w = v128.load32_splat(outer);
    const wi = v128.load32_splat(outer, 4);
    const u = v128.load32_splat(inner);
    const ui = v128.load32_splat(inner, 4);
    const v = v128.load32_splat(inner, 8);
    const vi = v128.load32_splat(inner, 12);
    let row = matrix + 4 * <usize>j * step;
    for (let i: u32 = 0; i < quarter; i++) {
      let at = row;
      const end = row + 16 * <usize>vectors;
      do {
        const x0 = v128.load(at);
        const x1 = v128.load(at + step);
        const x2 = v128.load(at + 2 * step);
        const x3 = v128.load(at + 3 * step);
        const y0 = add(x0, x1, p);
        const y1 = multiplyBy(sub(x0, x1, p), u, ui, p);
        const y2 = add(x2, x3, p);
        const y3 = multiplyBy(sub(x2, x3, p), v, vi, p);
        v128.store(at, add(y0, y2, p));
        v128.store(at + step, add(y1, y3, p));
        v128.store(at + 2 * step, multiplyBy(sub(y0, y2, p), w, wi, p));
        v128.store(at + 3 * step, multiplyBy(sub(y1, y3, p), w, wi, p));
        at += 16;
      } while (at < end);
      row += rowBytes;
    }
  }
}

/** Layer m alone of the inverse transform, in place. */
export function inversePass2(
  matrix: usize, rowBytes: usize, vectors: u32, size: u32, m: u32, table: usize,
  first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const half = size / (2 * m);
  const step = <usize>half * rowBytes;
  for (let j = first; j < last; j++) {
    const w = v128.load32_splat(table + 8 * <usize>(m + j));
    const wi = v128.load32_splat(table + 8 * <usize>(m + j), 4);
    let row = matrix + 2 * <usize>j * step;
    for (let i: u32 = 0; i < half; i++) {
      const end = row + 16 * <usize>vectors;
      for (let at = row; at < end; at += 16) {
        const x0 = v128.load(at);
        const x1 = v128.load(at + step);
        v128.store(at, add(x0, x1, p));
        v128.store(at + step, multiplyBy(sub(x0, x1, p), w, wi, p));
      }
      row += rowBytes;
    }
  }
}

// @ts-ignore: decorator
@inline function reverseBits(index: u32, bits: u32): u32 {
  let x = ((index >> 1) & 0x55555555) | ((index & 0x55555555) << 1);
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  return bswap<u32>(x) >> (32 - bits);
}

/**
 * The first two layers of the inverse transform, with rows gathered from their natural order and
 * everything multiplied by `scale` (Montgomery form): the rest of the inverse is in place.
 */
export function inverseGather(
  source: usize, target: usize, rowBytes: usize, vectors: u32, logSize: u32,
  table: usize, scale: u32, first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const factor = i32x4.splat(scale);
  const factorInverse = i32x4.mul(factor, pInverse);
  const m: u32 = 1 << (logSize - 2);
  const half = <usize>(2 * m) * rowBytes;
  const quarter = <usize>m * rowBytes;
  for (let j = first; j < last; j++) {
    const outer = table + 8 * <usize>(m + j);
    const inner = table + 16 * <usize>(m + j);
    const w = v128.load32_splat(outer);
    const wi = v128.load32_splat(outer, 4);
    const u = v128.load32_splat(inner);
    const ui = v128.load32_splat(inner, 4);
    const v = v128.load32_splat(inner, 8);
    const vi = v128.load32_splat(inner, 12);
    let from = source + <usize>reverseBits(4 * j, logSize) * rowBytes;
    let to = target + 4 * <usize>j * rowBytes;
    const end = from + 16 * <usize>vectors;
    for (; from < end; from += 16, to += 16) {
      const x0 = multiplyBy(v128.load(from), factor, factorInverse, p);
      const x1 = multiplyBy(v128.load(from + half), factor, factorInverse, p);
      const x2 = multiplyBy(v128.load(from + quarter), factor, factorInverse, p);
      const x3 = multiplyBy(v128.load(from + half + quarter), factor, factorInverse, p);
      const y0 = add(x0, x1, p);
      const y1 = multiplyBy(sub(x0, x1, p), u, ui, p);
      const y2 = add(x2, x3, p);
      const y3 = multiplyBy(sub(x2, x3, p), v, vi, p);
      v128.store(to, add(y0, y2, p));
      v128.store(to + rowBytes, add(y1, y3, p));
      v128.store(to + 2 * rowBytes, multiplyBy(sub(y0, y2, p), w, wi, p));
      v128.store(to + 3 * rowBytes, multiplyBy(sub(y1, y3, p), w, wi, p));
    }
  }
}

/** Multiplies `count` vectors by one element in Montgomery form, in place. */
export function scaleVectors(at: usize, count: u32, factor: u32): void {
  const p = v128.load(MODULUS);
  const w = i32x4.splat(factor);
  const pInverse = v128.load(MODULUS_INVERSE);
  for (let i: u32 = 0; i < count; i++) {
    v128.store(at, multiply(v128.load(at), w, p, pInverse));
    at += 16;
  }
}

/**
 * Chunks of coefficients side by side: row r of the target has the r-th vector of each of `chunks` parts
 * of `rows` vectors, everything multiplied by `scale` (Montgomery form).
 */
export function joinChunks(
  source: usize, target: usize, rows: u32, chunks: u32, scale: u32, first: u32, last: u32,
): void {
  const p = v128.load(MODULUS);
  const w = i32x4.splat(scale);
  const wInverse = i32x4.mul(w, v128.load(MODULUS_INVERSE));
  const part: usize = 16 * <usize>rows;
  let to = target + 16 * <usize>first * <usize>chunks;
  for (let row = first; row < last; row++) {
    let from = source + 16 * <usize>row;
    for (let chunk: u32 = 0; chunk < chunks; chunk++) {
      v128.store(to, multiplyBy(v128.load(from), w, wInverse, p));
      from += part;
      to += 16;
    }
  }
}
