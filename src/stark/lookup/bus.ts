/**
 * Bus terms (spec/08-proofs.md §6). The denominator of a tuple v on a bus is
 * alpha + (bus + 1) beta^W - sum of beta^k v_k, with one W for all buses, so that no bus's tuple
 * is another's.
 *
 * @module
 */

import {
  batchInverse,
  type Extension,
  type ExtensionField,
  powersOf,
} from "../../field/extension.ts";
import { mul, P, sub } from "../../field/koala-bear.ts";
import { require } from "../proof-error.ts";

/** The two bus challenges, with beta's powers 0 to W. */
export interface BusChallenges {
  readonly alpha: Extension;
  readonly betaPowers: readonly Extension[];
}

/**
 * Terms that the verifier computes by itself, all on one bus: multiplicities and tuples, one after
 * the other, all canonical.
 */
export interface PublicTerms {
  readonly bus: number;
  readonly multiplicities: Uint32Array;
  /** `multiplicities.length` tuples of the bus's width. */
  readonly tuples: Uint32Array;
}

export function busChallenges(
  field: ExtensionField,
  drawn: { readonly alpha: Extension; readonly beta: Extension },
  tupleWidthMax: number,
): BusChallenges {
  return { alpha: drawn.alpha, betaPowers: powersOf(field, drawn.beta, tupleWidthMax + 1) };
}

/** alpha + (bus + 1) beta^W: a denominator before its tuple. */
export function busOffset(
  field: ExtensionField,
  challenges: BusChallenges,
  bus: number,
): Extension {
  return field.add(challenges.alpha, field.scale(challenges.betaPowers.at(-1)!, bus + 1));
}

/** offset - sum of betaPowers[k] * tuple[k], coefficient by coefficient: no lists but the result. */
function denominatorOf(
  offset: Extension,
  betaPowers: readonly Extension[],
  tuple: Uint32Array,
): Extension {
  const denominator = offset.slice();
  for (let k = 0; k < tuple.length; k++) {
    const power = betaPowers[k]!;
    const value = tuple[k]!;
    for (let d = 0; d < denominator.length; d++) {
      denominator[d] = sub(denominator[d]!, mul(power[d]!, value));
    }
  }
  return denominator;
}

/** The sum of multiplicity / denominator over public terms. */
export function sumPublicTerms(
  field: ExtensionField,
  challenges: BusChallenges,
  terms: readonly PublicTerms[],
): Extension {
  const denominators: Extension[] = [];
  const multiplicities: number[] = [];
  for (const { bus, multiplicities: counts, tuples } of terms) {
    const offset = busOffset(field, challenges, bus);
    const width = tuples.length / counts.length;
    for (let i = 0; i < counts.length; i++) {
      const tuple = tuples.subarray(i * width, (i + 1) * width);
      const denominator = denominatorOf(offset, challenges.betaPowers, tuple);
      // Happens with the probability that `soundness.ts` counts, and never by accident.
      require(!field.equal(denominator, field.zero), "BUS_TERM_UNDEFINED", { bus, term: i });
      denominators.push(denominator);
      multiplicities.push(counts[i]!);
    }
  }
  return batchInverse(field, denominators).reduce(
    (sum, inverse, i) => field.add(sum, field.scale(inverse, multiplicities[i]!)),
    field.zero,
  );
}

/** The sum of |multiplicity| over public terms, each taken between -P/2 and P/2. */
export function publicWeight(terms: readonly PublicTerms[]): number {
  let weight = 0;
  for (const { multiplicities } of terms) {
    for (const count of multiplicities) weight += Math.min(count, P - count);
  }
  return weight;
}
