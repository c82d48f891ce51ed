/**
 * Receipts of entries (spec/15-heads.md §6): where an entry stands in its scheduler's log, and the head
 * that covers it; one by one, and many under one head. `src/log/check-log-receipt.ts` and
 * `src/log/follow-head.ts` say whether they hold.
 *
 * @module
 */

import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  consistencyHashesMax,
  headKeyBytesMax,
  logReceiptBytesMax,
  logReceiptsBytesMax,
  noteBytesMax,
  receiptPlacesMax,
  receiptsQueryBytesMax,
  treePathMax,
  witnessesMax,
} from "./limits.ts";
import {
  bytes,
  digest,
  list,
  nullable,
  type RecordType,
  record,
  struct,
  text,
  uint,
} from "./record.ts";

export interface LogReceipt {
  /** The entry's leaf. */
  readonly treeIndex: number;
  /** From the leaf to the root, lowest first. */
  readonly path: readonly Digest[];
  /** The signed head: a C2SP checkpoint with its cosignatures. */
  readonly head: Uint8Array;
  /** The head-key record, which is leaf 0. */
  readonly headKey: Uint8Array;
}

/** Kind 22. */
export const logReceiptRecord: RecordType<LogReceipt> = record<LogReceipt>(
  { name: "logReceipt", kind: kinds.logReceipt, bytesMax: logReceiptBytesMax },
  {
    treeIndex: uint(),
    path: list(digest, treePathMax),
    head: bytes(noteBytesMax),
    headKey: bytes(headKeyBytesMax),
  },
);

/** An entry, by its place. */
export interface EntryPlace {
  readonly process: Digest;
  readonly slot: number;
}

/** Whose cosignatures a head must have: `count` of those that a spawn names. */
export interface WitnessQuorum {
  /** Addresses of witnesses' keys. */
  readonly units: readonly Digest[];
  readonly count: number;
}

/** What is asked of a scheduler: receipts of many entries under one head. */
export interface ReceiptsQuery {
  /** Leaves of the newest head that the reader knows; 0: none. */
  readonly since: number;
  readonly witnesses: WitnessQuorum;
  readonly places: readonly EntryPlace[];
}

const addresses = list(digest, witnessesMax);

/** Kind 24. */
export const receiptsQueryRecord: RecordType<ReceiptsQuery> = record<ReceiptsQuery>(
  { name: "receiptsQuery", kind: kinds.receiptsQuery, bytesMax: receiptsQueryBytesMax },
  {
    since: uint(),
    witnesses: struct<WitnessQuorum>({ units: addresses, count: uint(witnessesMax) }),
    places: list(struct<EntryPlace>({ process: digest, slot: uint() }), receiptPlacesMax),
  },
);

/** Where an entry stands in the tree. */
export interface LeafPath {
  readonly treeIndex: number;
  /** From the leaf to the root, lowest first. */
  readonly path: readonly Digest[];
}

/** A head that follows from the one that the reader knows, and what it covers. */
export interface LogReceipts {
  readonly head: Uint8Array;
  /** The head-key record; nil for a reader who knows a head, and so the key. */
  readonly headKey: Uint8Array | null;
  /** That the head follows from the one of `since` leaves. */
  readonly consistency: readonly Digest[];
  /** Verifier keys of those witnesses that were asked for, one line each. */
  readonly witnesses: readonly string[];
  /** For each place in order: nil where the head does not cover it. */
  readonly places: readonly (LeafPath | null)[];
}

/** Kind 25. */
export const logReceiptsRecord: RecordType<LogReceipts> = record<LogReceipts>(
  { name: "logReceipts", kind: kinds.logReceipts, bytesMax: logReceiptsBytesMax },
  {
    head: bytes(noteBytesMax),
    headKey: nullable(bytes(headKeyBytesMax)),
    consistency: list(digest, consistencyHashesMax),
    witnesses: list(text(2304), witnessesMax),
    places: list(
      nullable(struct<LeafPath>({ treeIndex: uint(), path: list(digest, treePathMax) })),
      receiptPlacesMax,
    ),
  },
);
