/**
 * What an audit comes to: the chain of what its steps show. `proven` is every slot from 0 on, each from
 * the root that the one before led to, and the first from the genesis root.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import type { AuditedStep } from "./audit-step.ts";
import type { Check, CheckLines } from "./check-lines.ts";

/** Slots in a row that nothing shows, with what their unit says of them. */
export interface MissingSlots {
  readonly from: number;
  readonly to: number;
  /** `queued`, `proving`, `unprovable`, `not evaluated` or `absent`. */
  readonly state: string;
  readonly reason: string | null;
}

export interface AuditVerdict {
  /** Nothing is invalid, every slot is proven, and a signed head covers them. */
  readonly ok: boolean;
  readonly level: "proven" | "none";
  readonly checks: readonly Check[];
  /** Slots of the log that were looked at. */
  readonly slots: number;
  /** The last slot that is proven from slot 0 on; null where slot 0 is not. */
  readonly provenTo: number | null;
  /** Steps that are shown, wherever they stand; those of them that were verified in this run. */
  readonly shown: number;
  readonly verified: number;
  readonly missing: readonly MissingSlots[];
}

/** The verdict on steps of which each is shown by itself; null is one that is not. */
export function auditVerdict(
  lines: CheckLines,
  found: {
    readonly genesis: Digest | null;
    readonly steps: readonly (AuditedStep | null)[];
    readonly verified: number;
    readonly missing: readonly MissingSlots[];
    readonly stepsMs: number;
  },
): AuditVerdict {
  const { genesis, steps, verified, missing, stepsMs } = found;
  const shown = steps.filter((step) => step !== null).length;
  const hasLog = lines.isValid("log");
  if (hasLog && !lines.checks.some(({ name }) => name === "steps")) {
    const status = shown === steps.length ? "valid" : "absent";
    lines.add("steps", status, `${shown} of ${steps.length} proven`, stepsMs);
  }
  const { provenTo, fault } = chainOf(genesis, steps);
  const words = provenTo === null ? "slot 0 is not proven" : `slots 0 to ${provenTo}`;
  if (fault !== null) lines.add("roots", "invalid", fault);
  else if (hasLog) lines.add("roots", provenTo === null ? "absent" : "valid", words);
  for (const name of ["head", "cosignatures"]) {
    const isThere = lines.checks.some((line) => line.name === name);
    if (!isThere) lines.add(name, "not checked", "the log was not read to its end");
  }
  const isWhole = steps.length > 0 && provenTo === steps.length - 1;
  const ok =
    isWhole && lines.isValid("head") && lines.checks.every(({ status }) => status !== "invalid");
  const level = ok ? "proven" : "none";
  const { checks } = lines;
  return { ok, level, checks, slots: steps.length, provenTo, shown, verified, missing };
}

/** How far steps follow from the genesis without a gap, and where two do not fit. */
function chainOf(
  genesis: Digest | null,
  steps: readonly (AuditedStep | null)[],
): { readonly provenTo: number | null; readonly fault: string | null } {
  let provenTo: number | null = null;
  let before = genesis;
  for (const [slot, step] of steps.entries()) {
    if (step !== null && before !== null) {
      if (!equalBytes(step.preRoot, before)) {
        const got = idText(step.preRoot);
        return { provenTo, fault: `slot ${slot}: expected ${idText(before)}, got ${got}` };
      }
      if (provenTo === (slot === 0 ? null : slot - 1)) provenTo = slot;
    }
    before = step?.postRoot ?? null;
  }
  return { provenTo, fault: null };
}
