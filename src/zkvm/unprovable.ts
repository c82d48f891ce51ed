/**
 * What cannot be proven, and is said instead of being proven badly (spec/14-zkvm.md §8).
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type UnprovableCode =
  | "PROGRAM_TOO_LONG"
  | "RUN_TOO_LONG"
  | "FRAMES_TOO_DEEP"
  | "TABLE_TOO_HIGH"
  | "STATE_TOO_WIDE";

/** A run that no proof of this version holds; the result itself is as good as any. */
export class UnprovableError extends CodedError<UnprovableCode> {}
