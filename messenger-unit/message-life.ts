/**
 * The lives of messages: every step is written to the store here, and whoever follows a message is
 * woken. Steps that end a wait of the messenger itself (a slot, an evaluation) are written together
 * with the list that they end, so that a restart finds exactly what is not finished.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type {
  MessageStore,
  SequencedMessage,
  SharedBytes,
  StatusEvent,
  StoredMessage,
} from "../src/node/store/ports/message-store.ts";
import { type Wait, Waiters } from "../src/node/waiters.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import type { AddressedMessage, MessageEventKind, MessageStatus } from "../src/protocol/http.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { outboxItemsMax } from "../src/protocol/limits.ts";
import type { Slotted } from "./forwarder.ts";
import {
  addressedView,
  type EncodedEnvelope,
  framed,
  inOrder,
  readStored,
  statusView,
  withAssignment,
} from "./status-view.ts";

/** A message that has its slot. */
export interface Placed extends Slotted {
  readonly id: Digest;
  readonly process: Digest;
}

/** A message that is to be remembered. */
export interface NewMessage {
  readonly id: Digest;
  readonly envelope: EncodedEnvelope;
  /** What its authorisation begins with, where other messages' do as well. */
  readonly shared: SharedBytes | null;
  /** The message whose evaluation sent it; null for what came from outside. */
  readonly parent: Digest | null;
  /** Whose inbox lists it; null for a spawn and for what came from outside. */
  readonly addressee: Digest | null;
}

export class MessageLife {
  readonly #messages: MessageStore;
  readonly #clock: Clock;
  readonly #waiters = new Waiters();
  readonly #onChange: () => void;

  constructor(options: {
    readonly messages: MessageStore;
    readonly clock: Clock;
    /** Told of each message that comes, and of each step. */
    readonly onChange: () => void;
  }) {
    this.#messages = options.messages;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
  }

  /** An event that happens now. */
  event(kind: MessageEventKind, fields: StatusEvent["fields"] = {}): StatusEvent {
    return { at: this.#clock.now(), kind, fields };
  }

  /** Remembers a message, durably, with what is known of it already. False if it was known. */
  async accept(message: NewMessage, events: readonly StatusEvent[] = []): Promise<boolean> {
    const { id, shared, parent, addressee } = message;
    const acceptedAt = this.#clock.now();
    const envelope = framed(message.envelope, shared);
    const row = { id, envelope, shared, parent, addressee, acceptedAt };
    const isNew = await this.#messages.accept(row, events);
    if (isNew && parent !== null) this.#waiters.wake(parent);
    if (isNew) this.#onChange();
    return isNew;
  }

  /** As `accept` of each, in one transaction: what came from outside together. */
  async acceptAll(messages: readonly NewMessage[]): Promise<void> {
    const acceptedAt = this.#clock.now();
    await this.#messages.acceptAll(
      messages.map(({ id, envelope, shared, parent, addressee }) => {
        return { id, envelope: framed(envelope, shared), shared, parent, addressee, acceptedAt };
      }),
    );
    this.#onChange();
  }

  /** True if the message was remembered. */
  async isKnown(id: Digest): Promise<boolean> {
    return (await this.#messages.get(id)) !== null;
  }

  /** Where the message was put, or null: with the entry as the scheduler gave it. */
  async placed(id: Digest): Promise<Placed | null> {
    const assignment = await this.#messages.assignment(id);
    return assignment === null ? null : { id, ...assignment };
  }

  /** Notes the slot. From now on the message waits for its evaluation. */
  async assigned({ id, process, slot, entry }: Placed): Promise<void> {
    const place = { process, slot, entry, at: this.#clock.now() };
    if (!(await this.#messages.assign(id, place))) {
      // What is pushed before the store took the message itself is pushed again until it has.
      throw new ProtocolError("UNAVAILABLE", { message: idText(id), expected: "to be remembered" });
    }
    this.#changed(id);
  }

  /** Notes the end of what the messenger waits for: an evaluation, or a refusal before any slot. */
  async settled(id: Digest, ...events: readonly StatusEvent[]): Promise<void> {
    await this.#messages.settle(id, events);
    this.#changed(id);
  }

  /** Takes back a message whose signature turned out not to hold. */
  async forged({ id, envelope }: Pick<NewMessage, "id" | "envelope">): Promise<void> {
    if (await this.#messages.forget(id, framed(envelope, null))) this.#changed(id);
  }

  /** Notes a step unless the message has one of its kind already. */
  async noted(id: Digest, event: StatusEvent): Promise<void> {
    const events = await this.#messages.events(id, 0);
    if (events.some(({ kind }) => kind === event.kind)) return;
    await this.#messages.addEvent(id, event);
    this.#changed(id);
  }

  #changed(id: Digest): void {
    this.#waiters.wake(id);
    this.#onChange();
  }

  /** True if nobody took the message so far. */
  async isUnclaimed(id: Digest): Promise<boolean> {
    return (await this.events(id)).at(-1)?.kind === "unclaimed";
  }

  /** The steps of a message but for its acceptance, in order. */
  async events(id: Digest): Promise<readonly StatusEvent[]> {
    const [events, assignment] = await Promise.all([
      this.#messages.events(id, 0),
      this.#messages.assignment(id),
    ]);
    return withAssignment(inOrder(events), assignment);
  }

  /** What the message caused, at most as many as one result can send. */
  children(id: Digest): Promise<Digest[]> {
    return this.#messages.children(id, outboxItemsMax);
  }

  /** Rejects with `MESSAGE_UNKNOWN`. */
  async stored(id: Digest): Promise<StoredMessage> {
    const stored = await this.#messages.get(id);
    if (stored !== null) return stored;
    throw new ProtocolError("MESSAGE_UNKNOWN", { message: idText(id) });
  }

  /** Rejects with `MESSAGE_UNKNOWN`. */
  async status(id: Digest): Promise<MessageStatus> {
    const [stored, events, caused] = await Promise.all([
      this.stored(id),
      this.events(id),
      this.children(id),
    ]);
    return statusView(readStored(stored), events, caused);
  }

  /**
   * A page of an address's inbox. Rejects with `ADDRESS_EMPTY` where nothing was ever sent there.
   */
  async addressed(address: Digest, from: number, limit: number): Promise<AddressedMessage[]> {
    const rows = await this.#messages.addressed(address, from, limit);
    if (rows.length === 0 && (await this.#messages.addressed(address, 0, 1)).length === 0) {
      throw new ProtocolError("ADDRESS_EMPTY", { address: idText(address) });
    }
    const read = async ({ id, sequence }: SequencedMessage) =>
      addressedView(readStored(await this.stored(id)), sequence);
    return Promise.all(rows.map(read));
  }

  /** Begins to wait for the message's next step. */
  wait(id: Digest, waitMs: number, signal: AbortSignal): Wait {
    return this.#waiters.wait(id, this.#clock, waitMs, signal);
  }

  /** Ends every wait: the unit is stopping. */
  wakeAll(): void {
    this.#waiters.wakeAll();
  }
}
