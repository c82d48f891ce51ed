/**
 * Messages as they travel in the kit's network: what a person says, and what an evaluation sent.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { composeBody, type MessageDraft } from "../client/compose.ts";
import type { Identity } from "../crypto/identity.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Digest } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import { outboxOf } from "../protocol/outbox.ts";
import { outputRecord } from "../protocol/output.ts";
import type { Delivered, ProcessLog } from "./process-log.ts";
import { type Name, personal, provenEnvelopes, type UnsignedSource } from "./unsigned.ts";

/** A person's message, at a time and with an anchor that the caller chooses. */
export function personalEnvelope(
  draft: MessageDraft,
  sender: Name,
  place: { readonly network: Digest; readonly now: number },
): Envelope {
  const owner: Identity = {
    address: sender.address,
    algorithm: 1,
    publicKey: sender.publicKey,
    sign: () => new Uint8Array(0),
  };
  const { body, data } = composeBody(draft, {
    network: place.network,
    owner,
    clock: { ...systemClock, now: () => place.now },
    random: { bytes: (n) => new Uint8Array(n) },
  });
  return { body, data, authorisation: personal(sender) };
}

/** What an evaluation sent, each with the way to it. */
export function sentEnvelopes(
  log: ProcessLog,
  { evaluation, output }: Delivered,
  units: Pick<UnsignedSource, "unit" | "scheduler">,
): readonly Envelope[] {
  const item = log.items[evaluation.slot];
  if (output.output === null || item === undefined) return [];
  const outbox = outboxOf(outputRecord.decode(output.output), {
    process: log.id,
    slot: evaluation.slot,
    terms: log.terms,
    parent: bodyRecord.decode(item.body),
    gasUsed: evaluation.gasUsed,
  });
  const { entry } = item;
  return provenEnvelopes({ spawn: log.spawn, entry, result: output.result, ...units }, outbox);
}
