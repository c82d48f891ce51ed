/**
 * What the unit and its proving worker say to each other. The worker brings one process at a time to
 * the slot that is proven, by evaluating what came before, and proves that slot.
 *
 * @module
 */

import type { EvaluationInput } from "../src/runtime/evaluation-input.ts";
import type { SavedState } from "./evaluation-job.ts";

export type ProofWork =
  /** Where the worker stands. */
  | { readonly kind: "where" }
  /** Brings a process into memory: from a saved state, or from its genesis. */
  | {
      readonly kind: "open";
      readonly process: string;
      readonly spawn: Uint8Array;
      readonly module: Uint8Array;
      readonly saved: SavedState | null;
    }
  /** Evaluates messages of consecutive slots and commits them. */
  | { readonly kind: "advance"; readonly inputs: readonly EvaluationInput[] }
  /** Proves the next slot, whose stored result is `result`, and commits it. */
  | { readonly kind: "prove"; readonly input: EvaluationInput; readonly result: Uint8Array };

export type ProofAnswer =
  /** The process in memory and its next slot; null where there is none. */
  | { readonly kind: "at"; readonly process: string | null; readonly next: number }
  /** A `slotProof`, already verified here against the stored result. */
  | { readonly kind: "proven"; readonly proof: Uint8Array; readonly seconds: number }
  | { readonly kind: "unprovable"; readonly reason: string };

/** What the worker is started with. */
export interface ProofWorkerData {
  /** Threads that prove, the worker's own among them. */
  readonly threads: number;
  /** Three i32 that it keeps up to date: segments done, in all, and milliseconds for those done. */
  readonly progress: SharedArrayBuffer;
}
