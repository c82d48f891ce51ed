/**
 * What a compute unit says of its proofs (spec/09-http.md §5).
 *
 * @module
 */

import type { ProofQueue } from "../../src/protocol/http.ts";
import { readJson, type Unit } from "../network/units.ts";

/** Rows of each list, at most. */
const rowsMax = 50;

export function readProofs(compute: Unit, signal: AbortSignal): Promise<ProofQueue> {
  return readJson(compute, `/proofs?limit=${rowsMax}`, { signal });
}

/** The value in the middle; null of nothing. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? null;
}
