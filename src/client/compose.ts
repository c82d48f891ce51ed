/**
 * Making messages (spec/04-messages.md): from what a sender means to the envelope that travels. The
 * same composed message may be sent any number of times; it is one message.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RandomSource } from "../base/random.ts";
import type { Identity } from "../crypto/identity.ts";
import { signBundle, signMessage } from "../protocol/authorisation.ts";
import { type Bundle, type Envelope, signedEnvelope } from "../protocol/envelope.ts";
import { type Digest, dataHashOf, messageIdOf } from "../protocol/ids.ts";
import { budgetDefault, notAfterDefaultMs } from "../protocol/limits.ts";
import {
  type Body,
  bodyRecord,
  dataForms,
  ownerKinds,
  type Tag,
  textData,
} from "../protocol/message.ts";

/** What a sender says. */
export interface MessageDraft {
  /** Null spawns. */
  readonly target: Digest | null;
  readonly tags?: readonly Tag[];
  /** Text is sent as UTF-8. */
  readonly data?: Uint8Array | string;
  /** Gas that the message and all it causes may cost. */
  readonly budget?: number;
  /** Milliseconds since the epoch; 0 = never too late. Ten minutes from now by default. */
  readonly notAfter?: number;
  /** Tells equal messages apart; random by default. */
  readonly anchor?: Uint8Array;
}

/** What composing takes from outside. */
export interface ComposeContext {
  readonly network: Digest;
  readonly owner: Identity;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** A message that is ready to be signed. */
export interface ComposedBody {
  readonly id: Digest;
  readonly body: Uint8Array;
  readonly data: Uint8Array | null;
}

/** The canonical body of a draft. Throws `RECORD_FIELD` for what is over a limit. */
export function composeBody(draft: MessageDraft, context: ComposeContext): ComposedBody {
  const data = typeof draft.data === "string" ? textData(draft.data) : (draft.data ?? null);
  const fields: Body = {
    network: context.network,
    owner: { kind: ownerKinds.key, id: context.owner.address },
    target: draft.target,
    anchor: draft.anchor ?? context.random.bytes(16),
    notAfter: draft.notAfter ?? context.clock.now() + notAfterDefaultMs,
    depth: 0,
    budget: draft.budget ?? budgetDefault,
    tags: draft.tags ?? [],
    dataForm: dataForms.plain,
    dataHash: data === null ? null : dataHashOf(data),
    dataSize: data?.length ?? 0,
  };
  const body = bodyRecord.encode(fields);
  return { id: messageIdOf(body), body, data };
}

/** A signed message: whoever may have to send it again keeps it, since only the same body is the same message. */
export type ComposedMessage = Envelope & { readonly id: Digest };

/** One signed message. */
export function composeMessage(draft: MessageDraft, context: ComposeContext): ComposedMessage {
  const { id, body, data } = composeBody(draft, context);
  const authorisation = signMessage(context.owner, id);
  return { id, ...signedEnvelope({ body, data, authorisation }) };
}

/** Up to 1,024 messages under one signature: 0.3 KB a message on the wire instead of 5.3. */
export function composeBundle(
  drafts: readonly MessageDraft[],
  context: ComposeContext,
): Bundle & { readonly ids: readonly Digest[] } {
  const composed = drafts.map((draft) => composeBody(draft, context));
  const ids = composed.map(({ id }) => id);
  const [member] = signBundle(context.owner, context.network, ids);
  if (member === undefined) throw new RangeError("a bundle holds at least one message");
  const { algorithm, publicKey, signature } = member;
  const messages = composed.map(({ body, data }) => ({ body, data }));
  return { algorithm, publicKey, signature, messages, ids };
}
