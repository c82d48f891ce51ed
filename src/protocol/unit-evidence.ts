/**
 * Evidence that a compute unit has lied (spec/16-evidence.md §2): a file that convicts by itself.
 * `src/client/check-unit-evidence.ts` judges it.
 *
 * @module
 */

import { kinds } from "./kinds.ts";
import { evidencePartsMax, receiptBytesMax, unitEvidenceBytesMax } from "./limits.ts";
import { bytes, list, type RecordType, record, uint } from "./record.ts";

/** What lies there are files for. A result stands with its attestation, one after the other. */
export const unitEvidenceTypes = {
  /** Two results of one entry: two attested results. */
  twoResults: 1,
  /** Another result than a proof shows: an attested result, and a receipt with the proof. */
  disproved: 2,
  /** Another state at slot 0 than the module's: an attested result, the spawn's body, the module. */
  wrongGenesis: 3,
} as const;

export interface UnitEvidence {
  readonly type: number;
  readonly parts: readonly Uint8Array[];
}

/** Kind 27. */
export const unitEvidenceRecord: RecordType<UnitEvidence> = record<UnitEvidence>(
  { name: "unitEvidence", kind: kinds.unitEvidence, bytesMax: unitEvidenceBytesMax },
  { type: uint(255), parts: list(bytes(receiptBytesMax), evidencePartsMax) },
);
