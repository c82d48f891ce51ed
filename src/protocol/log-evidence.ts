/**
 * Evidence that a log's keeper has lied (spec/15-heads.md §9): a file that convicts by itself.
 * `src/log/check-evidence.ts` judges it.
 *
 * @module
 */

import { kinds } from "./kinds.ts";
import { logEvidenceBytesMax, noteBytesMax } from "./limits.ts";
import { bytes, list, type RecordType, record, uint } from "./record.ts";

/** What kinds of lies there are files for. */
export const evidenceTypes = {
  /** Two head keys of one log: two head-key records. */
  secondHeadKey: 0,
  /** Two roots of one size: the head-key record and two heads. */
  twoRoots: 1,
} as const;

export interface LogEvidence {
  readonly type: number;
  readonly parts: readonly Uint8Array[];
}

/** Kind 23. */
export const logEvidenceRecord: RecordType<LogEvidence> = record<LogEvidence>(
  { name: "logEvidence", kind: kinds.logEvidence, bytesMax: logEvidenceBytesMax },
  { type: uint(255), parts: list(bytes(noteBytesMax), 3) },
);
