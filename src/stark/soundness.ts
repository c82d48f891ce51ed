/**
 * The soundness of a proof, by calculation (spec/08-proofs.md §5): one error bound for each
 * challenge, all proven, within the unique decoding radius, and their sum. No conjecture enters.
 *
 * Sources: LogUp (Haböck, 2022/1530), DEEP-ALI (Haböck, 2022/1216), proximity gaps and correlated
 * agreement within the unique decoding radius (Ben-Sasson, Carmon, Haböck, Kopparty, Saraf,
 * 2025/2055: error (gamma n + 1) / |F|), round-by-round soundness of BCS-compiled proofs. Figures
 * are bits of classical security in the random oracle model; against an adversary with quantum
 * access to the oracle, count on about half.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { P } from "../field/koala-bear.ts";
import type { Grinding } from "./parameters.ts";

/** One fold of FRI: the size of the domain that it starts from. */
export interface FoldLayer {
  readonly logSize: number;
  readonly arity: number;
  /** True if a shorter codeword is added after this fold. */
  readonly rollIn: boolean;
}

export interface SoundnessInput {
  readonly extensionDegree: number;
  readonly logBlowup: number;
  readonly queries: number;
  readonly grinding: Grinding;
  /** log2 of the largest table height. */
  readonly logHeight: number;
  readonly folds: readonly FoldLayer[];
  /** (column, point) pairs that one challenge batches. */
  readonly openings: number;
  readonly constraints: number;
  /** Largest constraint degree. */
  readonly degree: number;
  /** Terms on buses: sum over interactions of their table's height, and the public terms. */
  readonly busTerms: number;
  readonly tupleWidthMax: number;
}

/** Bits of security of each round, and of all together. */
export interface Soundness {
  readonly lookup: number;
  readonly constraints: number;
  readonly deep: number;
  readonly batch: number;
  readonly folds: readonly number[];
  readonly query: number;
  readonly hash: number;
  /** The weakest round. */
  readonly weakest: number;
  /** -log2 of the sum of all rounds' errors: the figure to quote. */
  readonly total: number;
}

/** The unique decoding radius of a code of rate 2^-logBlowup. */
function decodingRadius(logBlowup: number): number {
  return (1 - 2 ** -logBlowup) / 2;
}

/**
 * Whether the DEEP quotients of a table, opened at two points, are still within the radius: the
 * degree and two more below (1 - radius) of the codeword's length.
 */
export function hasRoom(logHeight: number, logBlowup: number): boolean {
  const height = 2 ** logHeight;
  return height + 2 < (1 - decodingRadius(logBlowup)) * height * 2 ** logBlowup;
}

/** log2 of the error of correlated agreement, times |F|, on a domain of 2^logSize points. */
function logProximityError(logBlowup: number, logSize: number): number {
  return Math.log2(decodingRadius(logBlowup) * 2 ** logSize + 1);
}

/** Bits that the query phase gives: each query misses a word that far away with 1 - radius. */
function queryBits(input: { queries: number; logBlowup: number; grinding: number }): number {
  return -input.queries * Math.log2(1 - decodingRadius(input.logBlowup)) + input.grinding;
}

/** The fewest queries that reach `bits` in the query phase. */
export function queriesNeeded(input: {
  readonly bits: number;
  readonly logBlowup: number;
  readonly grinding: number;
}): number {
  return Math.ceil(
    (input.bits - input.grinding) / queryBits({ ...input, queries: 1, grinding: 0 }),
  );
}

/** The soundness of a proof with these parameters and sizes. */
export function soundness(input: SoundnessInput): Soundness {
  assert(input.queries > 0, "no queries");
  assert(input.logBlowup >= 1, "no blowup");
  const { grinding, logBlowup } = input;
  const logField = input.extensionDegree * Math.log2(P);
  const height = 2 ** input.logHeight;
  const logSize = input.logHeight + logBlowup;
  assert(hasRoom(input.logHeight, logBlowup), "tables too short");

  const lookup =
    input.busTerms === 0
      ? Number.POSITIVE_INFINITY
      : logField - Math.log2(input.busTerms * (input.tupleWidthMax + 2)) + grinding.lookup;
  const constraints = logField - Math.log2(input.constraints) + grinding.constraints;
  const deepRoots = input.degree * (height + 1) + height - 1;
  const deep = logField - Math.log2(deepRoots) + grinding.deep;
  const batch =
    logField -
    logProximityError(logBlowup, logSize) -
    Math.log2(Math.max(1, input.openings - 1)) +
    grinding.batch;
  const folds = input.folds.map(
    (fold) =>
      logField -
      logProximityError(logBlowup, fold.logSize) -
      Math.log2(fold.arity - 1 + (fold.rollIn ? 1 : 0)) +
      grinding.fold,
  );
  const query = queryBits({ queries: input.queries, logBlowup, grinding: grinding.query });
  const hash = 128;
  const rounds = [lookup, constraints, deep, batch, ...folds, query, hash];
  const total = -Math.log2(rounds.reduce((sum, bits) => sum + 2 ** -bits, 0));
  const weakest = Math.min(...rounds);
  return { lookup, constraints, deep, batch, folds, query, hash, weakest, total };
}
