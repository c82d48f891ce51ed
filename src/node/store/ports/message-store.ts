/**
 * Port: the messenger's messages (spec/09-http.md §3, `GET /messages/{id}`): what was accepted,
 * what became of it, and what it caused.
 *
 * @module
 */

/** Bytes under their SHA-256. */
export interface SharedBytes {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A message as it is accepted. */
export interface AcceptedMessage {
  readonly id: Uint8Array;
  /** Body, authorisation and data as they came, in the messenger's own framing. */
  readonly envelope: Uint8Array;
  /** What the framing leaves out because other messages have it too: kept once; null: nothing. */
  readonly shared: SharedBytes | null;
  /** The message whose result sent this one; null for a signed message. */
  readonly parent: Uint8Array | null;
  /** The address whose inbox lists it; null if it goes to a process only. */
  readonly addressee: Uint8Array | null;
  readonly acceptedAt: number;
}

/** Where the scheduler put a message. */
export interface MessageSlot {
  readonly process: Uint8Array;
  readonly slot: number;
}

/** A slot with what the scheduler said about it. */
export interface Assignment extends MessageSlot {
  /** Canonical bytes of the entry. */
  readonly entry: Uint8Array;
  /** When it was noted, ms. */
  readonly at: number;
}

/** A message with its slot. */
export interface AssignedMessage extends MessageSlot {
  readonly id: Uint8Array;
}

export interface StoredMessage extends AcceptedMessage {
  readonly assignment: Assignment | null;
}

/** One step in a message's life; fields beside the kind are small. */
export interface StatusEvent {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** `accepted`, `assigned`, `evaluated`, `pushed`, … */
  readonly kind: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** A message in the order of acceptance, of all messages or of those in an address's inbox. */
export interface SequencedMessage {
  /** Grows in order of acceptance, with gaps: the next page starts one above. */
  readonly sequence: number;
  readonly id: Uint8Array;
}

export interface MessageStore {
  /**
   * Stores a message with its indexes and first events in one transaction, once: false if it was
   * accepted before. One that no message caused, that has no slot and was settled is then among the
   * unassigned again, with this envelope.
   */
  accept(message: AcceptedMessage, events?: readonly StatusEvent[]): Promise<boolean>;
  /** As `accept` of each, without events, in one transaction: those of a bundle. */
  acceptAll(messages: readonly AcceptedMessage[]): Promise<boolean[]>;
  get(id: Uint8Array): Promise<StoredMessage | null>;
  /**
   * Notes the slot of an accepted message; the first entry and time stay. False if the message is
   * unknown.
   *
   * @throws StoreError STORE_CONFLICT if it has another slot already.
   */
  assign(id: Uint8Array, assignment: Assignment): Promise<boolean>;
  /**
   * Takes the message off the lists of `unassigned` and `unevaluated`, and adds the events in the
   * same transaction. False, and no event, if it was on neither list.
   */
  settle(id: Uint8Array, events: readonly StatusEvent[]): Promise<boolean>;
  /**
   * Takes an acceptance back, as if it had never been. False, and nothing, if the message is unknown,
   * has a slot or an event, was settled, or was accepted with another envelope.
   */
  forget(id: Uint8Array, envelope: Uint8Array): Promise<boolean>;
  /**
   * Messages that no message caused and that have neither a slot nor been settled, in the order of
   * acceptance, behind `after` (null: all; none where that is unknown), at most `limit` and 1,000.
   */
  unassigned(after: Uint8Array | null, limit: number): Promise<Uint8Array[]>;
  /**
   * Messages with a slot that have not been settled, in the order of process and slot, above
   * `after` (null: all), at most `limit` and 1,000.
   */
  unevaluated(after: MessageSlot | null, limit: number): Promise<AssignedMessage[]>;
  /** Appends to the message's events; false if it is unknown or has 1,000 of them. */
  addEvent(id: Uint8Array, event: StatusEvent): Promise<boolean>;
  /** Events from a position on, in order. */
  events(id: Uint8Array, from: number): Promise<StatusEvent[]>;
  /** Where a message was put; null if it has no slot, or is unknown. */
  assignment(id: Uint8Array): Promise<Assignment | null>;
  /** The message at a slot. */
  messageAt(process: Uint8Array, slot: number): Promise<Uint8Array | null>;
  /** Messages that a message caused, in order of acceptance, at most `limit` and 1,000. */
  children(id: Uint8Array, limit: number): Promise<Uint8Array[]>;
  /**
   * Accepted messages from a sequence number downwards (null: from the newest), at most `limit` and
   * 1,000.
   */
  recent(from: number | null, limit: number): Promise<SequencedMessage[]>;
  /** An address's inbox from a sequence number on, at most `limit` and 1,000. */
  addressed(address: Uint8Array, from: number, limit: number): Promise<SequencedMessage[]>;
}
