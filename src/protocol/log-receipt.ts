/**
 * Receipts of entries (spec/15-heads.md §6): where an entry stands in its scheduler's log, and the head
 * that covers it. `src/log/check-log-receipt.ts` says whether one holds.
 *
 * @module
 */

import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { headKeyBytesMax, logReceiptBytesMax, noteBytesMax, treePathMax } from "./limits.ts";
import { bytes, digest, list, type RecordType, record, uint } from "./record.ts";

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
