/**
 * Port: the scheduler's logs (spec/05-log.md). Per process a chain of entries without gaps, and one
 * global order of all entries, the leaves of the scheduler's RFC 6962 tree.
 *
 * Contract, for every implementation (`store-compliance` holds it):
 * 1. `append` is linearizable per process; each process's run within one call is consecutive, and a
 *    call is one durable transaction. A duplicate id wins over a slot mismatch, for ever. Slot and
 *    epoch are checked in the transaction that writes.
 * 2. Resolved means durable; readable means durable.
 * 3. A rejection that `isIndeterminate` may or may not have happened: repeat the same request.
 *    Outcomes `slot` and `fenced` did not happen.
 * 4. `range` and `leaves` are gapless, ascending, one snapshot each. `tail` is ranges and wake-ups:
 *    wake-ups may be lost or repeated, entries never.
 * 5. Bodies, authorisations, data and uploaded content are four tables: presence in one is never
 *    evidence in another. The caller has checked that every hash belongs to its bytes.
 *
 * @module
 */

/** An entry of a process's log with the bytes it commits to, verbatim. */
export interface StoredEntry {
  /** Process id, 32 bytes. */
  readonly process: Uint8Array;
  readonly slot: number;
  readonly epoch: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  /** 32 bytes. */
  readonly messageId: Uint8Array;
  /** Canonical bytes of the entry, and their chained hash (32 bytes). */
  readonly entry: Uint8Array;
  readonly entryHash: Uint8Array;
  /** Canonical bytes of the message body; the message id is their hash. */
  readonly body: Uint8Array;
  readonly authorisation: Uint8Array;
  readonly authorisationHash: Uint8Array;
  /** Message data and its hash; both null if the message has none. */
  readonly data: Uint8Array | null;
  readonly dataHash: Uint8Array | null;
  /** Absent or null: the authorisation is kept whole. What is read is whole in any case. */
  readonly shared?: SharedBeginning | null;
}

/** An entry with its place in the order of all entries of this scheduler. */
export interface LogEntry extends StoredEntry {
  /** Leaf index in the scheduler's tree: from 1, for leaf 0 is the head-key record. */
  readonly treeIndex: number;
}

/** The beginning of an authorisation that others have in common with it: a bundle's signature. */
export interface SharedBeginning {
  /** SHA-256 of these bytes; they are kept once. */
  readonly id: Uint8Array;
  readonly length: number;
}

/** A request to append an entry at exactly `expectedSlot`. */
export interface AppendRequest extends Omit<StoredEntry, "slot"> {
  readonly expectedSlot: number;
}

export type AppendOutcome =
  | { readonly kind: "appended"; readonly slot: number; readonly treeIndex: number }
  /** The message id has this slot already; nothing was written. */
  | { readonly kind: "duplicate"; readonly slot: number }
  /** Another slot is next; `head` is null if the process has no entry yet. */
  | { readonly kind: "slot"; readonly head: ProcessHead | null }
  /** A later epoch has begun: the lease was granted in it, or the process's log was written in it. */
  | { readonly kind: "fenced"; readonly epoch: number };

/** The end of a process's log. */
export interface ProcessHead {
  /** The slot that comes next. */
  readonly next: number;
  /** Epoch, hash and timestamp of the last entry. */
  readonly epoch: number;
  readonly entryHash: Uint8Array;
  readonly timestamp: number;
}

/** A process with what its list shows. */
export interface ListedProcess {
  readonly process: Uint8Array;
  /** Canonical body of its spawn, and when that got slot 0. */
  readonly spawn: Uint8Array;
  readonly spawnedAt: number;
  /** The slot that comes next. */
  readonly next: number;
}

/** A leaf of the scheduler's tree. */
export interface LogLeaf {
  readonly treeIndex: number;
  readonly process: Uint8Array;
  readonly slot: number;
  /** Canonical bytes of the entry. */
  readonly entry: Uint8Array;
  readonly entryHash: Uint8Array;
}

/** The index of the first entry in the scheduler's tree; leaf 0 is the head-key record. */
export const treeIndexFirst = 1;

export interface LogStore {
  /**
   * One outcome per request, in order. A request below the epoch of the scheduler's lease is fenced,
   * so a later instance fences the earlier one, for all processes, by taking the lease: what it then
   * refuses, no late append of the earlier one gives a slot. A request with an epoch above the
   * process's raises it.
   */
  append(requests: readonly AppendRequest[]): Promise<AppendOutcome[]>;
  head(process: Uint8Array): Promise<ProcessHead | null>;
  entry(process: Uint8Array, slot: number): Promise<LogEntry | null>;
  /** The slot of a message in the process's log. */
  slotOf(process: Uint8Array, messageId: Uint8Array): Promise<number | null>;
  /**
   * Entries from a slot on: at most `limit` and 1,000; fewer after 8 MiB, but at least one if there
   * is one. Compare with `head` to know whether more follow.
   */
  range(process: Uint8Array, from: number, limit: number): Promise<LogEntry[]>;
  /** Entries from a slot on as they come, until the signal aborts; then it ends without error. */
  tail(process: Uint8Array, from: number, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** Process ids above `after` (null: all) in byte order, at most `limit` and 1,000. */
  processes(after: Uint8Array | null, limit: number): Promise<Uint8Array[]>;
  /**
   * Processes from one id to another, both included, in byte order: at most `limit` and 1,000; fewer
   * after 8 MiB, but at least one if there is one.
   */
  listed(first: Uint8Array, last: Uint8Array, limit: number): Promise<ListedProcess[]>;
  /** How many processes there are. */
  processCount(): Promise<number>;
  /** The index that the next entry gets: the size of the tree with its leaf 0. */
  treeSize(): Promise<number>;
  /** Entries in the order they were made, from a tree index on; bounded as `range`. */
  leaves(from: number, limit: number): Promise<LogLeaf[]>;
}
