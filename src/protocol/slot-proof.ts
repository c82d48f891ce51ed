/**
 * The proof of one slot as it is kept and served (spec/09-http.md §5.1): what it says, then the proof's
 * bytes. `src/zkvm` says what must hold for it.
 *
 * @module
 */

import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { gasLimitMax, memoryLimitMax, memoryPageBytes, slotProofBytesMax } from "./limits.ts";
import { bytes, digest, nullable, type RecordType, record, uint } from "./record.ts";

/** A step from root to root, and its proof. */
export interface SlotProofParts {
  /** Digest of the verifying key. */
  readonly key: Digest;
  readonly module: Digest;
  readonly gasLimit: number;
  /** Pages of 64 KiB. */
  readonly memoryPagesMax: number;
  /** 1 at slot 0, where `_start` runs first; else 0. */
  readonly first: number;
  readonly preRoot: Digest;
  readonly inboxHash: Digest;
  readonly exit: number;
  readonly gasUsed: number;
  readonly postRoot: Digest;
  readonly returnedHash: Digest | null;
  readonly returnedLength: number;
  readonly proof: Uint8Array;
}

/** Kind 19. */
export const slotProofRecord: RecordType<SlotProofParts> = record<SlotProofParts>(
  { name: "slotProof", kind: kinds.slotProof, bytesMax: slotProofBytesMax },
  {
    key: digest,
    module: digest,
    gasLimit: uint(gasLimitMax),
    memoryPagesMax: uint(memoryLimitMax / memoryPageBytes),
    first: uint(1),
    preRoot: digest,
    inboxHash: digest,
    exit: uint(1),
    gasUsed: uint(gasLimitMax),
    postRoot: digest,
    returnedHash: nullable(digest),
    returnedLength: uint(0xffff_ffff),
    proof: bytes(slotProofBytesMax),
  },
);
