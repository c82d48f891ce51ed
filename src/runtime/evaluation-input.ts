/**
 * From an entry of a log to what a machine evaluates, and from what came of it to what is served.
 *
 * @module
 */

import { entryRecord } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import type { Evaluation, Finality, ProofState } from "../protocol/evaluation.ts";
import type { Digest } from "../protocol/ids.ts";
import { inboxOf, inboxRecord } from "../protocol/inbox.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { kinds } from "../protocol/kinds.ts";
import { bodyRecord } from "../protocol/message.ts";
import { outboxOf } from "../protocol/outbox.ts";
import { outputRecord } from "../protocol/output.ts";
import { provenanceRecord } from "../protocol/provenance.ts";
import { kindOf } from "../protocol/record.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../protocol/spawn.ts";

/** One message to evaluate. */
export interface EvaluationInput {
  readonly slot: number;
  readonly inbox: Uint8Array;
  /** The canonical body of the message: the outbox takes budget and depth from it. */
  readonly body: Uint8Array;
  readonly entryHash: Uint8Array;
  readonly messageId: Uint8Array;
}

/** What came of one message. */
export interface EvaluationOutput {
  readonly slot: number;
  /** The canonical result. */
  readonly result: Uint8Array;
  /** All returned bytes; null where failed. */
  readonly output: Uint8Array | null;
  readonly diagnostic: Diagnostic | null;
  /** The committed memory after it; 0 where the process never ran. */
  readonly memoryBytes: number;
}

/** An entry that was checked, with what the check computed anyway. */
export interface CheckedItem extends LogItem {
  readonly slot: number;
  readonly entryHash: Digest;
  readonly messageId: Digest;
}

/** What is evaluated for a checked entry. */
export function inputOf(item: CheckedItem, terms: SpawnTerms): EvaluationInput {
  const source =
    kindOf(item.authorisation) === kinds.provenance
      ? termsOfSpawn(provenanceRecord.decode(item.authorisation).spawn)
      : null;
  const inbox = inboxOf({
    entry: entryRecord.decode(item.entry),
    body: bodyRecord.decode(item.body),
    data: item.data,
    rules: terms.rules,
    source,
  });
  const { slot, body, entryHash, messageId } = item;
  return { slot, inbox: inboxRecord.encode(inbox), body, entryHash, messageId };
}

/** What is served for a message: the outbox is spelled out again from the returned bytes. */
export function evaluationOf(
  evaluated: {
    readonly result: Uint8Array;
    /** Ignored where the result is a failure. */
    readonly output: Uint8Array | null;
    readonly diagnostic: Diagnostic | null;
    readonly attestation: Uint8Array | null;
  },
  parts: { readonly body: Uint8Array; readonly terms: SpawnTerms; readonly proof: ProofState },
): Evaluation {
  const { exit, gasUsed, process, slot } = resultRecord.decode(evaluated.result);
  const output = exit === exits.ok ? evaluated.output : null;
  const parent = bodyRecord.decode(parts.body);
  const source = { process, slot, terms: parts.terms, parent, gasUsed };
  const outbox = output === null ? [] : outboxOf(outputRecord.decode(output), source);
  return {
    result: evaluated.result,
    output,
    outbox: outbox.map((item) => item.bodyBytes),
    attestation: evaluated.attestation,
    diagnostic: evaluated.diagnostic,
    finality: finalityOf(evaluated.attestation !== null, parts.terms),
    proof: parts.proof,
  };
}

/** No unit attests what lacks the finality that its process demands (spec/05-log.md §4). */
export function finalityOf(isAttested: boolean, { witness }: SpawnTerms): Finality {
  if (!isAttested) return "none";
  return witness === null ? "signed" : "witnessed";
}
