/**
 * Port: the compute unit's proofs and what waits to be proven (spec/09-http.md §5.1).
 *
 * Always holds: a slot is settled once, for ever; what is settled waits no more; a slot that was queued
 * stays queued until it is settled, whatever happens to the unit.
 *
 * @module
 */

/** A slot that waits for its proof. */
export interface ProofJob {
  readonly process: Uint8Array;
  readonly slot: number;
  /** Milliseconds since the epoch. */
  readonly queuedAt: number;
  /** How often its proving was begun and did not end. */
  readonly attempts: number;
}

/** What became of a slot. */
export type ProofOutcome =
  | { readonly kind: "proven"; readonly proof: Uint8Array }
  | { readonly kind: "unprovable"; readonly reason: string };

/** Where a slot stands, without the proof's bytes. */
export type ProofStanding =
  | { readonly kind: "queued" }
  | { readonly kind: "proven" }
  | { readonly kind: "unprovable"; readonly reason: string };

export interface ProofStore {
  /** Queues slots; those that are queued or settled stay as they are. Answers how many are new. */
  enqueue(jobs: readonly Omit<ProofJob, "attempts">[]): Promise<number>;
  /** Durably notes that the proving of a queued slot begins; answers for the how manieth time. */
  begin(process: Uint8Array, slot: number): Promise<number>;
  /** Takes a `begin` back: the unit stopped it, and it says nothing of the slot. */
  release(process: Uint8Array, slot: number): Promise<void>;
  /** Settles a slot and takes it out of the queue. The first outcome stays. */
  settle(process: Uint8Array, slot: number, outcome: ProofOutcome): Promise<void>;
  /** Null: neither queued nor settled. */
  standing(process: Uint8Array, slot: number): Promise<ProofStanding | null>;
  /** The canonical proof; null where the slot is not proven. */
  proof(process: Uint8Array, slot: number): Promise<Uint8Array | null>;
  /** What waits, by process and slot, at most `limit`. */
  queued(limit: number): Promise<readonly ProofJob[]>;
  /** How many wait. Looks at each of them. */
  queuedCount(): Promise<number>;
}
