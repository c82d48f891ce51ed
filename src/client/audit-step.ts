/**
 * One step of an audit: whether what a unit says of a slot is shown by a proof, or follows from the rules
 * alone because the process cannot run (spec/05-log.md §3, spec/14-zkvm.md §5). Of the state before it
 * says nothing: that is the chain's.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import type { Digest } from "../protocol/ids.ts";
import { exits, type Result, resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { PreparedModule } from "../zkvm/slot-context.ts";
import type { AuditUnit } from "./audit-source.ts";
import { type FoundResult, type Placed, resultOf } from "./receipt-parts.ts";
import { checkSlotProof } from "./slot-proof.ts";

/** A step that was shown: this message led from root to root. */
export interface AuditedStep {
  readonly preRoot: Digest;
  readonly postRoot: Digest;
  readonly failed: boolean;
}

/** What a step is held against. */
export interface StepSubject {
  readonly process: Digest;
  readonly slot: number;
  readonly terms: SpawnTerms;
  readonly placed: Placed;
  /** The code where no proof of the module is possible in this version. */
  readonly module: PreparedModule | string;
  /** The root that never changes, where the process cannot run: every message fails. */
  readonly fixedRoot: Digest | null;
}

export type StepOutcome =
  | { readonly kind: "shown"; readonly step: AuditedStep }
  /** The unit has no proof; its own word on it. */
  | { readonly kind: "missing"; readonly state: string; readonly reason: string | null }
  | { readonly kind: "invalid"; readonly detail: string };

/** True for the one result that a message to a process has which cannot run. */
export function isFailureByRule(result: Result, terms: SpawnTerms, root: Digest): boolean {
  return (
    result.exit === exits.failed &&
    result.gasUsed === terms.gasLimit &&
    equalBytes(result.preRoot, root) &&
    equalBytes(result.postRoot, root)
  );
}

/** What one unit can show of a slot. Rejects where the unit does not answer. */
export async function stepOf(
  unit: AuditUnit,
  subject: StepSubject,
  waitMs: number,
): Promise<StepOutcome> {
  const { process, slot, terms, placed, module, fixedRoot } = subject;
  try {
    const evaluation = await unit.evaluation(slot, fixedRoot === null ? waitMs : 0);
    if (evaluation === null) return { kind: "missing", state: "not evaluated", reason: null };
    const { result, output } = evaluation;
    const [found] = resultOf({ process, slot, result, output }, placed, terms);
    const read = resultRecord.decode(result);
    if (fixedRoot !== null) return failedByRule(read, terms, fixedRoot);
    if (typeof module === "string") {
      return { kind: "missing", state: "unprovable", reason: module };
    }
    const { state, reason } = evaluation.proof;
    if (state !== "proven") return { kind: "missing", state, reason };
    const proof = await unit.proof(slot);
    if (proof === null) return { kind: "missing", state: "absent", reason: "the unit gives none" };
    const wrong = wrongOf(proof, evaluation, found, module);
    if (wrong !== null) return { kind: "invalid", detail: `proof: ${wrong}` };
    return shown(read);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { kind: "invalid", detail: error.message };
  }
}

function wrongOf(
  proof: Uint8Array,
  { result }: Evaluation,
  { terms, inbox, placed }: FoundResult,
  module: PreparedModule,
): string | null {
  const { body } = placed.envelope;
  return checkSlotProof({ proof, result, module, terms, inbox, body });
}

function shown({ preRoot, postRoot, exit }: Result): StepOutcome {
  return { kind: "shown", step: { preRoot, postRoot, failed: exit === exits.failed } };
}

function failedByRule(result: Result, terms: SpawnTerms, root: Digest): StepOutcome {
  if (isFailureByRule(result, terms, root)) return shown(result);
  return { kind: "invalid", detail: "result: the process cannot run, so every message fails" };
}
