/**
 * Signing (FIPS 204 algorithm 7) with an expanded key. What it leaves in the scratch area is wiped
 * before it returns; the key itself lives in its slot, as long as the instance does.
 *
 * @module
 */

import { absorb, begin, finish, RATE_256 } from "./keccak";
import {
  BETA, C_TILDE, C_TILDE_BYTES, CHALLENGE, GAMMA1, GAMMA2, HINT, INPUT, K, KEYS, L, MU, OMEGA, POLY, Q,
  RHO_PRIME, SCRATCH, SIGNATURE, SIGNATURE_HINT, SIGNATURE_Z, SLOT_A, SLOT_S1, SLOT_S2, SLOT_SECRET,
  SLOT_T0, SLOT_TR, SPONGE, W, W0, W1, W1_PACKED, Y, Z,
} from "./layout";
import {
  highBits, lowBits, packHigh, packMask, unpackSmall, unpackT0,
} from "./pack";
import {
  canonical, exceeds, inverseTransform, multiplyPointwise, multiplyRow, reduce, transform,
} from "./ring";
import { expandMatrix, sampleChallenge, sampleMask } from "./sample";
import { hashCommitment } from "./verify";

/** Expands the secret key at `INPUT` (rho, K, tr, s1, s2, t0) into the slot, and wipes it there. */
export function expandSecretKey(slot: usize): void {
  expandMatrix(slot + SLOT_A, INPUT);
  memory.copy(slot + SLOT_SECRET, INPUT + 32, 32);
  memory.copy(slot + SLOT_TR, INPUT + 64, 64);
  const small = INPUT + 128;
  for (let i: usize = 0; i < L + K; i++) {
    // s2 lies behind s1, in the key as in the slot.
    unpackSmall(slot + SLOT_S1 + i * POLY, small + i * 128);
    transform(slot + SLOT_S1 + i * POLY);
  }
  for (let i: usize = 0; i < K; i++) {
    unpackT0(slot + SLOT_T0 + i * POLY, small + 11 * 128 + i * 416);
    transform(slot + SLOT_T0 + i * POLY);
  }
  memory.fill(INPUT, 0, 4096);
}

/** w = A y, split into its high bits (packed too) and its low bits. */
function commit(slot: usize, counter: i32): void {
  const q = i32x4.splat(Q);
  for (let i: usize = 0; i < L; i++) {
    sampleMask(Y + i * POLY, RHO_PRIME, counter + (i as i32), HINT);
    memory.copy(Z + i * POLY, Y + i * POLY, POLY);
    transform(Z + i * POLY);
  }
  for (let i: usize = 0; i < K; i++) {
    const row = W + i * POLY;
    multiplyRow(row, slot + SLOT_A + i * L * POLY, Z, L);
    inverseTransform(row);
    for (let at: usize = 0; at < POLY; at += 16) {
      const w = canonical(v128.load(row + at), q);
      const high = highBits(w);
      v128.store(W1 + i * POLY + at, high);
      v128.store(W0 + i * POLY + at, lowBits(w, high));
    }
    packHigh(W1_PACKED + i * 128, W1 + i * POLY);
  }
}

/** `HINT` = c * secret, reduced. */
function timesChallenge(secret: usize): void {
  multiplyPointwise(HINT, CHALLENGE, secret);
  inverseTransform(HINT);
}

/** z = y + c s1; false where it would tell something of s1. */
function respond(slot: usize): bool {
  const q = i32x4.splat(Q);
  for (let i: usize = 0; i < L; i++) {
    timesChallenge(slot + SLOT_S1 + i * POLY);
    const z = Z + i * POLY;
    for (let at: usize = 0; at < POLY; at += 16) {
      const sum = i32x4.add(v128.load(Y + i * POLY + at), v128.load(HINT + at));
      v128.store(z + at, reduce(sum, q));
    }
    if (exceeds(z, GAMMA1 - BETA)) return false;
  }
  return true;
}

/** Low bits less c s2, plus c t0; false where either would tell something, or a bound is passed. */
function adjust(slot: usize): bool {
  const q = i32x4.splat(Q);
  for (let i: usize = 0; i < K; i++) {
    const low = W0 + i * POLY;
    timesChallenge(slot + SLOT_S2 + i * POLY);
    for (let at: usize = 0; at < POLY; at += 16) {
      const rest = i32x4.sub(v128.load(low + at), v128.load(HINT + at));
      v128.store(low + at, reduce(rest, q));
    }
    if (exceeds(low, GAMMA2 - BETA)) return false;
    timesChallenge(slot + SLOT_T0 + i * POLY);
    for (let at: usize = 0; at < POLY; at += 16) {
      v128.store(HINT + at, reduce(v128.load(HINT + at), q));
    }
    if (exceeds(HINT, GAMMA2)) return false;
    for (let at: usize = 0; at < POLY; at += 16) {
      v128.store(low + at, i32x4.add(v128.load(low + at), v128.load(HINT + at)));
    }
  }
  return true;
}

/** Writes the hint (algorithm 20); false where it has more than omega ones. Both are public. */
function writeHint(): bool {
  memory.fill(SIGNATURE_HINT, 0, (OMEGA as usize) + K);
  let count = 0;
  for (let i: usize = 0; i < K; i++) {
    for (let j: usize = 0; j < 256; j++) {
      const low = load<i32>(W0 + i * POLY + 4 * j);
      const high = load<i32>(W1 + i * POLY + 4 * j);
      const isOne = low > GAMMA2 || low < -GAMMA2 || (low === -GAMMA2 && high !== 0);
      if (!isOne) continue;
      if (count === OMEGA) return false;
      store<u8>(SIGNATURE_HINT + count, j as u32);
      count++;
    }
    store<u8>(SIGNATURE_HINT + OMEGA + i, count);
  }
  return true;
}

/** One attempt with the masks from `counter` on. */
function attempt(slot: usize, counter: i32): bool {
  commit(slot, counter);
  hashCommitment(C_TILDE);
  sampleChallenge(CHALLENGE, C_TILDE);
  transform(CHALLENGE);
  return respond(slot) && adjust(slot) && writeHint();
}

/**
 * Signs the message that was taken: the signature is at `SIGNATURE`. The 32 random bytes at `INPUT`
 * hedge it; zeros make it deterministic.
 */
export function sign(slot: usize): void {
  begin();
  absorb(slot + SLOT_SECRET, 32, RATE_256);
  absorb(INPUT, 32, RATE_256);
  absorb(MU, 64, RATE_256);
  finish(RATE_256);
  memory.copy(RHO_PRIME, SPONGE, 64);
  let counter = 0;
  while (!attempt(slot, counter)) counter += L as i32;
  memory.copy(SIGNATURE, C_TILDE, C_TILDE_BYTES);
  for (let i: usize = 0; i < L; i++) packMask(SIGNATURE_Z + i * 640, Z + i * POLY);
  begin();
  memory.fill(INPUT, 0, 32);
  memory.fill(MU, 0, 128);
  memory.fill(W1_PACKED, 0, K * 128);
  memory.fill(SCRATCH, 0, KEYS - SCRATCH);
}
