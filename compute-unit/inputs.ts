/**
 * From an entry of the log to what a worker evaluates, and back from what is stored to what is served.
 *
 * @module
 */

import { utf8Bytes, utf8Text } from "../src/base/bytes.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { CheckedEntry } from "../src/protocol/check.ts";
import { entryRecord } from "../src/protocol/entry.ts";
import type { LogItem } from "../src/protocol/envelope.ts";
import type { Evaluation, ProofState } from "../src/protocol/evaluation.ts";
import { authorisationHashOf } from "../src/protocol/ids.ts";
import { inboxOf, inboxRecord } from "../src/protocol/inbox.ts";
import type { Diagnostic } from "../src/protocol/judge.ts";
import { kinds } from "../src/protocol/kinds.ts";
import { bodyRecord } from "../src/protocol/message.ts";
import { outboxOf } from "../src/protocol/outbox.ts";
import { outputRecord } from "../src/protocol/output.ts";
import { provenanceRecord } from "../src/protocol/provenance.ts";
import { kindOf } from "../src/protocol/record.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { termsOfSpawn } from "./evaluate.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-job.ts";

/** A checked entry as it is kept. */
export function storedEntry(item: LogItem, checked: CheckedEntry): StoredEntry {
  const { entry, tip, message } = checked;
  return {
    process: entry.process,
    slot: entry.slot,
    epoch: entry.epoch,
    timestamp: entry.timestamp,
    messageId: entry.messageId,
    entry: item.entry,
    entryHash: tip.entryHash,
    body: item.body,
    authorisation: item.authorisation,
    authorisationHash: authorisationHashOf(item.authorisation),
    data: item.data,
    dataHash: message.body.dataHash,
  };
}

/** What is evaluated for a kept entry. The entry was checked when it was kept. */
export function inputOf(stored: StoredEntry, terms: SpawnTerms): EvaluationInput {
  const source =
    kindOf(stored.authorisation) === kinds.provenance
      ? termsOfSpawn(provenanceRecord.decode(stored.authorisation).spawn)
      : null;
  const inbox = inboxOf({
    entry: entryRecord.decode(stored.entry),
    body: bodyRecord.decode(stored.body),
    data: stored.data,
    rules: terms.rules,
    source,
  });
  const { slot, body, entryHash, messageId } = stored;
  return { slot, inbox: inboxRecord.encode(inbox), body, entryHash, messageId };
}

/** What came of an entry, as it is kept. */
export function storedResult(
  entry: Pick<StoredEntry, "process" | "slot" | "messageId" | "entryHash">,
  output: EvaluationOutput,
): StoredResult {
  const { process, slot, messageId, entryHash } = entry;
  return {
    process,
    slot,
    messageId,
    entryHash,
    result: output.result,
    output: output.output ?? new Uint8Array(0),
    diagnostics: utf8Bytes(JSON.stringify(output.diagnostic)),
    attestation: null,
  };
}

/** A kept result as it is served. */
export function evaluationOf(
  stored: StoredResult,
  parts: { readonly body: Uint8Array; readonly terms: SpawnTerms; readonly proof: ProofState },
): Evaluation {
  const { exit, gasUsed, process, slot } = resultRecord.decode(stored.result);
  const output = exit === exits.ok ? stored.output : null;
  const source = {
    process,
    slot,
    terms: parts.terms,
    parent: bodyRecord.decode(parts.body),
    gasUsed,
  };
  const outbox = output === null ? [] : outboxOf(outputRecord.decode(output), source);
  return {
    result: stored.result,
    output,
    outbox: outbox.map((item) => item.bodyBytes),
    attestation: stored.attestation,
    diagnostic: JSON.parse(utf8Text(stored.diagnostics) ?? "null") as Diagnostic | null,
    finality: "none",
    proof: parts.proof,
  };
}
