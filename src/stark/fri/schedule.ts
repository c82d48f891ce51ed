/**
 * Which folds FRI makes (spec/08-proofs.md §8): derived by prover and verifier from the tables'
 * heights alone. A fold never jumps over a height at which a shorter codeword joins.
 *
 * @module
 */

import type { ProofParameters } from "../parameters.ts";
import type { FoldLayer } from "../soundness.ts";

/** One fold: from a codeword of 2^logSize values to one of 2^(logSize - logArity). */
export interface Fold {
  readonly logSize: number;
  readonly logArity: number;
}

export interface FoldSchedule {
  readonly folds: readonly Fold[];
  /** log2 of the size of the last codeword. */
  readonly logFinalSize: number;
  /** log2 of the number of coefficients of the last polynomial. */
  readonly logFinalLength: number;
}

/** The schedule for tables of these heights (log2), at least one. */
export function foldSchedule(
  parameters: ProofParameters,
  logHeights: readonly number[],
): FoldSchedule {
  const logFinalLength = Math.min(parameters.logFinalLength, ...logHeights);
  const logFinalSize = logFinalLength + parameters.logBlowup;
  const stops = [...logHeights.map((log) => log + parameters.logBlowup), logFinalSize];
  const folds: Fold[] = [];
  let logSize = Math.max(...stops);
  while (logSize > logFinalSize) {
    const stop = Math.max(...stops.filter((log) => log < logSize));
    const logArity = Math.min(parameters.logFoldArity, logSize - stop);
    folds.push({ logSize, logArity });
    logSize -= logArity;
  }
  return { folds, logFinalSize, logFinalLength };
}

/** The schedule as the soundness calculation wants it. */
export function foldLayers(
  schedule: FoldSchedule,
  logBlowup: number,
  logHeights: readonly number[],
): FoldLayer[] {
  return schedule.folds.map(({ logSize, logArity }) => ({
    logSize,
    arity: 2 ** logArity,
    rollIn: logHeights.includes(logSize - logArity - logBlowup),
  }));
}
