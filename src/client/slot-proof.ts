/**
 * Whether a proof shows a result (spec/09-http.md §5.1): the verifier accepts what it says, for this
 * module, inbox and these limits, and the judge makes exactly the result of what the machine returned.
 * It says nothing of the state that the step begins from. No prover is imported here, nor anything of
 * Node.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { checked } from "../protocol/errors.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import { judge, type MachineOutcome, resultOf } from "../protocol/judge.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import { bodyRecord } from "../protocol/message.ts";
import { type Result, resultRecord } from "../protocol/result.ts";
import { slotProofRecord } from "../protocol/slot-proof.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { PreparedModule } from "../zkvm/slot-context.ts";
import { verifySlot } from "../zkvm/verify-slot.ts";

/** A proof, and what it is held against. */
export interface ProvenResult {
  /** Canonical `slotProof`. */
  readonly proof: Uint8Array;
  /** Canonical result. */
  readonly result: Uint8Array;
  /** Its bytes, or what `prepareModule` made of them. */
  readonly module: Uint8Array | PreparedModule;
  readonly terms: SpawnTerms;
  /** Canonical inbox of the message. */
  readonly inbox: Uint8Array;
  /** Canonical body of the message. */
  readonly body: Uint8Array;
}

export type ProofVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** As `checkSlotProof`, whatever the bytes are: a verdict, never a throw. */
export function verifyProof(proven: ProvenResult): ProofVerdict {
  const outcome = checked(() => checkSlotProof(proven));
  const reason = outcome.ok ? outcome.value : outcome.error.message;
  return reason === null ? { ok: true } : { ok: false, reason };
}

/** Why a run that the proof shows to have failed did so is not in it. */
const shownFailure = { reason: "proof", text: "failed", file: null, line: null, column: null };

/** Null where the proof shows the result, else what is wrong. Throws a decoder's `ProtocolError`. */
export function checkSlotProof(proven: ProvenResult): string | null {
  const { module, terms, inbox } = proven;
  const { proof, gasLimit, memoryPagesMax, first, ...rest } = slotProofRecord.decode(proven.proof);
  const result = resultRecord.decode(proven.result);
  if (gasLimit !== terms.gasLimit) return "another gas limit";
  if (memoryPagesMax !== terms.memoryLimit / memoryPageBytes) return "another memory limit";
  if ((first === 1) !== (result.slot === 0)) return "another slot";
  const statement = { ...rest, first: first === 1, limits: { gasLimit, memoryPagesMax } };
  const verdict = verifySlot({ module, inbox, statement, proof });
  if (!verdict.ok) return verdict.reason.message;
  const { returned } = verdict;
  const outcome: MachineOutcome =
    returned === null
      ? { ok: false, diagnostic: shownFailure }
      : { ok: true, returned, gasUsed: statement.gasUsed };
  const { rules, process, slot, entryHash, messageId } = result;
  const parent = bodyRecord.decode(proven.body);
  const shown = resultOf(judge(outcome, { process, slot, terms, parent }), {
    ...{ rules, process, slot, entryHash, messageId },
    module: terms.module,
    inboxHash: inboxHashOf(inbox),
    preRoot: statement.preRoot,
    postRoot: statement.postRoot,
  });
  return differenceBetween(shown, result);
}

/** Names the first field in which the result is not the one that is shown. */
function differenceBetween(shown: Result, result: Result): string | null {
  const names = Object.keys(result) as (keyof Result)[];
  const field = names.find((name) => {
    const [one, other] = [shown[name], result[name]];
    const areBytes = one instanceof Uint8Array && other instanceof Uint8Array;
    return areBytes ? !equalBytes(one, other) : one !== other;
  });
  return field === undefined ? null : `another result: ${field}`;
}
