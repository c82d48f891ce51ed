/**
 * Evidence that a log's keeper has lied (spec/16-evidence.md §1): a file that convicts by itself.
 * `src/log/check-evidence.ts` judges it.
 *
 * @module
 */

import { kinds } from "./kinds.ts";
import { authorisationBytesMax, evidencePartsMax, logEvidenceBytesMax } from "./limits.ts";
import { bytes, list, type RecordType, record, uint } from "./record.ts";

/** What lies there are files for. An entry stands with its receipt: bytes of both, one after the other. */
export const evidenceTypes = {
  /** Two head keys of one log: two head-key records. */
  secondHeadKey: 0,
  /** Two roots of one size: the head-key record and two heads. */
  twoRoots: 1,
  /** A larger tree that does not begin with a smaller one: record, heads, root, consistency proof. */
  fork: 2,
  /** One slot of a process at two places, or twice: two entries. */
  secondEntry: 3,
  /** An entry that does not name the one before it: one entry, or two. */
  brokenChain: 4,
  /** One message at two slots of a process: two entries. */
  repeatedMessage: 5,
  /** A later slot with an earlier time, epoch or place, or a slot left out: two entries. */
  wrongOrder: 6,
  /** A message that is not good: an entry, body, authorisation, and for a provenance the spawn. */
  wrongMessage: 7,
  /** A process that names another scheduler: an entry, and the spawn. */
  foreignProcess: 8,
  /** A head under another origin: the head-key record, and the head. */
  secondOrigin: 9,
  /** Two leaves at one place: two leaves. */
  twoLeaves: 10,
} as const;

export interface LogEvidence {
  readonly type: number;
  readonly parts: readonly Uint8Array[];
}

/** Kind 23. */
export const logEvidenceRecord: RecordType<LogEvidence> = record<LogEvidence>(
  { name: "logEvidence", kind: kinds.logEvidence, bytesMax: logEvidenceBytesMax },
  { type: uint(255), parts: list(bytes(authorisationBytesMax), evidencePartsMax) },
);
