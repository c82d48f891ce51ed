/**
 * Why a slot's proof is refused (spec/14-zkvm.md §9). Inside the verifier a refusal is thrown, so that
 * no check can be forgotten; `verifySlot` catches it.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type RefusalCode =
  | "STATEMENT_FIELD"
  | "KEY_MISMATCH"
  | "MODULE_MISMATCH"
  | "INBOX_MISMATCH"
  | "MODULE_UNPROVABLE"
  | "PROOF_ENCODING"
  | "PROGRAM_ROW"
  | "BOUNDARY"
  | "ROOT_MISMATCH"
  | "RECEPTION"
  | "BORDER"
  | "EXIT_MISMATCH"
  | "RETURNED_MISMATCH"
  | "STARK_REFUSED";

/** A refused proof. */
export class SlotRefusal extends CodedError<RefusalCode> {}

/** Refuses unless `condition` holds. */
export function demand(
  condition: boolean,
  code: RefusalCode,
  fields: Readonly<Record<string, string | number | boolean | null>> = {},
): asserts condition {
  if (!condition) throw new SlotRefusal(code, fields);
}
