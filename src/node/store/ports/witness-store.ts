/**
 * Port: what a witness knows (spec/15-heads.md §8). Per log its key and the head that was cosigned last,
 * and the evidence that it has met.
 *
 * Contract, for every implementation: `advance` compares and writes in one durable transaction, so of two
 * requests that go on from one head only one is cosigned, and no cosigned head is ever taken back.
 *
 * @module
 */

import type { TreeState } from "./head-store.ts";

/** A head that was cosigned, with the cosignature. */
export interface CosignedHead extends Omit<TreeState, "epoch"> {
  readonly note: Uint8Array;
}

export interface WitnessStore {
  /** Keeps a log's head-key record if there is none yet; answers the one that is kept for ever. */
  pin(origin: string, headKey: Uint8Array): Promise<Uint8Array>;
  /** The head-key record of a log; null where it is unknown. */
  headKey(origin: string): Promise<Uint8Array | null>;
  /** The logs whose key is kept, at most `limit`. */
  origins(limit: number): Promise<string[]>;
  /** The head that was cosigned last; null where none was. */
  head(origin: string): Promise<CosignedHead | null>;
  /** Puts a head in place of the one of `from` leaves; false, and nothing written, where that is not it. */
  advance(origin: string, from: number, head: CosignedHead): Promise<boolean>;
  /** Keeps a canonical evidence record, once. */
  keepEvidence(id: Uint8Array, evidence: Uint8Array): Promise<void>;
  /** Ids of what was kept, in their order, at most `limit`. */
  evidenceIds(limit: number): Promise<Uint8Array[]>;
  evidence(id: Uint8Array): Promise<Uint8Array | null>;
}
