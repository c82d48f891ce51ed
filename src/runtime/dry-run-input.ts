/**
 * The inbox of a dry run (spec/09-http.md §5): a message that nobody signed and no log holds, as the
 * process would see it in its next slot.
 *
 * @module
 */

import type { DryRun } from "../protocol/dry-run.ts";
import type { Digest } from "../protocol/ids.ts";
import { dataHashOf, messageIdOf } from "../protocol/ids.ts";
import { inboxOf, inboxRecord } from "../protocol/inbox.ts";
import { budgetDefault } from "../protocol/limits.ts";
import { type Body, bodyRecord, dataForms } from "../protocol/message.ts";
import type { EvaluationInput } from "./evaluation-input.ts";

const nothing = new Uint8Array(32);

/** The input of a dry run, and the body that it stands for. */
export function dryRunInput(
  request: DryRun,
  place: {
    readonly network: Digest;
    readonly process: Digest;
    readonly slot: number;
    readonly timestamp: number;
  },
  rules: number,
): { readonly input: EvaluationInput; readonly body: Uint8Array } {
  const { owner, tags, data } = request;
  const { network, process, slot, timestamp } = place;
  const fields: Body = {
    network,
    owner,
    target: process,
    anchor: new Uint8Array(0),
    notAfter: 0,
    depth: 0,
    budget: budgetDefault,
    tags,
    dataForm: dataForms.plain,
    dataHash: data === null ? null : dataHashOf(data),
    dataSize: data?.length ?? 0,
  };
  const body = bodyRecord.encode(fields);
  const messageId = messageIdOf(body);
  const entry = {
    process,
    slot,
    messageId,
    authorisationHash: nothing,
    timestamp,
    epoch: 0,
    previous: nothing,
  };
  const inbox = inboxRecord.encode(inboxOf({ entry, body: fields, data, rules, source: null }));
  return { input: { slot, inbox, body, entryHash: nothing, messageId }, body };
}
