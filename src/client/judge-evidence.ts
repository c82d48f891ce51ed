/**
 * Judges a file of evidence (spec/16-evidence.md), whoever it is against: who is convicted, and of what.
 * Nothing but the file is needed. A verdict, never a throw.
 *
 * @module
 */

import { checkEvidence } from "../log/check-evidence.ts";
import { checked, ProtocolError, type ProtocolErrorCode } from "../protocol/errors.ts";
import { idText } from "../protocol/ids.ts";
import { kinds } from "../protocol/kinds.ts";
import { logEvidenceRecord } from "../protocol/log-evidence.ts";
import { kindOf } from "../protocol/record.ts";
import { unitEvidenceRecord } from "../protocol/unit-evidence.ts";
import { checkUnitEvidence } from "./check-unit-evidence.ts";

export type EvidenceVerdict =
  | {
      readonly convicts: true;
      readonly role: "scheduler" | "compute";
      /** Address of the unit. */
      readonly unit: string;
      /** `E0` to `E8`, `A1` to `A3`. */
      readonly lie: string;
      /** For people. */
      readonly detail: string;
    }
  | { readonly convicts: false; readonly reason: ProtocolErrorCode; readonly detail: string };

/** True if the bytes begin as evidence does; whether they convict is another question. */
export function isEvidence(file: Uint8Array): boolean {
  const kind = kindOf(file);
  return kind === kinds.logEvidence || kind === kinds.unitEvidence;
}

/** The verdict on a file's bytes. */
export function judgeEvidence(file: Uint8Array): EvidenceVerdict {
  const verdict = checked((): EvidenceVerdict => {
    const kind = kindOf(file);
    if (kind === kinds.logEvidence) {
      const { scheduler, code, detail } = checkEvidence(logEvidenceRecord.decode(file));
      const unit = idText(scheduler);
      return { convicts: true, role: "scheduler", unit, lie: code, detail };
    }
    if (kind === kinds.unitEvidence) {
      const { unit, code, detail } = checkUnitEvidence(unitEvidenceRecord.decode(file));
      return { convicts: true, role: "compute", unit: idText(unit), lie: code, detail };
    }
    throw new ProtocolError("RECORD_KIND", { expected: "evidence", got: String(kind) });
  });
  if (verdict.ok) return verdict.value;
  return { convicts: false, reason: verdict.error.code, detail: verdict.error.message };
}
