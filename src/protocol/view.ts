/**
 * JSON for people (spec/09-http.md §2): entries and evaluations with everything in them spelled out.
 * Data stands as text where it is UTF-8 (`data`), and always as base64url (`dataBytes`). Programs that
 * check anything read the canonical bytes instead.
 *
 * @module
 */

import { toBase64url, utf8Text } from "../base/bytes.ts";
import type { Acceptance } from "./acceptance.ts";
import { attestationRecord } from "./attestation.ts";
import { type Entry, entryHashOf, entryRecord } from "./entry.ts";
import type { LogItem } from "./envelope.ts";
import { type Evaluation, evaluationRecord } from "./evaluation.ts";
import { idText, messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { logReceiptRecord } from "./log-receipt.ts";
import { type Body, bodyRecord, ownerKinds } from "./message.ts";
import { outputRecord } from "./output.ts";
import { provenanceRecord } from "./provenance.ts";
import { type Json, kindOf } from "./record.ts";
import { exits, resultRecord } from "./result.ts";

type View = { readonly [name: string]: Json };

/** A body with its data. Ids and bytes are base64url. */
export type MessageView = {
  readonly id: string;
  readonly from: { readonly kind: "key" | "process"; readonly id: string };
  /** Null: a spawn. */
  readonly target: string | null;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** The data where it is UTF-8, else null. */
  readonly data: string | null;
  readonly dataBytes: string | null;
  readonly depth: number;
  /** Gas. */
  readonly budget: number;
  readonly anchor: string;
  /** Milliseconds since the epoch; 0: never too late. */
  readonly notAfter: number;
};

/** One slot's result with what came out of it. Ids, hashes, roots and bytes are base64url. */
export type EvaluationView = {
  readonly process: string;
  readonly slot: number;
  /** The message's id. */
  readonly message: string;
  readonly exit: "ok" | "failed";
  /** The output where it is UTF-8, else null; null where failed. */
  readonly output: string | null;
  readonly outputBytes: string | null;
  readonly messages: readonly MessageView[];
  readonly spawns: readonly MessageView[];
  readonly logs: readonly string[];
  readonly gasUsed: number;
  readonly preRoot: string;
  readonly postRoot: string;
  readonly module: string;
  readonly entryHash: string;
  readonly inboxHash: string;
  readonly outputHash: string | null;
  readonly outboxRoot: string | null;
  readonly rules: number;
  /** Why it failed; not committed. */
  readonly diagnostic: {
    readonly reason: string;
    readonly text: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly column: number | null;
  } | null;
  /** Null until the unit has signed it. */
  readonly attestation: {
    readonly unit: string;
    readonly batchSize: number;
    readonly index: number;
  } | null;
  readonly finality: string;
  readonly proof: { readonly state: string; readonly reason: string | null };
};

function dataView(data: Uint8Array | null): Pick<MessageView, "data" | "dataBytes"> {
  return {
    data: data === null ? null : utf8Text(data),
    dataBytes: data === null ? null : toBase64url(data),
  };
}

/** A body with its data. */
export function messageView(bodyBytes: Uint8Array, data: Uint8Array | null): MessageView {
  const body: Body = bodyRecord.decode(bodyBytes);
  return {
    id: idText(messageIdOf(bodyBytes)),
    from: {
      kind: body.owner.kind === ownerKinds.process ? "process" : "key",
      id: idText(body.owner.id),
    },
    target: body.target === null ? null : idText(body.target),
    tags: body.tags.map(({ name, value }) => ({ name, value })),
    ...dataView(data),
    depth: body.depth,
    budget: body.budget,
    anchor: toBase64url(body.anchor),
    notAfter: body.notAfter,
  };
}

/** An entry alone. */
export function entryView(bytes: Uint8Array): View {
  const entry: Entry = entryRecord.decode(bytes);
  return {
    process: idText(entry.process),
    slot: entry.slot,
    messageId: idText(entry.messageId),
    authorisationHash: idText(entry.authorisationHash),
    timestamp: entry.timestamp,
    epoch: entry.epoch,
    previous: entry.previous === null ? null : idText(entry.previous),
    entryHash: idText(entryHashOf(bytes)),
  };
}

/** An entry with its message and how that is authorised. */
export function logItemView(item: LogItem): View {
  return {
    ...entryView(item.entry),
    message: messageView(item.body, item.data),
    authorisation: authorisationView(item.authorisation),
  };
}

function authorisationView(authorisation: Uint8Array): View {
  const kind = kindOf(authorisation);
  if (kind !== kinds.provenance) {
    return { kind: kind === kinds.bundleMember ? "bundle" : "signature" };
  }
  const { result, spawn, index, attestations, receipt } = provenanceRecord.decode(authorisation);
  return {
    kind: "provenance",
    process: idText(messageIdOf(spawn)),
    slot: resultRecord.decode(result).slot,
    index,
    attestedBy: attestations.map((bytes) => idText(attestationRecord.decode(bytes).unit)),
    head: { size: receipt.size, signedAt: receipt.seconds * 1000 },
  };
}

/** One slot's result with what came out of it. */
export function evaluationView(evaluation: Evaluation): EvaluationView {
  const result = resultRecord.decode(evaluation.result);
  const output = evaluation.output === null ? null : outputRecord.decode(evaluation.output);
  const items = [...(output?.messages ?? []), ...(output?.spawns ?? [])];
  const sent = evaluation.outbox.map((body, i) => messageView(body, items[i]?.data ?? null));
  const messageCount = output?.messages.length ?? 0;
  const { attestation, diagnostic, proof } = evaluation;
  return {
    process: idText(result.process),
    slot: result.slot,
    message: idText(result.messageId),
    exit: result.exit === exits.ok ? "ok" : "failed",
    output: output === null ? null : utf8Text(output.output),
    outputBytes: output === null ? null : toBase64url(output.output),
    messages: sent.slice(0, messageCount),
    spawns: sent.slice(messageCount),
    logs: output === null ? [] : [...output.logs],
    gasUsed: result.gasUsed,
    preRoot: idText(result.preRoot),
    postRoot: idText(result.postRoot),
    module: idText(result.module),
    entryHash: idText(result.entryHash),
    inboxHash: idText(result.inboxHash),
    outputHash: result.outputHash === null ? null : idText(result.outputHash),
    outboxRoot: result.outboxRoot === null ? null : idText(result.outboxRoot),
    rules: result.rules,
    diagnostic: diagnostic === null ? null : { ...diagnostic },
    attestation: attestation === null ? null : attestationView(attestation),
    finality: evaluation.finality,
    proof: { state: proof.state, reason: proof.reason },
  };
}

function attestationView(bytes: Uint8Array): EvaluationView["attestation"] {
  const { unit, batchSize, index } = attestationRecord.decode(bytes);
  return { unit: idText(unit), batchSize, index };
}

/** An entry's receipt, with the head as the text that it is. */
export interface LogReceiptView {
  readonly treeIndex: number;
  readonly head: string;
}

export function logReceiptView(bytes: Uint8Array): LogReceiptView {
  const { treeIndex, head } = logReceiptRecord.decode(bytes);
  return { treeIndex, head: utf8Text(head) ?? "" };
}

/** Where a message stands. */
export function acceptanceView(acceptance: Acceptance): View {
  const { assignment, receipt, evaluation, error } = acceptance;
  return {
    id: idText(acceptance.id),
    process: idText(acceptance.process),
    slot: acceptance.slot,
    assignment: assignment === null ? null : entryView(assignment),
    receipt: receipt === null ? null : { ...logReceiptView(receipt) },
    ...(evaluation === null ? {} : { result: evaluationView(evaluationRecord.decode(evaluation)) }),
    ...(error === null ? {} : { error: { ...error } }),
  };
}
