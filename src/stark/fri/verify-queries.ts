/**
 * The query phase of FRI, as the verifier runs it (spec/08-proofs.md §8): all positions together,
 * layer by layer, down to the last polynomial.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../../field/extension.ts";
import { readOpening, shiftPositions } from "../merkle/opening.ts";
import { require } from "../proof-error.ts";
import type { ProofReader } from "../proof-words.ts";
import { finalValue, foldGroup } from "./fold.ts";
import type { FoldSchedule } from "./schedule.ts";

/** One committed layer: its root, and the challenge that folds it. */
export interface FoldCommitment {
  readonly root: Uint32Array;
  readonly beta: Extension;
}

export interface QueryInput {
  readonly field: ExtensionField;
  readonly schedule: FoldSchedule;
  readonly layers: readonly FoldCommitment[];
  readonly finalPolynomial: readonly Extension[];
  /** Combined quotients by log2 of the table height, at the positions of each height. */
  readonly reduced: ReadonlyMap<number, readonly Extension[]>;
  readonly logBlowup: number;
  /** Sorted and distinct. */
  readonly positions: readonly number[];
  readonly logSize: number;
}

/** Reads the layers' openings and refuses unless every query folds down to the last polynomial. */
export function verifyQueries(reader: ProofReader, input: QueryInput): void {
  const { field, schedule } = input;
  let positions = input.positions;
  let values = input.reduced.get(input.logSize - input.logBlowup)!;
  schedule.folds.forEach(({ logSize, logArity }, layer) => {
    const { root, beta } = input.layers[layer]!;
    const arity = 2 ** logArity;
    const groups = shiftPositions(positions, logArity);
    const logGroups = logSize - logArity;
    const shapes = [{ logHeight: logGroups, width: arity * field.degree }];
    const opened = readOpening(reader, { root, shapes, positions: groups, logSize: logGroups });
    const rows = opened[0]!.rows.map((row) =>
      Array.from({ length: arity }, (_, i) =>
        Array.from(row.subarray(i * field.degree, (i + 1) * field.degree)),
      ),
    );
    let group = 0;
    positions.forEach((position, i) => {
      if (groups[group] !== position >>> logArity) group++;
      const claimed = rows[group]![position & (arity - 1)]!;
      require(field.equal(claimed, values[i]!), "FOLD_MISMATCH", { layer, position });
    });
    positions = groups;
    const joining = input.reduced.get(logGroups - input.logBlowup);
    // A power of beta that no value of the fold was multiplied with: without it a shorter
    // codeword could cancel the folded one (GHSA-f69f-5fx9-w9r9).
    const joiner = field.pow(beta, arity);
    values = rows.map((row, i) => {
      const folded = foldGroup(field, row, { position: groups[i]!, logSize, beta });
      if (joining === undefined) return folded;
      return field.add(folded, field.mul(joiner, joining[i]!));
    });
  });
  positions.forEach((position, i) => {
    const place = { position, logSize: schedule.logFinalSize };
    const expected = finalValue(field, input.finalPolynomial, place);
    require(field.equal(expected, values[i]!), "FINAL_POLYNOMIAL_MISMATCH", { position });
  });
}
