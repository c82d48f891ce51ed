/**
 * The next slot of a process's chain of proofs (spec/09-http.md §5.4): its entry goes on from the last
 * one and lies under a signed head, its message is good, its result begins where the one before ended,
 * and the source's own quorum attests it. What is left then are signatures, and the step itself
 * (`proven-step.ts`). Pure; scheduler, compute unit and auditor share it.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { logReceiptClaims, type ReceiptClaims } from "../log/check-log-receipt.ts";
import { checkEntry, type LogContext } from "../protocol/check.ts";
import type { ChainTip } from "../protocol/entry.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { inboxHashOf, inboxOf, inboxRecord } from "../protocol/inbox.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { provenSlotRecord } from "../protocol/proven-slot.ts";
import { checkQuorum, type IsProven, type ProvenClaim } from "../protocol/provenance.ts";
import { exits, type Result, resultDigestOf, resultRecord } from "../protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../protocol/spawn.ts";
import type { ProvenStep } from "./proven-step.ts";

/** Where a verified chain ends. */
export interface ProvenTip {
  /** Canonical spawn body of the process. */
  readonly spawn: Uint8Array;
  readonly tip: ChainTip;
  /** State root after the last slot. */
  readonly root: Digest;
  /** Slot 0 has failed. */
  readonly isStillborn: boolean;
}

/** What the next slot is held against. */
export interface ProvenContext {
  readonly network: Digest;
  readonly process: Digest;
  /** Null before slot 0. */
  readonly tip: ProvenTip | null;
  /** True if an earlier slot has the message. */
  readonly seen: (messageId: Digest) => boolean;
  /** Of the processes that send to this one, where it demands `proven` itself. */
  readonly isProven: IsProven;
}

/** A slot that is proven if its claims hold and its step is shown. */
export interface CheckedSlot {
  readonly claim: ProvenClaim;
  readonly messageId: Digest;
  /** Those of the head that the entry lies under. */
  readonly under: ReceiptClaims;
  /** Those of message and attestations. */
  readonly claims: readonly SignatureClaim[];
  readonly terms: SpawnTerms;
  readonly step: Omit<ProvenStep, "module" | "proof">;
  readonly proof: { readonly hash: Digest; readonly size: number } | null;
  /** The chain's end with it. */
  readonly tip: ProvenTip;
}

/** Checks the next slot but for signatures and step. Throws a `ProtocolError`. */
export function checkNextSlot(bytes: Uint8Array, context: ProvenContext): CheckedSlot {
  const item = provenSlotRecord.decode(bytes);
  const { network, process, tip: before, seen, isProven } = context;
  const spawn = before?.spawn ?? item.body;
  const { scheduler } = termsOfSpawn(spawn);
  const known = before === null ? null : termsOfSpawn(spawn);
  const log: LogContext = {
    ...{ network, process, scheduler, seen, isProven },
    ...{ terms: known, tip: before?.tip ?? null },
  };
  const { entry, tip, message, terms } = checkEntry(item, log);
  const receipt = logReceiptRecord.decode(item.receipt);
  const under = logReceiptClaims(item.entry, receipt, { network, scheduler });
  const result = resultRecord.decode(item.result);
  const inbox = inboxRecord.encode(
    inboxOf({
      entry,
      body: message.body,
      data: item.data,
      rules: terms.rules,
      source: message.source,
    }),
  );
  checkFields(result, {
    ...{ rules: terms.rules, process, slot: entry.slot, entryHash: tip.entryHash },
    ...{ messageId: message.id, module: terms.module, inboxHash: inboxHashOf(inbox) },
    ...(before === null ? {} : { preRoot: before.root }),
  });
  const quorum = checkQuorum(item, terms.compute, null);
  const { proofHash, proofSize: size } = item;
  const isStillborn = before?.isStillborn ?? false;
  return {
    claim: { process, slot: entry.slot, digest: resultDigestOf(item.result) },
    messageId: message.id,
    under,
    claims: [...message.claims, ...quorum],
    terms,
    step: { spawn, inbox, body: item.body, result: item.result, isStillborn },
    proof: proofHash === null ? null : { hash: proofHash, size },
    tip: {
      ...{ spawn, tip, root: result.postRoot },
      isStillborn: isStillborn || (entry.slot === 0 && result.exit === exits.failed),
    },
  };
}

/** Everything that the log fixes of a result, and the state that it begins with. */
function checkFields(result: Result, expected: Partial<Result>): void {
  for (const [name, value] of Object.entries(expected)) {
    const got = result[name as keyof Result];
    const areBytes = got instanceof Uint8Array && value instanceof Uint8Array;
    if (areBytes ? equalBytes(got, value) : got === value) continue;
    throw new ProtocolError("PROVENANCE_RESULT", {
      field: name,
      expected: value instanceof Uint8Array ? idText(value) : value,
      got: got instanceof Uint8Array ? idText(got) : got,
    });
  }
}
