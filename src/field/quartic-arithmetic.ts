/**
 * Arithmetic modulo X^4 - 3 (spec/08-proofs.md §2), written out: a verifier spends a third of its time
 * in products of extension elements, and a loop over coefficients takes seven times as long. The
 * general functions of `extension.ts` are its oracle.
 *
 * @module
 */

import { add, mul, P, sub } from "./koala-bear.ts";

/** An element: four canonical coefficients, lowest power first. */
type Quartic = readonly number[];

const inverseOfP = 1 / P;

/**
 * A sum of products modulo P from the sum in doubles and the sum modulo 2^32.
 *
 * Why it is exact, as in `koala-bear.ts`: the sum is below 10 * 2^62, and its dozen roundings are each
 * off by at most 2^-53 of it, so that the quotient, below 2^35, is off by less than 2^-14, and its
 * floor by at most one, and only where it is that close to an integer. Hence the remainder lies in
 * (-2^17, P + 2^17), which fits 32 signed bits, and one correction in one direction remains.
 */
function reduceSum(sum: number, modulo: number): number {
  const quotient = Math.floor(sum * inverseOfP);
  const remainder = (modulo - Math.imul(quotient, P)) | 0;
  return remainder < 0 ? remainder + P : remainder >= P ? remainder - P : remainder;
}

/** a * b: coefficient k is the sum of a_i b_j over i + j = k, and three times that over i + j = k + 4. */
export function mulQuartic(a: Quartic, b: Quartic): Quartic {
  const a0 = a[0]!;
  const a1 = a[1]!;
  const a2 = a[2]!;
  const a3 = a[3]!;
  const b0 = b[0]!;
  const b1 = b[1]!;
  const b2 = b[2]!;
  const b3 = b[3]!;
  const { imul } = Math;
  return [
    reduceSum(
      a0 * b0 + 3 * (a1 * b3 + a2 * b2 + a3 * b1),
      imul(a0, b0) + imul(3, imul(a1, b3) + imul(a2, b2) + imul(a3, b1)),
    ),
    reduceSum(
      a0 * b1 + a1 * b0 + 3 * (a2 * b3 + a3 * b2),
      imul(a0, b1) + imul(a1, b0) + imul(3, imul(a2, b3) + imul(a3, b2)),
    ),
    reduceSum(
      a0 * b2 + a1 * b1 + a2 * b0 + 3 * (a3 * b3),
      imul(a0, b2) + imul(a1, b1) + imul(a2, b0) + imul(3, imul(a3, b3)),
    ),
    reduceSum(
      a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0,
      imul(a0, b3) + imul(a1, b2) + imul(a2, b1) + imul(a3, b0),
    ),
  ];
}

export function addQuartic(a: Quartic, b: Quartic): Quartic {
  return [add(a[0]!, b[0]!), add(a[1]!, b[1]!), add(a[2]!, b[2]!), add(a[3]!, b[3]!)];
}

export function subQuartic(a: Quartic, b: Quartic): Quartic {
  return [sub(a[0]!, b[0]!), sub(a[1]!, b[1]!), sub(a[2]!, b[2]!), sub(a[3]!, b[3]!)];
}

/** a times a base field element. */
export function scaleQuartic(a: Quartic, factor: number): Quartic {
  return [mul(a[0]!, factor), mul(a[1]!, factor), mul(a[2]!, factor), mul(a[3]!, factor)];
}
