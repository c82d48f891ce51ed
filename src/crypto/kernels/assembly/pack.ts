/**
 * Polynomials as bits (FIPS 204 §7.1) and their rounding (§7.4), for the parameters of ML-DSA-65.
 *
 * @module
 */

import { GAMMA1, GAMMA2, POLY, Q } from "./layout";

/** BitUnpack with 20 bits: `centre` minus each. */
export function unpackMask(target: usize, source: usize, centre: i32): void {
  for (let at = target; at < target + POLY; at += 8) {
    const bits = (load<u32>(source) as u64) | ((load<u8>(source, 4) as u64) << 32);
    store<i32>(at, centre - ((bits & 0xfffff) as i32));
    store<i32>(at, centre - ((bits >> 20) as i32), 4);
    source += 5;
  }
}

/** BitPack with 20 bits of gamma1 minus each. */
export function packMask(target: usize, source: usize): void {
  for (let at = source; at < source + POLY; at += 8) {
    const low = (GAMMA1 - load<i32>(at)) as u64;
    const high = (GAMMA1 - load<i32>(at, 4)) as u64;
    const bits = low | (high << 20);
    store<u32>(target, bits as u32);
    store<u8>(target, (bits >> 32) as u32, 4);
    target += 5;
  }
}

/** SimpleBitUnpack with 10 bits, times 2^13: t1 as it enters the equation. */
export function unpackT1(target: usize, source: usize): void {
  for (let at = target; at < target + POLY; at += 16) {
    const bits = (load<u32>(source) as u64) | ((load<u8>(source, 4) as u64) << 32);
    store<i32>(at, ((bits & 0x3ff) << 13) as i32);
    store<i32>(at, (((bits >> 10) & 0x3ff) << 13) as i32, 4);
    store<i32>(at, (((bits >> 20) & 0x3ff) << 13) as i32, 8);
    store<i32>(at, ((bits >> 30) << 13) as i32, 12);
    source += 5;
  }
}

/** BitUnpack with 4 bits: 4 minus each, the small secrets. */
export function unpackSmall(target: usize, source: usize): void {
  for (let at = target; at < target + POLY; at += 8) {
    const bits = load<u8>(source) as i32;
    store<i32>(at, 4 - (bits & 15));
    store<i32>(at, 4 - (bits >> 4), 4);
    source++;
  }
}

/** BitUnpack with 13 bits: 2^12 minus each, t0. */
export function unpackT0(target: usize, source: usize): void {
  let bits: u64 = 0;
  let count = 0;
  for (let at = target; at < target + POLY; at += 4) {
    while (count < 13) {
      bits |= (load<u8>(source) as u64) << count;
      source++;
      count += 8;
    }
    store<i32>(at, (1 << 12) - ((bits & 0x1fff) as i32));
    bits >>= 13;
    count -= 13;
  }
}

/** The high bits of coefficients in [0, q): (a + 127) / 128 * 1025 / 2^22, rounded, mod 16. */
// @ts-ignore: decorator
@inline export function highBits(a: v128): v128 {
  const scaled = i32x4.shr_s(i32x4.add(a, i32x4.splat(127)), 7);
  const product = i32x4.add(i32x4.mul(scaled, i32x4.splat(1025)), i32x4.splat(1 << 21));
  return v128.and(i32x4.shr_s(product, 22), i32x4.splat(15));
}

/** What is left of them: a - high * 2 * gamma2, centred. */
// @ts-ignore: decorator
@inline export function lowBits(a: v128, high: v128): v128 {
  const low = i32x4.sub(a, i32x4.mul(high, i32x4.splat(2 * GAMMA2)));
  const over = i32x4.shr_s(i32x4.sub(i32x4.splat((Q - 1) / 2), low), 31);
  return i32x4.sub(low, v128.and(over, i32x4.splat(Q)));
}

/** UseHint (algorithm 40) for a coefficient in [0, q) whose hint is 1. */
export function hinted(a: i32): i32 {
  const high = i32x4.extract_lane(highBits(i32x4.splat(a)), 0);
  const low = i32x4.extract_lane(lowBits(i32x4.splat(a), i32x4.splat(high)), 0);
  return (low > 0 ? high + 1 : high - 1) & 15;
}

/** w1Encode (algorithm 28) of one polynomial: 128 bytes. */
export function packHigh(target: usize, source: usize): void {
  for (let at = source; at < source + POLY; at += 32) {
    let bits: u32 = 0;
    for (let i: u32 = 0; i < 8; i++) bits |= load<u32>(at + 4 * i) << (4 * i);
    store<u32>(target, bits);
    target += 4;
  }
}
