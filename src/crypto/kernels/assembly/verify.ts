/**
 * Verification (FIPS 204 algorithm 8) with an expanded key: the matrix, t1 and the key's hash are
 * made once a key, and are two thirds of the work.
 *
 * @module
 */

import { absorb, begin, finish, RATE_256 } from "./keccak";
import {
  BETA, C_TILDE_AGAIN, C_TILDE_BYTES, CHALLENGE, GAMMA1, INPUT, K, L, MU, OMEGA, POLY, Q,
  Q_INVERSE, SIGNATURE, SIGNATURE_HINT, SIGNATURE_Z, SLOT_A, SLOT_T1, SLOT_TR, SPONGE, W, W1,
  W1_PACKED, Z,
} from "./layout";
import { highBits, hinted, packHigh, unpackMask, unpackT1 } from "./pack";
import { canonical, exceeds, inverseTransform, multiply, multiplyRow, reduce, transform } from "./ring";
import { expandMatrix, sampleChallenge } from "./sample";

const PUBLIC_KEY_BYTES: i32 = 1952;

/** Expands the public key at `INPUT` into the slot. */
export function expandPublicKey(slot: usize): void {
  expandMatrix(slot + SLOT_A, INPUT);
  for (let i: usize = 0; i < K; i++) {
    unpackT1(slot + SLOT_T1 + i * POLY, INPUT + 32 + i * 320);
    transform(slot + SLOT_T1 + i * POLY);
  }
  begin();
  absorb(INPUT, PUBLIC_KEY_BYTES, RATE_256);
  finish(RATE_256);
  memory.copy(slot + SLOT_TR, SPONGE, 64);
}

/** Begins the message's hash mu = H(tr ‖ 0 ‖ 0 ‖ message): pure mode, empty context. */
export function beginMessage(slot: usize): void {
  begin();
  absorb(slot + SLOT_TR, 64, RATE_256);
  store<u16>(W1_PACKED, 0);
  absorb(W1_PACKED, 2, RATE_256);
}

/** Takes the next `length` bytes of the message from `INPUT`. */
export function takeMessage(length: i32): void {
  absorb(INPUT, length, RATE_256);
}

/** Ends the message. */
export function endMessage(): void {
  finish(RATE_256);
  memory.copy(MU, SPONGE, 64);
}

/** The commitment hash H(mu ‖ w1) at `target`. */
export function hashCommitment(target: usize): void {
  begin();
  absorb(MU, 64, RATE_256);
  absorb(W1_PACKED, 768, RATE_256);
  finish(RATE_256);
  memory.copy(target, SPONGE, C_TILDE_BYTES);
}

/** True if the hint is encoded in its one form (algorithm 21). */
function isHintWellFormed(): bool {
  let first = 0;
  for (let i: usize = 0; i < K; i++) {
    const end = load<u8>(SIGNATURE_HINT + OMEGA + i) as i32;
    if (end < first || end > OMEGA) return false;
    for (let j = first + 1; j < end; j++) {
      if (load<u8>(SIGNATURE_HINT + j) <= load<u8>(SIGNATURE_HINT + j - 1)) return false;
    }
    first = end;
  }
  for (let j = first; j < OMEGA; j++) if (load<u8>(SIGNATURE_HINT + j) !== 0) return false;
  return true;
}

/** W = A z - c t1, canonical, row `i` in the domain of coefficients. */
function commitmentRow(slot: usize, i: usize): void {
  const q = i32x4.splat(Q);
  const qInverse = i32x4.splat(Q_INVERSE);
  const row = W + i * POLY;
  multiplyRow(row, slot + SLOT_A + i * L * POLY, Z, L);
  const t1 = slot + SLOT_T1 + i * POLY;
  for (let at: usize = 0; at < POLY; at += 16) {
    const product = multiply(v128.load(CHALLENGE + at), v128.load(t1 + at), q, qInverse);
    v128.store(row + at, reduce(i32x4.sub(v128.load(row + at), product), q));
  }
  inverseTransform(row);
  for (let at = row; at < row + POLY; at += 16) v128.store(at, canonical(v128.load(at), q));
}

/** The high bits of row `i` under its hints, packed. */
function packCommitmentRow(i: usize): void {
  const row = W + i * POLY;
  const high = W1 + i * POLY;
  for (let at: usize = 0; at < POLY; at += 16) v128.store(high + at, highBits(v128.load(row + at)));
  const from = i === 0 ? 0 : (load<u8>(SIGNATURE_HINT + OMEGA + i - 1) as i32);
  const to = load<u8>(SIGNATURE_HINT + OMEGA + i) as i32;
  for (let j = from; j < to; j++) {
    const at = (load<u8>(SIGNATURE_HINT + j) as usize) * 4;
    store<i32>(high + at, hinted(load<i32>(row + at)));
  }
  packHigh(W1_PACKED + i * 128, high);
}

/** 1 if the signature at `SIGNATURE` holds for the slot's key and the message that was taken. */
export function verify(slot: usize): i32 {
  if (!isHintWellFormed()) return 0;
  for (let i: usize = 0; i < L; i++) {
    unpackMask(Z + i * POLY, SIGNATURE_Z + i * 640, GAMMA1);
    if (exceeds(Z + i * POLY, GAMMA1 - BETA)) return 0;
    transform(Z + i * POLY);
  }
  sampleChallenge(CHALLENGE, SIGNATURE);
  transform(CHALLENGE);
  for (let i: usize = 0; i < K; i++) {
    commitmentRow(slot, i);
    packCommitmentRow(i);
  }
  hashCommitment(C_TILDE_AGAIN);
  let difference: u64 = 0;
  for (let i: usize = 0; i < C_TILDE_BYTES; i += 8) {
    difference |= load<u64>(SIGNATURE + i) ^ load<u64>(C_TILDE_AGAIN + i);
  }
  return difference === 0 ? 1 : 0;
}
