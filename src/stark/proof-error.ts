/**
 * Why a proof is refused (spec/08-proofs.md §9, spec/10-errors.md). Inside the verifier a refusal
 * is thrown, so that no check can be forgotten by a caller; `verify` catches it and nothing else.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type ProofErrorCode =
  | "PROOF_NOT_BYTES"
  | "PROOF_TOO_LONG"
  | "PROOF_TRUNCATED"
  | "PROOF_TRAILING_BYTES"
  | "PROOF_VERSION"
  | "KEY_MISMATCH"
  | "STATEMENT_INVALID"
  | "HEIGHT_OUT_OF_RANGE"
  | "ELEMENT_NOT_CANONICAL"
  | "MULTIPLICITY_OVERFLOW"
  | "GRINDING_INSUFFICIENT"
  | "OPENING_POINT_IN_DOMAIN"
  | "BUS_TERM_UNDEFINED"
  | "BUS_UNBALANCED"
  | "CONSTRAINTS_UNSATISFIED"
  | "MERKLE_ROOT_MISMATCH"
  | "FOLD_MISMATCH"
  | "FINAL_POLYNOMIAL_MISMATCH";

/** A refused proof. */
export class ProofError extends CodedError<ProofErrorCode> {}

/** Refuses unless `condition` holds. */
export function require(
  condition: boolean,
  code: ProofErrorCode,
  fields: Readonly<Record<string, string | number | boolean | null>> = {},
): asserts condition {
  if (!condition) throw new ProofError(code, fields);
}
