/**
 * One slot of a process on its way to being `proven` (spec/09-http.md §5.4): everything that shows it
 * but the proof's bytes, which travel beside it. `src/client/proven-chain.ts` says what must hold.
 *
 * @module
 */

import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  authorisationBytesMax,
  bodyBytesMax,
  computeUnitsMax,
  dataBytesMax,
  logReceiptBytesMax,
  provenSlotBytesMax,
  slotProofBytesMax,
} from "./limits.ts";
import { bytes, digest, list, nullable, type RecordType, record, uint } from "./record.ts";

/** A slot with its entry, message, result and place in a signed head. */
export interface ProvenSlot {
  /** Canonical entry, body and authorisation, with the message's data. */
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
  readonly authorisation: Uint8Array;
  readonly data: Uint8Array | null;
  /** Canonical result. */
  readonly result: Uint8Array;
  /** Canonical attestations of it. */
  readonly attestations: readonly Uint8Array[];
  /** Canonical receipt of the entry: a `logReceipt`. */
  readonly receipt: Uint8Array;
  /** SHA-256 and length of the `slotProof`; nil and 0 where the rules alone show the result. */
  readonly proofHash: Digest | null;
  readonly proofSize: number;
}

/** Kind 26. */
export const provenSlotRecord: RecordType<ProvenSlot> = record<ProvenSlot>(
  { name: "provenSlot", kind: kinds.provenSlot, bytesMax: provenSlotBytesMax },
  {
    entry: bytes(512),
    body: bytes(bodyBytesMax),
    authorisation: bytes(authorisationBytesMax),
    data: nullable(bytes(dataBytesMax)),
    result: bytes(1024),
    attestations: list(bytes(16_384), computeUnitsMax),
    receipt: bytes(logReceiptBytesMax),
    proofHash: nullable(digest),
    proofSize: uint(slotProofBytesMax),
  },
);

/** How far a process is proven, as far as a scheduler has verified. */
export interface ProvenStand {
  readonly process: Digest;
  /** The first slot that is not verified. */
  readonly next: number;
  /** Entry hash and state root of the slot before; nil where there is none. */
  readonly entryHash: Digest | null;
  readonly root: Digest | null;
}

/** Kind 28. */
export const provenStandRecord: RecordType<ProvenStand> = record<ProvenStand>(
  { name: "provenStand", kind: kinds.provenStand, bytesMax: 256 },
  {
    process: digest,
    next: uint(),
    entryHash: nullable(digest),
    root: nullable(digest),
  },
);
