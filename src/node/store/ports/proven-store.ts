/**
 * Port: the chains of proofs that a unit has verified (spec/09-http.md §5.4), and, where it serves them
 * on, what showed them.
 *
 * Always holds: slots are added one after the other from slot 0 on, each in one durable transaction
 * with the comparison that it is the next; nothing is ever changed or taken away; what is kept of
 * evidence never exceeds the store's bound (`OVERLOADED`: nothing was written).
 *
 * @module
 */

import type { ProvenStore as ProvenChainStore } from "../../../client/proven-chains.ts";

/** A verified slot's `provenSlot` and `slotProof`, canonical. */
export interface ProvenEvidence {
  readonly slot: Uint8Array;
  readonly proof: Uint8Array | null;
}

export interface ProvenStore extends ProvenChainStore {
  /** What showed a slot; null where it is not verified, or nothing is kept of it. */
  evidence(process: Uint8Array, slot: number): Promise<ProvenEvidence | null>;
  /** Bytes of evidence that are kept. */
  evidenceBytes(): Promise<number>;
}
