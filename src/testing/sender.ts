/**
 * A sender for tests: composes signed envelopes for one network without any unit.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { composeMessage, type MessageDraft } from "../client/compose.ts";
import { type Identity, identityFromSeed } from "../crypto/identity.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import type { Tag } from "../protocol/message.ts";
import { reservedTags } from "../protocol/spawn.ts";

/** An envelope with its message id. */
export type Composed = Envelope & { readonly id: Digest };

/** The identity of the seed that consists of one byte, repeated. */
export function testIdentity(byte: number): Identity {
  return identityFromSeed(new Uint8Array(32).fill(byte));
}

/** Someone who signs messages. Nothing expires unless the draft says so. */
export class TestSender {
  readonly identity: Identity;
  readonly network: Digest;
  readonly #clock: Clock;

  constructor(options: {
    readonly identity: Identity;
    readonly network: Digest;
    readonly clock: Clock;
  }) {
    this.identity = options.identity;
    this.network = options.network;
    this.#clock = options.clock;
  }

  compose(draft: MessageDraft): Composed {
    return composeMessage(
      { notAfter: 0, ...draft },
      { network: this.network, owner: this.identity, clock: this.#clock, random: systemRandom },
    );
  }

  /** A spawn that names these units. */
  spawn(units: {
    readonly module: Digest;
    readonly scheduler: Digest;
    readonly compute?: readonly Digest[];
    readonly tags?: readonly Tag[];
  }): Composed {
    const { module, scheduler, compute = [], tags = [] } = units;
    return this.compose({
      target: null,
      tags: [
        { name: reservedTags.module, value: idText(module) },
        { name: reservedTags.scheduler, value: idText(scheduler) },
        ...compute.map((unit) => ({ name: reservedTags.compute, value: idText(unit) })),
        ...tags,
      ],
    });
  }

  /** A message with an action. */
  message(target: Digest, action: string, draft: Partial<MessageDraft> = {}): Composed {
    return this.compose({ target, tags: [{ name: "Action", value: action }], ...draft });
  }
}
