/**
 * Keccak-f[1600] and the sponges SHAKE128 and SHAKE256 (FIPS 202) over one state in memory. Bytes
 * are absorbed and squeezed in place: WebAssembly's memory is little-endian, as Keccak's lanes are.
 *
 * @module
 */

import { ROUND_CONSTANTS, SPONGE } from "./layout";

/** Bytes of a block. */
export const RATE_128: i32 = 168;
export const RATE_256: i32 = 136;

/** Writes the round constants: the bits of an 8-bit LFSR (FIPS 202 §3.2.5, algorithm 5). */
export function writeRoundConstants(): void {
  let register: u32 = 1;
  for (let round: usize = 0; round < 24; round++) {
    let constant: u64 = 0;
    for (let j: u64 = 0; j < 7; j++) {
      if ((register & 1) !== 0) constant |= (1 as u64) << (((1 as u64) << j) - 1);
      register = ((register << 1) ^ ((register >> 7) * 0x71)) & 0xff;
    }
    store<u64>(ROUND_CONSTANTS + 8 * round, constant);
  }
}

// @ts-ignore: decorator
@inline function lane(index: usize): u64 {
  return load<u64>(SPONGE + 8 * index);
}

/** The permutation. All lanes stay in locals for the 24 rounds. */
export function permute(): void {
  let a0 = lane(0), a1 = lane(1), a2 = lane(2), a3 = lane(3), a4 = lane(4);
  let a5 = lane(5), a6 = lane(6), a7 = lane(7), a8 = lane(8), a9 = lane(9);
  let a10 = lane(10), a11 = lane(11), a12 = lane(12), a13 = lane(13), a14 = lane(14);
  let a15 = lane(15), a16 = lane(16), a17 = lane(17), a18 = lane(18), a19 = lane(19);
  let a20 = lane(20), a21 = lane(21), a22 = lane(22), a23 = lane(23), a24 = lane(24);
  for (let round = ROUND_CONSTANTS; round < ROUND_CONSTANTS + 192; round += 8) {
    const c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
    const c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
    const c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
    const c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
    const c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
    const d0 = c4 ^ rotl<u64>(c1, 1);
    const d1 = c0 ^ rotl<u64>(c2, 1);
    const d2 = c1 ^ rotl<u64>(c3, 1);
    const d3 = c2 ^ rotl<u64>(c4, 1);
    const d4 = c3 ^ rotl<u64>(c0, 1);
    // Rho and pi: b[y, 2x + 3y] = rotl(a[x, y]).
    const b0 = a0 ^ d0, b10 = rotl<u64>(a1 ^ d1, 1), b20 = rotl<u64>(a2 ^ d2, 62);
    const b5 = rotl<u64>(a3 ^ d3, 28), b15 = rotl<u64>(a4 ^ d4, 27);
    const b16 = rotl<u64>(a5 ^ d0, 36), b1 = rotl<u64>(a6 ^ d1, 44);
    const b11 = rotl<u64>(a7 ^ d2, 6), b21 = rotl<u64>(a8 ^ d3, 55);
    const b6 = rotl<u64>(a9 ^ d4, 20), b7 = rotl<u64>(a10 ^ d0, 3);
    const b17 = rotl<u64>(a11 ^ d1, 10), b2 = rotl<u64>(a12 ^ d2, 43);
    const b12 = rotl<u64>(a13 ^ d3, 25), b22 = rotl<u64>(a14 ^ d4, 39);
    const b23 = rotl<u64>(a15 ^ d0, 41), b8 = rotl<u64>(a16 ^ d1, 45);
    const b18 = rotl<u64>(a17 ^ d2, 15), b3 = rotl<u64>(a18 ^ d3, 21);
    const b13 = rotl<u64>(a19 ^ d4, 8), b14 = rotl<u64>(a20 ^ d0, 18);
    const b24 = rotl<u64>(a21 ^ d1, 2), b9 = rotl<u64>(a22 ^ d2, 61);
    const b19 = rotl<u64>(a23 ^ d3, 56), b4 = rotl<u64>(a24 ^ d4, 14);
    a0 = b0 ^ (~b1 & b2) ^ load<u64>(round);
    a1 = b1 ^ (~b2 & b3);
    a2 = b2 ^ (~b3 & b4);
    a3 = b3 ^ (~b4 & b0);
    a4 = b4 ^ (~b0 & b1);
    a5 = b5 ^ (~b6 & b7);
    a6 = b6 ^ (~b7 & b8);
    a7 = b7 ^ (~b8 & b9);
    a8 = b8 ^ (~b9 & b5);
    a9 = b9 ^ (~b5 & b6);
    a10 = b10 ^ (~b11 & b12);
    a11 = b11 ^ (~b12 & b13);
    a12 = b12 ^ (~b13 & b14);
    a13 = b13 ^ (~b14 & b10);
    a14 = b14 ^ (~b10 & b11);
    a15 = b15 ^ (~b16 & b17);
    a16 = b16 ^ (~b17 & b18);
    a17 = b17 ^ (~b18 & b19);
    a18 = b18 ^ (~b19 & b15);
    a19 = b19 ^ (~b15 & b16);
    a20 = b20 ^ (~b21 & b22);
    a21 = b21 ^ (~b22 & b23);
    a22 = b22 ^ (~b23 & b24);
    a23 = b23 ^ (~b24 & b20);
    a24 = b24 ^ (~b20 & b21);
  }
  store<u64>(SPONGE, a0);
  store<u64>(SPONGE + 8, a1);
  store<u64>(SPONGE + 16, a2);
  store<u64>(SPONGE + 24, a3);
  store<u64>(SPONGE + 32, a4);
  store<u64>(SPONGE + 40, a5);
  store<u64>(SPONGE + 48, a6);
  store<u64>(SPONGE + 56, a7);
  store<u64>(SPONGE + 64, a8);
  store<u64>(SPONGE + 72, a9);
  store<u64>(SPONGE + 80, a10);
  store<u64>(SPONGE + 88, a11);
  store<u64>(SPONGE + 96, a12);
  store<u64>(SPONGE + 104, a13);
  store<u64>(SPONGE + 112, a14);
  store<u64>(SPONGE + 120, a15);
  store<u64>(SPONGE + 128, a16);
  store<u64>(SPONGE + 136, a17);
  store<u64>(SPONGE + 144, a18);
  store<u64>(SPONGE + 152, a19);
  store<u64>(SPONGE + 160, a20);
  store<u64>(SPONGE + 168, a21);
  store<u64>(SPONGE + 176, a22);
  store<u64>(SPONGE + 184, a23);
  store<u64>(SPONGE + 192, a24);
}

/** Bytes of the block that are absorbed. */
let position: i32 = 0;

/** Begins a new sponge. */
export function begin(): void {
  memory.fill(SPONGE, 0, 200);
  position = 0;
}

/** Absorbs `length` bytes at `source`. */
export function absorb(source: usize, length: i32, rate: i32): void {
  let left = length;
  while (left > 0) {
    if (position === 0 && left >= rate) {
      for (let i = 0; i < rate; i += 8) {
        store<u64>(SPONGE + i, load<u64>(SPONGE + i) ^ load<u64>(source + i));
      }
      source += rate;
      left -= rate;
      permute();
      continue;
    }
    const at = SPONGE + position;
    store<u8>(at, load<u8>(at) ^ load<u8>(source));
    source++;
    left--;
    position++;
    if (position === rate) {
      permute();
      position = 0;
    }
  }
}

/** Absorbs one byte. */
export function absorbByte(value: u32, rate: i32): void {
  const at = SPONGE + position;
  store<u8>(at, load<u8>(at) ^ value);
  position++;
  if (position === rate) {
    permute();
    position = 0;
  }
}

/** Ends absorbing: SHAKE's suffix and the padding. The first block can be read from the state then. */
export function finish(rate: i32): void {
  const at = SPONGE + position;
  store<u8>(at, load<u8>(at) ^ 0x1f);
  const last = SPONGE + rate - 1;
  store<u8>(last, load<u8>(last) ^ 0x80);
  permute();
}
