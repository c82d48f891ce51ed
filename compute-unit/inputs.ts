/**
 * From a checked entry and what came of it to what is stored, and back to what is served.
 *
 * @module
 */

import { utf8Bytes, utf8Text } from "../src/base/bytes.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { SharedBeginning, StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import { bundleBeginningOf } from "../src/protocol/authorisation.ts";
import type { CheckedEntry } from "../src/protocol/check.ts";
import type { LogItem } from "../src/protocol/envelope.ts";
import type { Evaluation, ProofState } from "../src/protocol/evaluation.ts";
import { authorisationHashOf } from "../src/protocol/ids.ts";
import type { Diagnostic } from "../src/protocol/judge.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { type EvaluationOutput, evaluationOf } from "../src/runtime/evaluation-input.ts";

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
    shared: sharedBeginningOf(item.authorisation),
  };
}

/** A bundle's key and signature, of 5.3 KB, are kept once and not with each of its messages. */
function sharedBeginningOf(authorisation: Uint8Array): SharedBeginning | null {
  const length = bundleBeginningOf(authorisation);
  if (length === null) return null;
  return { id: sha256(authorisation.subarray(0, length)), length };
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
export function servedResult(
  stored: StoredResult,
  parts: { readonly body: Uint8Array; readonly terms: SpawnTerms; readonly proof: ProofState },
): Evaluation {
  const { result, output, attestation } = stored;
  const diagnostic = JSON.parse(utf8Text(stored.diagnostics) ?? "null") as Diagnostic | null;
  return evaluationOf({ result, output, diagnostic, attestation }, parts);
}
