/**
 * Poseidon2 over KoalaBear at width 16, and the compression of the state tree (spec/12-state.md §2
 * and §3), on plain numbers. This is what verifiers run, and the oracle of the SIMD kernel.
 *
 * A state is a `Uint32Array` of 16 canonical elements, a digest one of 8.
 *
 * @module
 */
import { add, mul } from "../field/koala-bear.ts";
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
  for (let i = 0; i < width; i++) sum = add(sum, state[i]!);
  for (let i = 0; i < width; i++) state[i] = add(sum, mul(internalDiagonal[i]!, state[i]!));
}

/** Each four neighbours times circ(2, 3, 1, 1), then to each element the sum of its column. */
function mixExternally(state: Uint32Array): void {
  for (let i = 0; i < width; i += 4) {
    const a = state[i]!;
    const b = state[i + 1]!;
    const c = state[i + 2]!;
    const d = state[i + 3]!;
    const sum = add(add(a, b), add(c, d));
    state[i] = add(add(sum, a), add(b, b));
    state[i + 1] = add(add(sum, b), add(c, c));
    state[i + 2] = add(add(sum, c), add(d, d));
    state[i + 3] = add(add(sum, d), add(a, a));
  }
  for (let column = 0; column < 4; column++) {
    let sum = 0;
    for (let i = column; i < width; i += 4) sum = add(sum, state[i]!);
    for (let i = column; i < width; i += 4) state[i] = add(state[i]!, sum);
  }
}
