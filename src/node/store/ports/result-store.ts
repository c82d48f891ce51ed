/**
 * Port: the compute unit's results, what it may sign, whom it follows, and its own copy of their
 * logs (spec/05-log.md §3 and §4).
 *
 * Always holds: a (process, slot) has one result for ever; a digest is persisted before it is
 * signed, and a second one for the same (process, entry hash) is refused.
 *
 * @module
 */

import type { StoredEntry } from "./log-store.ts";

export interface StoredResult {
  readonly process: Uint8Array;
  readonly slot: number;
  readonly messageId: Uint8Array;
  readonly entryHash: Uint8Array;
  /** Canonical bytes of the result. */
  readonly result: Uint8Array;
  /** What the process returned, as the output hash covers it. */
  readonly output: Uint8Array;
  /** Reason, abort text and the like: served, never committed. */
  readonly diagnostics: Uint8Array;
  readonly attestation: Uint8Array | null;
}

/** A result without what the process returned, for whoever looks on. */
export interface ResultSummary {
  readonly slot: number;
  /** Canonical bytes of the result. */
  readonly result: Uint8Array;
  /** Of its entry; milliseconds since the Unix epoch. */
  readonly timestamp: number;
  /** Bytes of the process's memory after it; null where that was not noted. */
  readonly memoryBytes: number | null;
  readonly isAttested: boolean;
}

/** What is stored in the transaction of results. */
export interface StoredTogether {
  /** Claimed for signing as `claimAttestation` does, each where nothing is claimed yet. */
  readonly digests?: readonly Uint8Array[];
  /** Kept as by `putEntries`. */
  readonly entries?: readonly StoredEntry[];
  /** Bytes of the process's memory after each result, in their order; only changes are kept. */
  readonly memoryBytes?: readonly number[];
  /** Where its follower goes on: a cursor beyond results that were not stored would lose them. */
  readonly cursor?: FollowedProcess & { readonly process: Uint8Array };
}

/** An attestation for a stored result. */
export interface ResultAttestation {
  readonly process: Uint8Array;
  readonly slot: number;
  readonly attestation: Uint8Array;
}

/** A process that the unit evaluates. */
export interface FollowedProcess {
  /** The next slot to evaluate. */
  readonly nextSlot: number;
  readonly schedulerUrl: string;
}

export interface ResultStore {
  /**
   * Stores results, and what comes with them, in one transaction; idempotent. An attestation may come
   * with a result or later.
   *
   * @throws StoreError STORE_CONFLICT if a slot has another result or entry: nothing of the batch
   *   happened.
   */
  put(batch: readonly StoredResult[], together?: StoredTogether): Promise<void>;
  /** Attaches attestations; the first one of a result stays. Unknown results are passed over. */
  attest(batch: readonly ResultAttestation[]): Promise<void>;
  get(process: Uint8Array, slot: number): Promise<StoredResult | null>;
  /**
   * Results from a slot on, upwards or downwards: at most `limit` and 1,000; fewer after 8 MiB, but
   * at least one if there is one.
   */
  range(
    process: Uint8Array,
    from: number,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<StoredResult[]>;
  /** Those of the slots that have a result and an entry, in the order asked for. */
  summaries(process: Uint8Array, slots: readonly number[]): Promise<ResultSummary[]>;
  slotOfMessage(process: Uint8Array, messageId: Uint8Array): Promise<number | null>;
  /**
   * The right to sign a digest for an entry. `fresh`: now this digest's for ever; `same`: it was
   * before; `conflict`: another digest has it, and this one must not be signed.
   */
  claimAttestation(
    process: Uint8Array,
    entryHash: Uint8Array,
    resultDigest: Uint8Array,
  ): Promise<"fresh" | "same" | "conflict">;
  /** Where a process is followed from; null where it is not. */
  following(process: Uint8Array): Promise<FollowedProcess | null>;
  /** Followed processes above `after` (null: all), at most `limit` and 1,000. */
  followed(
    after: Uint8Array | null,
    limit: number,
  ): Promise<({ readonly process: Uint8Array } & FollowedProcess)[]>;
  /**
   * Keeps entries of followed logs for replays; idempotent.
   *
   * @throws StoreError STORE_CONFLICT if a slot has another entry: nothing of the batch happened.
   */
  putEntries(entries: readonly StoredEntry[]): Promise<void>;
  /** Kept entries from a slot on; bounded as `range`. */
  entries(process: Uint8Array, from: number, limit: number): Promise<StoredEntry[]>;
}
