/**
 * What is drawn from hashes (FIPS 204 §7.3): the matrix, the challenge, the mask.
 *
 * @module
 */

import { absorb, absorbByte, begin, finish, permute, RATE_128, RATE_256 } from "./keccak";
import { C_TILDE_BYTES, GAMMA1, K, L, POLY, Q, SPONGE, TAU } from "./layout";
import { unpackMask } from "./pack";

/** ExpandA (algorithm 32): row by row at `target`, in the transform's domain. `rho` is public. */
export function expandMatrix(target: usize, rho: usize): void {
  for (let row: usize = 0; row < K; row++) {
    for (let column: usize = 0; column < L; column++) {
      begin();
      absorb(rho, 32, RATE_128);
      absorbByte(column as u32, RATE_128);
      absorbByte(row as u32, RATE_128);
      finish(RATE_128);
      sampleUniform(target);
      target += POLY;
    }
  }
}

/** RejNTTPoly (algorithm 30) from the sponge. A block holds a whole number of candidates. */
function sampleUniform(target: usize): void {
  const end = target + POLY;
  for (;;) {
    for (let at = SPONGE; at < SPONGE + RATE_128; at += 3) {
      const low = load<u16>(at) as i32;
      const candidate = low | ((load<u8>(at, 2) as i32 & 0x7f) << 16);
      if (candidate >= Q) continue;
      store<i32>(target, candidate);
      target += 4;
      if (target === end) return;
    }
    permute();
  }
}

/** SampleInBall (algorithm 29): the challenge of a commitment hash. */
export function sampleChallenge(target: usize, seed: usize): void {
  memory.fill(target, 0, POLY);
  begin();
  absorb(seed, C_TILDE_BYTES as i32, RATE_256);
  finish(RATE_256);
  let signs = load<u64>(SPONGE);
  let at = 8;
  for (let i = 256 - TAU; i < 256; i++) {
    let j: i32;
    do {
      if (at === RATE_256) {
        permute();
        at = 0;
      }
      j = load<u8>(SPONGE + at);
      at++;
    } while (j > i);
    store<i32>(target + 4 * i, load<i32>(target + 4 * j));
    store<i32>(target + 4 * j, 1 - 2 * ((signs & 1) as i32));
    signs >>= 1;
  }
}

/** ExpandMask (algorithm 34): one polynomial at `target` from rho' and a counter. */
export function sampleMask(target: usize, rhoPrime: usize, counter: i32, buffer: usize): void {
  begin();
  absorb(rhoPrime, 64, RATE_256);
  absorbByte(counter & 0xff, RATE_256);
  absorbByte(counter >> 8, RATE_256);
  finish(RATE_256);
  for (let block: usize = 0; block < 5; block++) {
    if (block > 0) permute();
    memory.copy(buffer + block * RATE_256, SPONGE, RATE_256);
  }
  unpackMask(target, buffer, GAMMA1);
}
