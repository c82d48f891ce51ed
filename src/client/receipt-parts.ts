/**
 * What a receipt's parts say once they are checked against each other (spec/09-http.md §5.2): spawn,
 * log, message, module, result. Each answers what it found with a word on it, or throws a code.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { verifySignature } from "../crypto/signature.ts";
import { type CheckedMessage, checkMessage, checkNotAfter } from "../protocol/check.ts";
import { type ChainTip, checkChain, type Entry, entryRecord, tipOf } from "../protocol/entry.ts";
import { type Envelope, envelopeRecord } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { checkEvaluation, type Evaluation } from "../protocol/evaluation.ts";
import { authorisationHashOf, contentIdOf, idText } from "../protocol/ids.ts";
import { inboxHashOf, inboxOf, inboxRecord } from "../protocol/inbox.ts";
import { bodyRecord } from "../protocol/message.ts";
import { outboxOf } from "../protocol/outbox.ts";
import { outputRecord } from "../protocol/output.ts";
import { messageOf, type Receipt } from "../protocol/receipt.ts";
import { type Result, resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";

/** What a result is said to be, and where. */
export type ResultClaim = Pick<Receipt, "process" | "slot" | "result" | "output">;

/** A message whose signatures hold, with what the log says of it. */
export interface Placed {
  readonly envelope: Envelope;
  readonly message: CheckedMessage;
  readonly entry: Entry;
  readonly entryHash: Uint8Array;
}

/** The parts of a message that its signatures hold for, in its own network. */
function signed(
  envelope: Envelope,
  network: Uint8Array,
  target: SpawnTerms | null,
): CheckedMessage {
  // No receipt holds the sender's chain of proofs; its verdict has a line that says so.
  const message = checkMessage(envelope, network, target, () => true);
  if (message.claims.every(verifySignature)) return message;
  throw new ProtocolError("SIGNATURE_INVALID", { message: idText(message.id) });
}

/** A spawn whose signatures hold. */
export type CheckedSpawn = { readonly envelope: Envelope; readonly message: CheckedMessage };

/** The spawn, whose id is the process's. */
export function spawnOf(receipt: Receipt): readonly [CheckedSpawn, string] {
  const envelope = envelopeRecord.decode(receipt.spawn);
  const message = signed(envelope, bodyRecord.decode(envelope.body).network, null);
  same("process", receipt.process, message.id);
  if (message.spawn === null) {
    throw new ProtocolError("ENTRY_MESSAGE", { expected: "a spawn", got: "a message" });
  }
  return [{ envelope, message }, `by ${idText(message.body.owner.id)}`];
}

function same(field: string, expected: Uint8Array, got: Uint8Array): void {
  if (equalBytes(expected, got)) return;
  throw new ProtocolError("ENTRY_MESSAGE", {
    field,
    expected: idText(expected),
    got: idText(got),
  });
}

/** The newest entry of a chain. */
export interface LogEnd {
  readonly entry: Entry;
  readonly tip: ChainTip;
}

/** The last entry of a chain that begins with the spawn. */
export function tipOfLog(receipt: Receipt, spawn: Envelope): readonly [LogEnd, string] {
  const { process, slot, entries } = receipt;
  let end: LogEnd | null = null;
  for (const bytes of entries) {
    const entry = entryRecord.decode(bytes);
    checkChain(entry, process, end?.tip ?? null);
    if (end === null) {
      same("spawn", process, entry.messageId);
      same("authorisation", entry.authorisationHash, authorisationHashOf(spawn.authorisation));
    }
    end = { entry, tip: tipOf(entry, bytes) };
  }
  if (end === null || end.entry.slot !== slot) {
    throw new ProtocolError("ENTRY_SLOT", { expected: slot, got: entries.length - 1 });
  }
  return [end, `slots 0 to ${slot}, chained`];
}

/** The message of the last entry. */
export function placedMessage(
  receipt: Receipt,
  spawn: CheckedSpawn,
  { entry, tip }: LogEnd,
): readonly [Placed, string] {
  if ((receipt.message === null) !== (receipt.slot === 0)) {
    throw new ProtocolError("ENTRY_MESSAGE", { slot: receipt.slot, expected: "its own message" });
  }
  const envelope = messageOf(receipt);
  const { network } = spawn.message.body;
  const message =
    receipt.slot === 0 ? spawn.message : signed(envelope, network, spawn.message.spawn);
  same("process", receipt.process, message.process);
  same("message", entry.messageId, message.id);
  same("authorisation", entry.authorisationHash, authorisationHashOf(envelope.authorisation));
  checkNotAfter(message.body, entry.timestamp);
  const from = `${idText(message.id)} from ${idText(message.body.owner.id)}`;
  return [{ envelope, message, entry, entryHash: tip.entryHash }, from];
}

/** The module that the spawn names. */
export function moduleOf({ module }: Receipt, terms: SpawnTerms): readonly [Uint8Array, string] {
  const id = contentIdOf(module);
  if (equalBytes(id, terms.module)) return [module, idText(id)];
  const fields = { expected: idText(terms.module), got: idText(id) };
  throw new ProtocolError("CONTENT_MISMATCH", fields);
}

/** A result in its place, with what was recomputed to check it. */
export interface FoundResult {
  readonly placed: Placed;
  readonly terms: SpawnTerms;
  readonly inbox: Uint8Array;
  readonly evaluation: Evaluation;
}

/** The result of that message in that place. */
export function resultOf(
  receipt: ResultClaim,
  placed: Placed,
  terms: SpawnTerms,
): readonly [FoundResult, string] {
  const { entry, envelope, message } = placed;
  const result = resultRecord.decode(receipt.result);
  const { rules } = terms;
  const inbox = inboxRecord.encode(
    inboxOf({ entry, body: message.body, data: envelope.data, rules, source: message.source }),
  );
  if (result.slot !== receipt.slot || result.rules !== rules) {
    const got = `slot ${result.slot} under rules ${result.rules}`;
    throw new ProtocolError("PROVENANCE_RESULT", { expected: `slot ${receipt.slot}`, got });
  }
  same("process", receipt.process, result.process);
  same("entryHash", placed.entryHash, result.entryHash);
  same("messageId", message.id, result.messageId);
  same("module", terms.module, result.module);
  same("inboxHash", inboxHashOf(inbox), result.inboxHash);
  const evaluation = evaluationOf(receipt, result, placed, terms);
  checkEvaluation(evaluation);
  const exit = result.exit === 0 ? "ok" : "failed";
  return [{ placed, terms, inbox, evaluation }, `${exit}, ${result.gasUsed} gas`];
}

/** What a compute unit would have answered: the outbox follows from the output. */
function evaluationOf(
  receipt: ResultClaim,
  { process, slot, gasUsed }: Result,
  { message }: Placed,
  terms: SpawnTerms,
): Evaluation {
  const { result, output } = receipt;
  const source = { process, slot, terms, parent: message.body, gasUsed };
  const outbox = output === null ? [] : outboxOf(outputRecord.decode(output), source);
  return {
    ...{ result, output, outbox: outbox.map(({ bodyBytes }) => bodyBytes) },
    ...{ attestation: null, diagnostic: null, finality: "none" },
    proof: { state: "unprovable", reason: null },
  };
}
