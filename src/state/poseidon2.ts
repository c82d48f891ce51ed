/**
 * Poseidon2 over KoalaBear at width 16, and the compression of the state tree (spec/12-state.md §2
 * and §3), on plain numbers. This is what verifiers run, and the oracle of the SIMD kernel.
 *
 * A state is a `Uint32Array` of 16 canonical elements, a digest one of 8.
 *
 * @module
 */
import { add, mul, P } from "../field/koala-bear.ts";
import {
  finalConstants,
  initialConstants,
  internalConstants,
  internalDiagonal,
  width,
} from "./poseidon2-constants.ts";

/** Elements of a digest. */
export const digestLength = 8;

/** Applies the permutation to `state`, in place. */
export function permute(state: Uint32Array): void {
  mixExternally(state);
  for (const constants of initialConstants) externalRound(state, constants);
  for (const constant of internalConstants) internalRound(state, constant);
  for (const constants of finalConstants) externalRound(state, constants);
}

/**
 * The digest of 16 elements: the first 8 of permutation(state) + state. The sum (feed-forward) makes
 * it one-way: the permutation alone can be run backwards.
 */
export function compress(state: Uint32Array): Uint32Array {
  const permuted = state.slice();
  permute(permuted);
  const digest = new Uint32Array(digestLength);
  for (let i = 0; i < digestLength; i++) digest[i] = add(permuted[i]!, state[i]!);
  return digest;
}

/** The digest of two digests, left before right. */
export function compressPair(left: Uint32Array, right: Uint32Array): Uint32Array {
  const state = new Uint32Array(width);
  state.set(left);
  state.set(right, digestLength);
  return compress(state);
}

function cube(a: number): number {
  return mul(mul(a, a), a);
}

function externalRound(state: Uint32Array, constants: readonly number[]): void {
  for (let i = 0; i < width; i++) state[i] = cube(add(state[i]!, constants[i]!));
  mixExternally(state);
}

function internalRound(state: Uint32Array, constant: number): void {
  state[0] = cube(add(state[0]!, constant));
  let sum = 0;
  for (let i = 0; i < width; i++) sum += state[i]!;
  const reduced = reduce(sum);
  for (let i = 0; i < width; i++) state[i] = add(reduced, mul(internalDiagonal[i]!, state[i]!));
}

const inverseOfP = 1 / P;

/**
 * A sum of at most 2^20 elements modulo P: below 2^51 every step but the product with 1 / P is exact, and
 * that makes the quotient wrong by at most one.
 */
function reduce(sum: number): number {
  const remainder = sum - Math.floor(sum * inverseOfP) * P;
  return remainder < 0 ? remainder + P : remainder >= P ? remainder - P : remainder;
}

/**
 * Each four neighbours times circ(2, 3, 1, 1), then to each element the sum of its column. Sums are
 * reduced once, at the end: at most 7 + 4 * 7 elements.
 */
function mixExternally(state: Uint32Array): void {
  const columns = [0, 0, 0, 0];
  const mixed = new Array<number>(width).fill(0);
  for (let i = 0; i < width; i += 4) {
    const a = state[i]!;
    const b = state[i + 1]!;
    const c = state[i + 2]!;
    const d = state[i + 3]!;
    const sum = a + b + c + d;
    mixed[i] = sum + a + 2 * b;
    mixed[i + 1] = sum + b + 2 * c;
    mixed[i + 2] = sum + c + 2 * d;
    mixed[i + 3] = sum + d + 2 * a;
    for (let k = 0; k < 4; k++) columns[k]! += mixed[i + k]!;
  }
  for (let i = 0; i < width; i++) state[i] = reduce(mixed[i]! + columns[i % 4]!);
}
