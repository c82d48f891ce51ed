/**
 * Runs constraint programs: a list of instructions, each done for a whole block of rows before the
 * next, so that its cost is shared and everything stays in the first-level cache. One interpreter
 * for all AIRs; the programs come from `src/stark/kernels/compile-program.ts`.
 *
 * A slot is a base field value for each of 64 rows: 16 vectors, 256 bytes, Montgomery form. An
 * extension value is four slots in a row. Slots and constants are named by byte offsets.
 *
 * An instruction is four words: operation, target, a, b. Sums are followed by four more words.
 *
 *    0 end
 *    1 add, 2 sub, 3 mul      slots a and b
 *    4 load columns           a: source (entry of the list of matrices), b: byte offset in the row;
 *                             four columns into four slots
 *    5 mul extensions         a and b of four slots
 *    6 sum                    target (four slots) += the sum of four slots, each times an extension
 *                             constant; a: the constants (64 bytes); the slots: next four words
 *    7 set constant           a: one word; into one slot
 *    8 store packed           a: four slots, b: destination
 *    9 store vector           a: one slot, b: destination of four bytes a row
 *   10 load vector            a: source of four bytes a row
 *   11 store plain            a: four slots, canonical, b: destination of sixteen bytes a row
 *   12 copy extension         a: four slots
 *   13 clear extension
 *
 * @module
 */

import {
  add, dot, MODULUS, MODULUS_INVERSE, MONTGOMERY_SQUARE, multiply, multiplyExtensions, PLAIN_ONE,
  sub, transpose,
} from "./field";

const SLOT: usize = 256;

/**
 * The row whose cells are the next row's of `row`: in a domain of 2^logSize rows in bit-reversed
 * order, where a row of the trace is 2^logStep places.
 */
// @ts-ignore: decorator
@inline function nextRow(row: u32, logSize: u32, logStep: u32): u32 {
  // Adds 2^logStep to the reversed number: carries run from high bits to low ones.
  let bit: u32 = 1 << (logSize - 1 - logStep);
  let next = row;
  while (bit != 0 && (next & bit) != 0) {
    next ^= bit;
    bit >>= 1;
  }
  return next ^ bit;
}

/** Pointers to the 64 next rows' places, times the row's size, at `target`. */
function fillNextRows(target: usize, row: u32, logSize: u32, logStep: u32): void {
  for (let i: u32 = 0; i < 64; i++) {
    store<u32>(target + 4 * <usize>i, nextRow(row + i, logSize, logStep));
  }
}

/** Four columns of 64 rows into four slots, in Montgomery form. */
function loadColumns(target: usize, source: usize, column: usize, row: u32, next: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const square = v128.load(MONTGOMERY_SQUARE);
  const rowBytes = <usize>load<u32>(source, 4);
  const isNext = load<u32>(source, 8) != 0;
  const base = <usize>load<u32>(source) + column;
  for (let i: usize = 0; i < 16; i++) {
    let at0 = base + (<usize>row + 4 * i) * rowBytes;
    let at1 = at0 + rowBytes;
    let at2 = at1 + rowBytes;
    let at3 = at2 + rowBytes;
    if (isNext) {
      at0 = base + <usize>load<u32>(next + 16 * i) * rowBytes;
      at1 = base + <usize>load<u32>(next + 16 * i, 4) * rowBytes;
      at2 = base + <usize>load<u32>(next + 16 * i, 8) * rowBytes;
      at3 = base + <usize>load<u32>(next + 16 * i, 12) * rowBytes;
    }
    const row0 = v128.load(at0);
    const row1 = v128.load(at1);
    const row2 = v128.load(at2);
    const row3 = v128.load(at3);
    const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
    const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
    const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);
    const to = target + 16 * i;
    v128.store(to, multiply(v128.shuffle<i64>(low01, low23, 0, 2), square, p, pInverse));
    v128.store(to, multiply(v128.shuffle<i64>(low01, low23, 1, 3), square, p, pInverse), 256);
    v128.store(to, multiply(v128.shuffle<i64>(high01, high23, 0, 2), square, p, pInverse), 512);
    v128.store(to, multiply(v128.shuffle<i64>(high01, high23, 1, 3), square, p, pInverse), 768);
  }
}

/** target += the sum of four slots times extension constants, unreduced products added first. */
function addSum(target: usize, slots: usize, at: usize, constants: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const s0 = slots + <usize>load<u32>(at);
  const s1 = slots + <usize>load<u32>(at, 4);
  const s2 = slots + <usize>load<u32>(at, 8);
  const s3 = slots + <usize>load<u32>(at, 12);
  for (let d: usize = 0; d < 4; d++) {
    const k0 = v128.load32_splat(constants + 4 * d);
    const k1 = v128.load32_splat(constants + 4 * d, 16);
    const k2 = v128.load32_splat(constants + 4 * d, 32);
    const k3 = v128.load32_splat(constants + 4 * d, 48);
    const to = target + d * SLOT;
    for (let i: usize = 0; i < SLOT; i += 16) {
      const sum = dot(
        v128.load(s0 + i), k0, v128.load(s1 + i), k1,
        v128.load(s2 + i), k2, v128.load(s3 + i), k3, p, pInverse,
      );
      v128.store(to + i, add(v128.load(to + i), sum, p));
    }
  }
}

/** Four slots as 64 plain canonical elements. */
function storePlain(target: usize, from: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  const one = v128.load(PLAIN_ONE);
  for (let i: usize = 0; i < 16; i++) {
    const at = from + 16 * i;
    transpose(
      multiply(v128.load(at), one, p, pInverse), multiply(v128.load(at, 256), one, p, pInverse),
      multiply(v128.load(at, 512), one, p, pInverse), multiply(v128.load(at, 768), one, p, pInverse),
      target + 64 * i,
    );
  }
}

function storePacked(target: usize, from: usize): void {
  for (let i: usize = 0; i < 16; i++) {
    const at = from + 16 * i;
    const to = target + 64 * i;
    v128.store(to, v128.load(at));
    v128.store(to, v128.load(at, 256), 16);
    v128.store(to, v128.load(at, 512), 32);
    v128.store(to, v128.load(at, 768), 48);
  }
}

// @ts-ignore: decorator
@inline function arithmetic(operation: u32, to: usize, a: usize, b: usize): void {
  const p = v128.load(MODULUS);
  const pInverse = v128.load(MODULUS_INVERSE);
  // Four vectors a turn: the turn's own cost is that of an addition.
  if (operation == 1) {
    for (let i: usize = 0; i < SLOT; i += 64) {
      v128.store(to + i, add(v128.load(a + i), v128.load(b + i), p));
      v128.store(to + i, add(v128.load(a + i, 16), v128.load(b + i, 16), p), 16);
      v128.store(to + i, add(v128.load(a + i, 32), v128.load(b + i, 32), p), 32);
      v128.store(to + i, add(v128.load(a + i, 48), v128.load(b + i, 48), p), 48);
    }
  } else if (operation == 2) {
    for (let i: usize = 0; i < SLOT; i += 64) {
      v128.store(to + i, sub(v128.load(a + i), v128.load(b + i), p));
      v128.store(to + i, sub(v128.load(a + i, 16), v128.load(b + i, 16), p), 16);
      v128.store(to + i, sub(v128.load(a + i, 32), v128.load(b + i, 32), p), 32);
      v128.store(to + i, sub(v128.load(a + i, 48), v128.load(b + i, 48), p), 48);
    }
  } else {
    for (let i: usize = 0; i < SLOT; i += 64) {
      v128.store(to + i, multiply(v128.load(a + i), v128.load(b + i), p, pInverse));
      v128.store(to + i, multiply(v128.load(a + i, 16), v128.load(b + i, 16), p, pInverse), 16);
      v128.store(to + i, multiply(v128.load(a + i, 32), v128.load(b + i, 32), p, pInverse), 32);
      v128.store(to + i, multiply(v128.load(a + i, 48), v128.load(b + i, 48), p, pInverse), 48);
    }
  }
}

/** Vector by vector: `memory.copy` leaves the compiled code, which takes as long as the copy. */
// @ts-ignore: decorator
@inline function copySlots(target: usize, from: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(target + i, v128.load(from + i));
}

/** Runs one instruction that is not arithmetic on base slots; returns the words that follow it. */
function runOther(
  at: usize, slots: usize, constants: usize, sources: usize, row: u32, next: usize, place: u32,
): usize {
  const operation = load<u32>(at);
  const target = slots + <usize>load<u32>(at, 4);
  const a = <usize>load<u32>(at, 8);
  const b = <usize>load<u32>(at, 12);
  if (operation == 6) {
    addSum(target, slots, at + 16, constants + a);
    return 32;
  }
  if (operation == 4) {
    loadColumns(target, sources + 16 * a, b, row, next);
  } else if (operation == 5) {
    const p = v128.load(MODULUS);
    const pInverse = v128.load(MODULUS_INVERSE);
    for (let i: usize = 0; i < SLOT; i += 16) {
      multiplyExtensions(target + i, slots + a + i, slots + b + i, SLOT, p, pInverse);
    }
  } else if (operation == 7) {
    const value = v128.load32_splat(constants + a);
    for (let i: usize = 0; i < SLOT; i += 16) v128.store(target + i, value);
  } else if (operation == 8) {
    storePacked(<usize>load<u32>(sources + 16 * b) + 16 * <usize>place, slots + a);
  } else if (operation == 9) {
    copySlots(<usize>load<u32>(sources + 16 * b) + 4 * <usize>place, slots + a, SLOT);
  } else if (operation == 10) {
    copySlots(target, <usize>load<u32>(sources + 16 * a) + 4 * <usize>row, SLOT);
  } else if (operation == 11) {
    storePlain(<usize>load<u32>(sources + 16 * b) + 16 * <usize>place, slots + a);
  } else if (operation == 12) {
    copySlots(target, slots + a, 4 * SLOT);
  } else {
    const zero = i32x4.splat(0);
    for (let i: usize = 0; i < 4 * SLOT; i += 16) v128.store(target + i, zero);
  }
  return 16;
}

/**
 * Runs a program for rows `first` to `last`, both multiples of 64. At `sources`, 16 bytes an entry:
 * pointer, bytes from row to row, 1 for next rows; what is stored for row `first` lies at `place` rows
 * behind its pointer. `scratch` takes 256 bytes and the slots.
 */
export function runProgram(
  program: usize, constants: usize, sources: usize, first: u32, last: u32, place: u32,
  logSize: u32, logStep: u32, scratch: usize,
): void {
  const slots = scratch + 256;
  for (let row = first; row < last; row += 64) {
    fillNextRows(scratch, row, logSize, logStep);
    let at = program;
    for (;;) {
      const operation = load<u32>(at);
      if (operation == 0) break;
      if (operation <= 3) {
        const a = slots + <usize>load<u32>(at, 8);
        const b = slots + <usize>load<u32>(at, 12);
        arithmetic(operation, slots + <usize>load<u32>(at, 4), a, b);
        at += 16;
      } else {
        at += runOther(at, slots, constants, sources, row, scratch, place + row - first);
      }
    }
  }
}
