/**
 * What the unit and its evaluation workers say to each other. A worker holds processes in memory and
 * knows nothing of keys, stores or the network; all it needs comes with the job.
 *
 * @module
 */

import type { Diagnostic } from "../src/protocol/judge.ts";
import type { EvaluationInput, EvaluationOutput } from "../src/runtime/evaluation-input.ts";

/** The part of a process's terms that its machine needs. */
export interface MachineTerms {
  readonly module: Uint8Array;
  readonly memoryLimit: number;
  readonly gasLimit: number;
}

/** A saved state, and the slot after which it was so. */
export interface SavedState {
  readonly slot: number;
  readonly root: Uint8Array;
  readonly pageCount: number;
  readonly globals: Uint8Array;
  readonly memory: Uint8Array;
}

/** What a worker is asked. All jobs of one process go to one worker, in order. */
export type EvaluationJob =
  /** Evaluates messages of consecutive slots and commits them. */
  | {
      readonly kind: "evaluate";
      readonly process: string;
      /** The canonical spawn body of the process. */
      readonly spawn: Uint8Array;
      readonly inputs: readonly EvaluationInput[];
      /** Also answer what changed since the last checkpoint. */
      readonly checkpoint: boolean;
      /** From slot 0 on: the module, so that the process begins in this job. Else null. */
      readonly module: Uint8Array | null;
    }
  /**
   * Evaluates again what has its results, to come to a state. Failures changed nothing and are left
   * out: a restart would pay for each of them once more, at its whole gas limit.
   */
  | {
      readonly kind: "replay";
      readonly process: string;
      readonly spawn: Uint8Array;
      /** Messages of rising slots that succeeded. */
      readonly inputs: readonly EvaluationInput[];
      /** The slot that comes next when all are done. */
      readonly to: number;
    }
  /** Evaluates one message and undoes it. */
  | {
      readonly kind: "dry-run";
      readonly process: string;
      readonly spawn: Uint8Array;
      readonly input: EvaluationInput;
      readonly gasLimit: number;
    }
  /** Brings a process into memory: from a saved state, or from its genesis. */
  | {
      readonly kind: "load";
      readonly process: string;
      readonly spawn: Uint8Array;
      readonly module: Uint8Array;
      readonly saved: SavedState | null;
      /** The saved state is the newest that is stored, so that the next checkpoint may be a delta. */
      readonly deltasFollow: boolean;
    }
  /** Reads committed memory after `slot`. */
  | {
      readonly kind: "memory";
      readonly process: string;
      readonly slot: number;
      readonly from: number;
      readonly length: number;
    }
  | { readonly kind: "drop"; readonly process: string };

/** State that changed since the last checkpoint, or all of it. */
export interface CheckpointDelta {
  readonly slot: number;
  readonly root: Uint8Array;
  readonly pageCount: number;
  readonly globals: Uint8Array;
  readonly indices: Uint32Array;
  readonly pages: Uint8Array;
  readonly full: boolean;
}

export type EvaluationAnswer =
  /** Of the first inputs at least one; the others where there was time. */
  | {
      readonly kind: "evaluated";
      readonly outputs: readonly EvaluationOutput[];
      readonly checkpoint: CheckpointDelta | null;
      /** What it took of a processor's time: on a busy machine the quick ones wait as well. */
      readonly ms: number;
    }
  /** The process is not in memory at the slot asked for: load it. */
  | { readonly kind: "cold" }
  | { readonly kind: "loaded"; readonly next: number; readonly root: Uint8Array }
  /** The saved state is not what it says it is: an earlier one may be, and the genesis is. */
  | { readonly kind: "checkpoint-refused"; readonly reason: string }
  /** The bytes are no process module. */
  | { readonly kind: "module-refused"; readonly diagnostic: Diagnostic; readonly root: Uint8Array }
  | {
      readonly kind: "memory";
      readonly bytes: Uint8Array;
      readonly total: number;
    }
  | { readonly kind: "dropped" };
