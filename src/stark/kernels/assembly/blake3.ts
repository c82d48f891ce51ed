/**
 * BLAKE3 four at a time: lane k of every vector belongs to message k. Rows of matrices, pairs of
 * digests, and the search for a nonce. The twin is `src/stark/hash/blake3.ts`.
 *
 * A round is written out once and run seven times, with the message permutation as a table of
 * offsets: the whole compression stays in the instruction cache.
 *
 * @module
 */

import { INITIAL_CHAIN, LANE_NUMBERS, MESSAGE_SCHEDULE, transpose } from "./field";

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

// @ts-ignore: decorator
@inline function rotate16(a: v128): v128 {
  return v128.shuffle<i8>(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorator
@inline function rotate12(a: v128): v128 {
  return v128.or(i32x4.shr_u(a, 12), i32x4.shl(a, 20));
}

// @ts-ignore: decorator
@inline function rotate8(a: v128): v128 {
  return v128.shuffle<i8>(a, a, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

// @ts-ignore: decorator
@inline function rotate7(a: v128): v128 {
  return v128.or(i32x4.shr_u(a, 7), i32x4.shl(a, 25));
}

/** The message word that this round uses at a place: `place` is four times its number. */
// @ts-ignore: decorator
@inline function word(message: usize, round: usize, place: usize): v128 {
  return v128.load(message + load<u32>(round + place));
}

/** One compression of sixteen message vectors into the chaining value's eight, in place. */
function compress(chain: usize, message: usize, counter: u32, length: u32, flags: u32): void {
  let v0 = v128.load(chain, 0);
  let v1 = v128.load(chain, 16);
  let v2 = v128.load(chain, 32);
  let v3 = v128.load(chain, 48);
  let v4 = v128.load(chain, 64);
  let v5 = v128.load(chain, 80);
  let v6 = v128.load(chain, 96);
  let v7 = v128.load(chain, 112);
  let v8 = v128.load(INITIAL_CHAIN, 0);
  let v9 = v128.load(INITIAL_CHAIN, 16);
  let v10 = v128.load(INITIAL_CHAIN, 32);
  let v11 = v128.load(INITIAL_CHAIN, 48);
  let v12 = i32x4.splat(counter);
  let v13 = i32x4.splat(0);
  let v14 = i32x4.splat(length);
  let v15 = i32x4.splat(flags);
  for (let round = MESSAGE_SCHEDULE; round < MESSAGE_SCHEDULE + 448; round += 64) {
    v0 = i32x4.add(i32x4.add(v0, v4), word(message, round, 0));
    v12 = rotate16(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate12(v128.xor(v4, v8));
    v0 = i32x4.add(i32x4.add(v0, v4), word(message, round, 4));
    v12 = rotate8(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate7(v128.xor(v4, v8));
    v1 = i32x4.add(i32x4.add(v1, v5), word(message, round, 8));
    v13 = rotate16(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate12(v128.xor(v5, v9));
    v1 = i32x4.add(i32x4.add(v1, v5), word(message, round, 12));
    v13 = rotate8(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate7(v128.xor(v5, v9));
    v2 = i32x4.add(i32x4.add(v2, v6), word(message, round, 16));
    v14 = rotate16(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate12(v128.xor(v6, v10));
    v2 = i32x4.add(i32x4.add(v2, v6), word(message, round, 20));
    v14 = rotate8(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate7(v128.xor(v6, v10));
    v3 = i32x4.add(i32x4.add(v3, v7), word(message, round, 24));
    v15 = rotate16(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate12(v128.xor(v7, v11));
    v3 = i32x4.add(i32x4.add(v3, v7), word(message, round, 28));
    v15 = rotate8(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate7(v128.xor(v7, v11));
    v0 = i32x4.add(i32x4.add(v0, v5), word(message, round, 32));
    v15 = rotate16(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate12(v128.xor(v5, v10));
    v0 = i32x4.add(i32x4.add(v0, v5), word(message, round, 36));
    v15 = rotate8(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate7(v128.xor(v5, v10));
    v1 = i32x4.add(i32x4.add(v1, v6), word(message, round, 40));
    v12 = rotate16(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate12(v128.xor(v6, v11));
    v1 = i32x4.add(i32x4.add(v1, v6), word(message, round, 44));
    v12 = rotate8(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate7(v128.xor(v6, v11));
    v2 = i32x4.add(i32x4.add(v2, v7), word(message, round, 48));
    v13 = rotate16(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate12(v128.xor(v7, v8));
    v2 = i32x4.add(i32x4.add(v2, v7), word(message, round, 52));
    v13 = rotate8(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate7(v128.xor(v7, v8));
    v3 = i32x4.add(i32x4.add(v3, v4), word(message, round, 56));
    v14 = rotate16(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate12(v128.xor(v4, v9));
    v3 = i32x4.add(i32x4.add(v3, v4), word(message, round, 60));
    v14 = rotate8(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate7(v128.xor(v4, v9));
  }
  v128.store(chain, v128.xor(v0, v8), 0);
  v128.store(chain, v128.xor(v1, v9), 16);
  v128.store(chain, v128.xor(v2, v10), 32);
  v128.store(chain, v128.xor(v3, v11), 48);
  v128.store(chain, v128.xor(v4, v12), 64);
  v128.store(chain, v128.xor(v5, v13), 80);
  v128.store(chain, v128.xor(v6, v14), 96);
  v128.store(chain, v128.xor(v7, v15), 112);
}

/** Eight vectors, without leaving the compiled code for a `memory.copy`. */
// @ts-ignore: decorator
@inline function copyChain(target: usize, from: usize): void {
  v128.store(target, v128.load(from));
  v128.store(target, v128.load(from, 16), 16);
  v128.store(target, v128.load(from, 32), 32);
  v128.store(target, v128.load(from, 48), 48);
  v128.store(target, v128.load(from, 64), 64);
  v128.store(target, v128.load(from, 80), 80);
  v128.store(target, v128.load(from, 96), 96);
  v128.store(target, v128.load(from, 112), 112);
}

// @ts-ignore: decorator
@inline function resetChain(chain: usize): void {
  copyChain(chain, INITIAL_CHAIN);
}

/** Sixteen message vectors from four rows of sixteen words each. */
// @ts-ignore: decorator
@inline function gatherBlock(target: usize, rows: usize, rowBytes: usize): void {
  for (let at: usize = 0; at < 64; at += 16) {
    transpose(
      v128.load(rows + at), v128.load(rows + at + rowBytes),
      v128.load(rows + at + 2 * rowBytes), v128.load(rows + at + 3 * rowBytes),
      target + 4 * at,
    );
  }
}

/** Four digests of eight words from a chaining value. */
// @ts-ignore: decorator
@inline function scatterChain(target: usize, chain: usize, scratch: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    const from = chain + 4 * half;
    transpose(
      v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), scratch,
    );
    v128.store(target + half, v128.load(scratch));
    v128.store(target + half, v128.load(scratch, 16), 32);
    v128.store(target + half, v128.load(scratch, 32), 64);
    v128.store(target + half, v128.load(scratch, 48), 96);
  }
}

/** A chunk of `words` message vectors, zeros behind the last. */
function hashChunk(chain: usize, message: usize, words: u32, counter: u32, flags: u32): void {
  resetChain(chain);
  let start = CHUNK_START;
  let rest = words;
  while (rest > 16) {
    compress(chain, message, counter, 64, start);
    start = 0;
    message += 256;
    rest -= 16;
  }
  compress(chain, message, counter, 4 * rest, start | CHUNK_END | flags);
}

/**
 * The four messages of `words` vectors at `message`: the digest's chaining value at `chain`, with
 * the stack of finished subtrees behind it (256 bytes a level: one value and room for its pair).
 */
function hashMessage(chain: usize, message: usize, words: u32): void {
  const chunks = max<u32>(1, (words + 255) >> 8);
  if (chunks == 1) {
    hashChunk(chain, message, words, 0, ROOT);
    return;
  }
  let top = chain + 256;
  for (let c: u32 = 0; c < chunks; c++) {
    const isLast = c == chunks - 1;
    const size = isLast ? words - 256 * c : 256;
    // The pair's right half is hashed into the place where a parent would read it.
    let pending = top;
    hashChunk(pending, message + 4096 * <usize>c, size, c, 0);
    // A subtree is complete for each trailing zero of the number of chunks so far; at the end all are.
    let finished = c + 1;
    while (pending > chain + 256 && (isLast || (finished & 1) == 0)) {
      const left = pending - 128;
      const isRoot = isLast && left == chain + 256;
      resetChain(chain);
      compress(chain, left, 0, 64, PARENT | (isRoot ? ROOT : 0));
      copyChain(left, chain);
      pending = left;
      finished >>= 1;
    }
    top = pending + 128;
  }
  copyChain(chain, chain + 256);
}

/**
 * Digests of rows, four at a time. At `list` for each matrix: pointer to its first row, bytes from
 * row to row, width in words. A row's words are those of all matrices, one after the other.
 * `scratch` takes 4096 bytes, and 16 for each word of a row and 256 more.
 */
export function hashRows(
  list: usize, count: u32, first: u32, last: u32, target: usize, scratch: usize,
): void {
  const chain = scratch;
  const message = scratch + 4096;
  for (let row = first; row < last; row += 4) {
    let words: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const rowBytes = <usize>load<u32>(list + 12 * <usize>i, 4);
      const width = load<u32>(list + 12 * <usize>i, 8);
      const from = <usize>load<u32>(list + 12 * <usize>i) + <usize>row * rowBytes;
      // Whole vectors, padding and all: the next matrix writes over it.
      for (let at: u32 = 0; at < width; at += 4) {
        const cell = from + 4 * <usize>at;
        transpose(
          v128.load(cell), v128.load(cell + rowBytes),
          v128.load(cell + 2 * rowBytes), v128.load(cell + 3 * rowBytes),
          message + 16 * <usize>(words + at),
        );
      }
      words += width;
    }
    const zero = i32x4.splat(0);
    const end = message + 16 * <usize>words;
    for (let at: usize = 0; at < 256; at += 16) v128.store(end + at, zero);
    hashMessage(chain, message, words);
    scatterChain(target + 32 * <usize>row, chain, chain + 128);
  }
}

/** The parents of pairs of digests, and with `joining` not 0 each hashed again with one of those. */
export function hashPairs(
  digests: usize, joining: usize, first: u32, last: u32, target: usize, scratch: usize,
): void {
  const chain = scratch;
  const message = scratch + 128;
  for (let node = first; node < last; node += 4) {
    gatherBlock(message, digests + 64 * <usize>node, 64);
    resetChain(chain);
    compress(chain, message, 0, 64, PARENT);
    if (joining != 0) {
      copyChain(message, chain);
      const from = joining + 32 * <usize>node;
      for (let at: usize = 0; at < 32; at += 16) {
        transpose(
          v128.load(from + at), v128.load(from + at, 32),
          v128.load(from + at, 64), v128.load(from + at, 96), message + 128 + 4 * at,
        );
      }
      resetChain(chain);
      compress(chain, message, 0, 64, PARENT);
    }
    scatterChain(target + 32 * <usize>node, chain, message);
  }
}

/**
 * The first nonce in [first, last), in fours, for which the hash of ten words - state, tag, nonce -
 * has its low bits zero; 2^32 - 1 if there is none. `input` is nine words; the nonce goes to `target`.
 */
export function findNonce(
  input: usize, first: u32, last: u32, mask: u32, target: usize, scratch: usize,
): void {
  const chain = scratch;
  const message = scratch + 128;
  memory.fill(message, 0, 256);
  for (let i: usize = 0; i < 9; i++) {
    v128.store(message + 16 * i, v128.load32_splat(input + 4 * i));
  }
  for (let nonce = first; nonce < last; nonce += 4) {
    v128.store(message, i32x4.add(i32x4.splat(nonce), v128.load(LANE_NUMBERS)), 144);
    resetChain(chain);
    compress(chain, message, 0, 40, CHUNK_START | CHUNK_END | ROOT);
    const misses = v128.and(v128.load(chain), i32x4.splat(mask));
    if (i32x4.all_true(misses)) continue;
    for (let lane: u32 = 0; lane < 4; lane++) {
      if ((load<u32>(chain + 4 * <usize>lane) & mask) != 0) continue;
      store<u32>(target, nonce + lane);
      return;
    }
  }
  store<u32>(target, u32.MAX_VALUE);
}
