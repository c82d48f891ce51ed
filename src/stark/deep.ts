/**
 * The verifier's side of DEEP (spec/08-proofs.md §8): from the opened rows and the claimed values
 * at the point, the value that the combined quotient must have at each query position.
 *
 * For every height: sum of lambda^k (v_k - f_k(x)) / (z_k - x) over the columns and points of the
 * matrices of that height. The powers of lambda run on through all matrices.
 *
 * @module
 */

import { batchInverse, type Extension, type ExtensionField } from "../field/extension.ts";
import { add, generator, mul, pow, twoAdicGenerator } from "../field/koala-bear.ts";
import type { TreeLayout } from "./layout.ts";
import { reverseBits } from "./matrix.ts";
import { type OpenedRows, shiftPositions } from "./merkle/opening.ts";

/** The claimed values of one matrix: a list for each point, a value for each column. */
export type ClaimedValues = readonly (readonly Extension[])[];

export interface DeepInput {
  readonly field: ExtensionField;
  readonly layouts: readonly TreeLayout[];
  /** By tree and matrix, as in the layouts. */
  readonly claimed: readonly (readonly ClaimedValues[])[];
  readonly opened: readonly (readonly OpenedRows[])[];
  readonly point: Extension;
  /** The batching challenge. */
  readonly batcher: Extension;
  readonly logBlowup: number;
  /** Sorted, distinct positions below 2^logSize. */
  readonly positions: readonly number[];
  readonly logSize: number;
}

/** The numerators of one height: by point, by position. */
interface HeightSums {
  readonly positions: readonly number[];
  readonly sums: Extension[][];
}

/** The domain's point at a place of a codeword of 2^logSize values in bit-reversed order. */
export function domainPoint(position: number, logSize: number): number {
  const root = twoAdicGenerator(logSize);
  return mul(generator, pow(root, reverseBits(position, logSize)));
}

/** The opening points of a table: the point, and the point one row on. */
export function openingPoints(
  field: ExtensionField,
  point: Extension,
  logHeight: number,
): readonly [Extension, Extension] {
  return [point, field.scale(point, twoAdicGenerator(logHeight))];
}

/** sum of powers[k] * row[k], with the powers' coefficients one after the other. */
function combineRow(degree: number, powers: Uint32Array, row: Uint32Array): Extension {
  const sum: number[] = new Array<number>(degree).fill(0);
  for (let d = 0; d < degree; d++) {
    let part = 0;
    for (let k = 0; k < row.length; k++) part = add(part, mul(powers[k * degree + d]!, row[k]!));
    sum[d] = part;
  }
  return sum;
}

function collectSums(input: DeepInput): Map<number, HeightSums> {
  const { field, layouts, positions } = input;
  const heights = new Map<number, HeightSums>();
  let power = field.one;
  layouts.forEach(({ matrices }, tree) => {
    matrices.forEach(({ logHeight, width }, matrix) => {
      const shift = input.logSize - logHeight - input.logBlowup;
      let height = heights.get(logHeight);
      if (height === undefined) {
        const own = shiftPositions(positions, shift);
        height = { positions: own, sums: [0, 1].map(() => own.map(() => field.zero)) };
        heights.set(logHeight, height);
      }
      const { rows } = input.opened[tree]![matrix]!;
      input.claimed[tree]![matrix]!.forEach((values, pointIndex) => {
        const powers = new Uint32Array(width * field.degree);
        let claimed = field.zero;
        values.forEach((value, k) => {
          powers.set(power, k * field.degree);
          claimed = field.add(claimed, field.mul(power, value));
          power = field.mul(power, input.batcher);
        });
        const sums = height.sums[pointIndex]!;
        rows.forEach((row, i) => {
          const difference = field.sub(claimed, combineRow(field.degree, powers, row));
          sums[i] = field.add(sums[i]!, difference);
        });
      });
    });
  });
  return heights;
}

/**
 * The combined quotients, by log2 of the table height, at the positions of each height. The point
 * lies outside the base field, so that no divisor is zero.
 */
export function reducedOpenings(input: DeepInput): Map<number, Extension[]> {
  const { field } = input;
  const reduced = new Map<number, Extension[]>();
  for (const [logHeight, { positions, sums }] of collectSums(input)) {
    const logSize = logHeight + input.logBlowup;
    const places = positions.map((position) => field.fromBase(domainPoint(position, logSize)));
    const points = openingPoints(field, input.point, logHeight);
    const divisors = points.map((point) => places.map((place) => field.sub(point, place)));
    const inverses = batchInverse(field, divisors.flat());
    reduced.set(
      logHeight,
      positions.map((_, i) =>
        field.add(
          field.mul(sums[0]![i]!, inverses[i]!),
          field.mul(sums[1]![i]!, inverses[positions.length + i]!),
        ),
      ),
    );
  }
  return reduced;
}
