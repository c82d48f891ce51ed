/**
 * The readable number-theoretic transform (spec/08-proofs.md §4): a column of values on the
 * subgroup of order 2^h to coefficients, and coefficients to values on a coset, in bit-reversed
 * order. The oracle of the kernels; the verifier does not need it.
 *
 * @module
 */

import { add, inverse, mul, sub, twoAdicGenerator } from "../field/koala-bear.ts";
import { logOf, reverseBits } from "./matrix.ts";

/**
 * Transforms in place by decimation in frequency: on entry `values[i]` is the coefficient of x^i,
 * on exit `values[i]` is the value at root^(i with its bits reversed).
 */
function transform(values: Uint32Array, root: number): void {
  let stepRoot = root;
  for (let half = values.length / 2; half >= 1; half /= 2) {
    let twiddle = 1;
    for (let offset = 0; offset < half; offset++) {
      for (let i = offset; i < values.length; i += 2 * half) {
        const low = values[i]!;
        const high = values[i + half]!;
        values[i] = add(low, high);
        values[i + half] = mul(sub(low, high), twiddle);
      }
      twiddle = mul(twiddle, stepRoot);
    }
    stepRoot = mul(stepRoot, stepRoot);
  }
}

/** The coefficients of the polynomial whose value at root^i is `values[i]`; 2^h of each. */
export function interpolate(values: Uint32Array): Uint32Array {
  const logSize = logOf(values.length);
  const reversed = Uint32Array.from(values);
  transform(reversed, inverse(twoAdicGenerator(logSize)));
  const scale = inverse(values.length);
  return reversed.map((_, i) => mul(reversed[reverseBits(i, logSize)]!, scale));
}

/**
 * The values of a polynomial on shift * (subgroup of order 2^logSize): at place i the value at
 * shift * root^(i with its bits reversed).
 */
export function evaluateOnCoset(
  coefficients: Uint32Array,
  coset: { readonly logSize: number; readonly shift: number },
): Uint32Array {
  const values = new Uint32Array(2 ** coset.logSize);
  let power = 1;
  for (let i = 0; i < coefficients.length; i++) {
    values[i] = mul(coefficients[i]!, power);
    power = mul(power, coset.shift);
  }
  transform(values, twoAdicGenerator(coset.logSize));
  return values;
}

/** The coefficients of the polynomial with the given values on a coset, in bit-reversed order. */
export function interpolateOnCoset(values: Uint32Array, shift: number): Uint32Array {
  const logSize = logOf(values.length);
  const natural = values.map((_, i) => values[reverseBits(i, logSize)]!);
  const coefficients = interpolate(natural);
  const shiftInverse = inverse(shift);
  let power = 1;
  for (let i = 0; i < coefficients.length; i++) {
    coefficients[i] = mul(coefficients[i]!, power);
    power = mul(power, shiftInverse);
  }
  return coefficients;
}
