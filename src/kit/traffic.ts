/**
 * Messages between the processes of the kit's network, and what a test does to them on their way: drop,
 * hold, delay, send twice. What is held can be released in any order. Without a route everything is
 * delivered at once, in the order in which it was sent.
 *
 * @module
 */

import type { Envelope } from "../protocol/envelope.ts";
import { idText, messageIdOf } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import { NetworkError } from "./network-error.ts";
import { contentOf, type KitSpawn } from "./outcome.ts";

/** A message, or a spawn, that a process sent and that is on its way. */
export interface PassingMessage extends KitSpawn {
  readonly id: string;
  /** The process that sent it. */
  readonly from: string;
  /** Null for a spawn. */
  readonly target: string | null;
}

/** What becomes of a message. The log of its target refuses the second of a duplicate. */
export type Passage = "deliver" | "drop" | "hold" | "duplicate" | { readonly delayMs: number };

/** Decides on each message between processes, in the order in which they were sent. */
export type Route = (message: PassingMessage) => Passage;

/** A message that waits: for its time, or only to be released. */
export interface HeldMessage extends PassingMessage {
  /** When it is delivered of itself; null where it waits until it is released. */
  readonly due: number | null;
}

interface Held {
  readonly message: HeldMessage;
  readonly envelope: Envelope;
}

/** A message as a test reads it. */
export function passing({ body, data }: Envelope): PassingMessage {
  const { target, tags, owner } = bodyRecord.decode(body);
  return {
    id: idText(messageIdOf(body)),
    from: idText(owner.id),
    target: target === null ? null : idText(target),
    ...contentOf({ tags, data }),
  };
}

export class Traffic {
  route: Route | null = null;
  #held: readonly Held[] = [];

  /** What waits, in the order in which it was sent. */
  get held(): readonly HeldMessage[] {
    return this.#held.map(({ message }) => message);
  }

  /** How often the message is delivered now; null where it was dropped. */
  admit(envelope: Envelope, now: number): number | null {
    if (this.route === null) return 1;
    const message = passing(envelope);
    const passage = this.route(message);
    if (passage === "drop") return null;
    if (passage === "deliver") return 1;
    if (passage === "duplicate") return 2;
    const due = passage === "hold" ? null : now + delayOf(passage);
    this.#held = [...this.#held, { message: { ...message, due }, envelope }];
    return 0;
  }

  /** Takes the message whose time comes first, if it comes until `time`. */
  takeDue(time: number): { readonly due: number; readonly envelope: Envelope } | null {
    const first = this.#held
      .flatMap(({ message, envelope }) =>
        message.due === null ? [] : [{ due: message.due, envelope }],
      )
      .reduce<{ due: number; envelope: Envelope } | null>(
        (earliest, each) => (earliest === null || each.due < earliest.due ? each : earliest),
        null,
      );
    if (first === null || first.due > time) return null;
    this.#held = this.#held.filter(({ envelope }) => envelope !== first.envelope);
    return first;
  }

  /** Takes these in this order, or all. Throws `MESSAGE_NOT_HELD`, and then takes none. */
  take(messages: readonly Pick<HeldMessage, "id">[] | null): readonly Envelope[] {
    const ids = messages?.map(({ id }) => id) ?? this.#held.map(({ message }) => message.id);
    const byId = new Map(this.#held.map((each) => [each.message.id, each.envelope]));
    const taken = ids.map((id) => {
      const envelope = byId.get(id);
      if (envelope === undefined) throw new NetworkError("MESSAGE_NOT_HELD", { message: id });
      byId.delete(id);
      return envelope;
    });
    this.#held = this.#held.filter(({ message }) => byId.has(message.id));
    return taken;
  }

  /** What waits, to be put back by `revert`. */
  snapshot(): readonly Held[] {
    return this.#held;
  }

  revert(held: readonly Held[]): void {
    this.#held = held;
  }
}

function delayOf(passage: { readonly delayMs: number }): number {
  if (passage.delayMs >= 0) return Math.floor(passage.delayMs);
  throw new RangeError(`a delay is not below zero: ${passage.delayMs}`);
}
