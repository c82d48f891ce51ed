/**
 * A receipt (spec/09-http.md §5.2): all that is needed to check one message of a process, in one file
 * and offline. It holds what was committed and nothing that is only told beside it.
 *
 * @module
 */

import { type Envelope, envelopeRecord } from "./envelope.ts";
import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  computeUnitsMax,
  envelopeBytesMax,
  logReceiptBytesMax,
  moduleBytesMax,
  outputBytesMax,
  receiptBytesMax,
  receiptEntriesMax,
  slotProofBytesMax,
} from "./limits.ts";
import { bytes, digest, list, nullable, type RecordType, record, uint } from "./record.ts";

/** One message with everything that speaks for its result. */
export interface Receipt {
  readonly process: Digest;
  readonly slot: number;
  /** Envelope of the spawn. */
  readonly spawn: Uint8Array;
  /** Envelope of the message; nil at slot 0, whose message is the spawn. */
  readonly message: Uint8Array | null;
  /** The log's entries, from slot 0 to the message's. */
  readonly entries: readonly Uint8Array[];
  readonly module: Uint8Array;
  readonly result: Uint8Array;
  /** All bytes that `handle` returned; nil where failed. */
  readonly output: Uint8Array | null;
  readonly attestations: readonly Uint8Array[];
  /** A `slotProof`; nil where there is none. */
  readonly proof: Uint8Array | null;
  /** The `logReceipt` of the last entry; nil where no head covers it. */
  readonly head: Uint8Array | null;
}

/** Kind 20. */
export const receiptRecord: RecordType<Receipt> = record<Receipt>(
  { name: "receipt", kind: kinds.receipt, bytesMax: receiptBytesMax },
  {
    process: digest,
    slot: uint(),
    spawn: bytes(envelopeBytesMax),
    message: nullable(bytes(envelopeBytesMax)),
    entries: list(bytes(512), receiptEntriesMax),
    module: bytes(moduleBytesMax),
    result: bytes(1024),
    output: nullable(bytes(outputBytesMax)),
    attestations: list(bytes(16_384), computeUnitsMax),
    proof: nullable(bytes(slotProofBytesMax)),
    head: nullable(bytes(logReceiptBytesMax)),
  },
);

/** The envelope of the message that a receipt is about. Throws a decoder's codes. */
export function messageOf(receipt: Receipt): Envelope {
  return envelopeRecord.decode(receipt.message ?? receipt.spawn);
}
