/**
 * What a compute unit says of its proofs (spec/09-http.md §5).
 *
 * @module
 */

import { readJson, type Unit } from "../network/units.ts";

interface ProofPlace {
  readonly process: string;
  readonly slot: number;
}

export interface CurrentProof extends ProofPlace {
  readonly startedAt: number;
  /** The unit's estimate; null where it has none. */
  readonly secondsLeft: number | null;
  readonly segmentsDone: number | null;
  readonly segments: number | null;
}

export interface QueuedProof extends ProofPlace {
  readonly position: number;
  readonly secondsLeft: number | null;
  /** What stood in the way last. */
  readonly reason: string | null;
}

export interface MadeProof extends ProofPlace {
  readonly at: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly gasUsed: number;
}

export interface GivenUpProof extends ProofPlace {
  readonly at: number;
  readonly reason: string;
}

export interface Proofs {
  /** False: the unit proves nothing. */
  readonly prover: boolean;
  /** The lists of finished ones begin here. */
  readonly since: number;
  /** Queued ones and the one being made. */
  readonly waiting: number;
  readonly current: CurrentProof | null;
  readonly queue: readonly QueuedProof[];
  readonly proven: readonly MadeProof[];
  readonly unprovable: readonly GivenUpProof[];
}

/** Rows of each list, at most. */
const rowsMax = 50;

export function readProofs(compute: Unit, signal: AbortSignal): Promise<Proofs> {
  return readJson(compute, `/proofs?limit=${rowsMax}`, { signal });
}

/** The value in the middle; null of nothing. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? null;
}
