/**
 * The folding formula of FRI (spec/08-proofs.md §8), for one group of values and for the last
 * polynomial. Codewords are polynomials on the subgroup itself, in bit-reversed order: the values
 * at x and -x are neighbours, and so are all that one fold joins.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../../field/extension.ts";
import { inverse, mul, P, pow, twoAdicGenerator } from "../../field/koala-bear.ts";
import { reverseBits } from "../matrix.ts";

const half = (P + 1) / 2;

/**
 * Folds the 2^logArity neighbouring values of group `position` of a codeword of 2^logSize values
 * into one: the value at beta of the polynomial through them, pair by pair with beta, beta^2, ...
 */
export function foldGroup(
  field: ExtensionField,
  values: readonly Extension[],
  input: { readonly position: number; readonly logSize: number; readonly beta: Extension },
): Extension {
  let folded = values;
  let { beta, logSize } = input;
  while (folded.length > 1) {
    const pairs = folded.length / 2;
    const rootInverse = inverse(twoAdicGenerator(logSize));
    const next: Extension[] = [];
    for (let i = 0; i < pairs; i++) {
      const place = reverseBits(input.position * pairs + i, logSize - 1);
      const even = field.scale(field.add(folded[2 * i]!, folded[2 * i + 1]!), half);
      const difference = field.sub(folded[2 * i]!, folded[2 * i + 1]!);
      const odd = field.scale(difference, mul(half, pow(rootInverse, place)));
      next.push(field.add(even, field.mul(beta, odd)));
    }
    folded = next;
    beta = field.mul(beta, beta);
    logSize--;
  }
  return folded[0]!;
}

/** The last polynomial's value at a place of the last codeword. */
export function finalValue(
  field: ExtensionField,
  coefficients: readonly Extension[],
  place: { readonly position: number; readonly logSize: number },
): Extension {
  const { position, logSize } = place;
  const x = pow(twoAdicGenerator(logSize), reverseBits(position, logSize));
  let value = field.zero;
  for (let i = coefficients.length - 1; i >= 0; i--) {
    value = field.add(field.scale(value, x), coefficients[i]!);
  }
  return value;
}
