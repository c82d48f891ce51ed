/**
 * Parameters of a proof (spec/08-proofs.md §5). They belong to the verifying key: a proof carries
 * none of them, and the verifier takes none from it.
 *
 * @module
 */

import { assert } from "../base/assert.ts";

/** Bits of proof of work before the challenge of that name is drawn. */
export interface Grinding {
  /** Before the two bus challenges. */
  readonly lookup: number;
  /** Before the challenge that combines constraints. */
  readonly constraints: number;
  /** Before the point at which everything is opened. */
  readonly deep: number;
  /** Before the challenge that combines openings. */
  readonly batch: number;
  /** Before each folding challenge. */
  readonly fold: number;
  /** Before the query positions. */
  readonly query: number;
}

export interface ProofParameters {
  readonly extensionDegree: 4 | 5;
  /** log2 of the extended domain's size over the trace's; the rate is 2^-logBlowup. */
  readonly logBlowup: number;
  /** log2 of the number of values that one fold makes into one. */
  readonly logFoldArity: number;
  /** log2 of the largest number of coefficients of the last polynomial, which is sent as it is. */
  readonly logFinalLength: number;
  readonly queries: number;
  readonly grinding: Grinding;
  /** What the sum of all errors must reach, by `soundness.ts`, at the largest heights allowed. */
  readonly securityBits: number;
}

/**
 * The default: at least 100 bits, proven, against a classical adversary in the random oracle
 * model, as the sum over all rounds. 122 queries and the grinding on lookups and batching are two
 * bits above the single rounds' minima; two bits on `deep` and `fold` keep the sum above 100 with
 * tables of up to 2^20 rows, where those two rounds alone stand at 101.9 and 100.4.
 */
export const P100: ProofParameters = {
  extensionDegree: 4,
  logBlowup: 2,
  logFoldArity: 3,
  logFinalLength: 5,
  queries: 122,
  grinding: { lookup: 8, constraints: 0, deep: 2, batch: 9, fold: 2, query: 20 },
  securityBits: 100,
};

/** Largest proof of work that one challenge may ask for; a nonce has 32 bits. */
export const grindingBitsMax = 28;

/** Stops the program if the parameters cannot be those of a sound proof. */
export function assertParameters(parameters: ProofParameters): void {
  const within = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high;
  assert([4, 5].includes(parameters.extensionDegree), "extension degree");
  assert(within(parameters.logBlowup, 1, 4), "blowup of at least 2 and at most 16");
  assert(within(parameters.logFoldArity, 1, 4), "fold arity");
  assert(within(parameters.logFinalLength, 0, 10), "final length");
  assert(within(parameters.queries, 1, 1024), "at least one query");
  const { lookup, constraints, deep, batch, fold, query } = parameters.grinding;
  for (const bits of [lookup, constraints, deep, batch, fold, query]) {
    assert(within(bits, 0, grindingBitsMax), `grinding bits ${bits}`);
  }
  assert(parameters.securityBits >= 0, "security bits");
}
