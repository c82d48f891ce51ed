/**
 * The messenger's messages over an engine; see the port for the contract.
 *
 * @module
 */

import { concatBytes, equalBytes, u64be } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import type {
  AcceptedMessage,
  AssignedMessage,
  Assignment,
  MessageSlot,
  MessageStore,
  SequencedMessage,
  SharedBytes,
  StatusEvent,
  StoredMessage,
} from "../ports/message-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { keyAfter, prefixRange, readU64, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { readCounter, writeCounter } from "./counters.ts";
import { appendEvent, eventCount, readEvents } from "./message-events.ts";
import { takeRows } from "./paging.ts";

type MessageRow = readonly [
  id: Uint8Array,
  envelope: Uint8Array,
  parent: Uint8Array | null,
  addressee: Uint8Array | null,
  acceptedAt: number,
  shared: Uint8Array | null,
];
/** p‖s */
const slotKeyBytes = 40;
const messageFields = 6;

/** See `MessageStore`. */
export class KeyedMessageStore implements MessageStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  accept(message: AcceptedMessage, events: readonly StatusEvent[] = []): Promise<boolean> {
    return this.#engine.update((tables) => {
      if (isKnownAgain(tables, message)) return false;
      const sequence = readCounter(tables, "message-sequence");
      writeCounter(tables, "message-sequence", sequence + 1);
      writeMessage(tables, message, sequence);
      for (const event of events) appendEvent(tables, message.id, event);
      return true;
    });
  }

  acceptAll(messages: readonly AcceptedMessage[]): Promise<boolean[]> {
    return this.#engine.update((tables) => {
      const first = readCounter(tables, "message-sequence");
      let sequence = first;
      const isNew = messages.map((message) => {
        if (isKnownAgain(tables, message)) return false;
        writeMessage(tables, message, sequence++);
        return true;
      });
      if (sequence > first) writeCounter(tables, "message-sequence", sequence);
      return isNew;
    });
  }

  get(id: Uint8Array): Promise<StoredMessage | null> {
    return this.#engine.read((tables) => {
      const number = numberOf(tables, id);
      if (number === null) return null;
      const [, envelope, parent, addressee, acceptedAt, sharedId] = rowAt(tables, number);
      const shared = sharedId === null ? null : sharedOf(tables, sharedId);
      const assignment = readAssignment(tables, number);
      return { id: id.slice(), envelope, shared, parent, addressee, acceptedAt, assignment };
    });
  }

  assign(id: Uint8Array, assignment: Assignment): Promise<boolean> {
    return this.#engine.update((tables) => {
      const number = numberOf(tables, id);
      if (number === null) return false;
      const key = slotKey(assignment.process, assignment.slot);
      const earlier = slotKeyOf(tables, number);
      const other = tables.get("message-slot", key);
      checkSame("slot", earlier, key);
      checkSame("message", other, id);
      if (earlier !== null) return true;
      const { at, entry } = assignment;
      tables.put("message-assignment", number, concatBytes(key, u64be(at), entry));
      tables.put("message-slot", key, id);
      tables.put("message-unevaluated", key, id);
      tables.remove("message-unassigned", number);
      return true;
    });
  }

  settle(id: Uint8Array, events: readonly StatusEvent[]): Promise<boolean> {
    return this.#engine.update((tables) => {
      const number = numberOf(tables, id);
      if (number === null) return false;
      const slot = slotKeyOf(tables, number);
      const isOpen = slot !== null && tables.get("message-unevaluated", slot) !== null;
      if (!isOpen && tables.get("message-unassigned", number) === null) return false;
      if (slot !== null) tables.remove("message-unevaluated", slot);
      tables.remove("message-unassigned", number);
      for (const event of events) appendEvent(tables, id, event);
      return true;
    });
  }

  forget(id: Uint8Array, envelope: Uint8Array): Promise<boolean> {
    return this.#engine.update((tables) => {
      const number = numberOf(tables, id);
      if (number === null || tables.get("message-unassigned", number) === null) return false;
      if (eventCount(tables, id) > 0 || !equalBytes(rowAt(tables, number)[1], envelope)) {
        return false;
      }
      tables.remove("message-number", id);
      tables.remove("message", number);
      tables.remove("message-unassigned", number);
      return true;
    });
  }

  unassigned(after: Uint8Array | null, limit: number): Promise<Uint8Array[]> {
    return this.#engine.read((tables) => {
      const number = after === null ? new Uint8Array(0) : numberOf(tables, after);
      if (number === null) return [];
      const from = after === null ? number : keyAfter(number);
      return takeRows(tables.range("message-unassigned", { from }), limit, (row) => row.value);
    });
  }

  unevaluated(after: MessageSlot | null, limit: number): Promise<AssignedMessage[]> {
    const from = after === null ? new Uint8Array(0) : keyAfter(slotKey(after.process, after.slot));
    return this.#engine.read((tables) =>
      takeRows(tables.range("message-unevaluated", { from }), limit, ({ key, value }) => ({
        process: key.slice(0, 32),
        slot: readU64(key, 32),
        id: value,
      })),
    );
  }

  addEvent(id: Uint8Array, event: StatusEvent): Promise<boolean> {
    return this.#engine.update((tables) => {
      if (numberOf(tables, id) === null) return false;
      return appendEvent(tables, id, event);
    });
  }

  events(id: Uint8Array, from: number): Promise<StatusEvent[]> {
    return this.#engine.read((tables) => readEvents(tables, id, from));
  }

  assignment(id: Uint8Array): Promise<Assignment | null> {
    return this.#engine.read((tables) => {
      const number = numberOf(tables, id);
      return number === null ? null : readAssignment(tables, number);
    });
  }

  messageAt(process: Uint8Array, slot: number): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => tables.get("message-slot", slotKey(process, slot)));
  }

  children(id: Uint8Array, limit: number): Promise<Uint8Array[]> {
    return this.#engine.read((tables) =>
      takeRows(tables.range("message-child", prefixRange(id)), limit, (row) => row.value),
    );
  }

  recent(from: number | null, limit: number): Promise<SequencedMessage[]> {
    const first = new Uint8Array(0);
    const upTo = from === null ? {} : { to: keyAfter(u64be(from)) };
    return this.#engine.read((tables) =>
      takeRows(
        tables.range("message", { from: first, ...upTo, reverse: true }),
        limit,
        ({ key, value }) => ({
          sequence: readU64(key),
          id: unpackRow<MessageRow>(value, messageFields)[0].slice(),
        }),
      ),
    );
  }

  addressed(address: Uint8Array, from: number, limit: number): Promise<SequencedMessage[]> {
    return this.#engine.read((tables) =>
      takeRows(
        tables.range("message-address", prefixRange(address, u64be(from))),
        limit,
        (row) => ({ sequence: readU64(row.key, address.length), id: row.value }),
      ),
    );
  }
}

/**
 * A message with the lists that it stands on; its sequence number is counted already. Its rows lie in
 * the order of acceptance: under its id each was a page of the tree of its own to be copied and written.
 */
function writeMessage(tables: TableWriter, message: AcceptedMessage, sequence: number): void {
  const { id, parent, addressee } = message;
  const number = u64be(sequence);
  tables.put("message-number", id, number);
  writeRow(tables, message, number);
  if (parent === null) tables.put("message-unassigned", number, id);
  else tables.put("message-child", concatBytes(parent, number), id);
  if (addressee !== null) tables.put("message-address", concatBytes(addressee, number), id);
}

function writeRow(tables: TableWriter, message: AcceptedMessage, number: Uint8Array): void {
  const { id, envelope, parent, addressee, acceptedAt, shared } = message;
  if (shared !== null) putShared(tables, shared);
  const row: MessageRow = [id, envelope, parent, addressee, acceptedAt, shared?.id ?? null];
  tables.put("message", number, packRow(row));
}

/**
 * True if the message was accepted before. Where it was refused since, a restart hands it in as it came
 * last.
 */
function isKnownAgain(tables: TableWriter, message: AcceptedMessage): boolean {
  const { id, parent } = message;
  const number = numberOf(tables, id);
  if (number === null) return false;
  const isPlaced = slotKeyOf(tables, number) !== null;
  if (parent !== null || isPlaced || tables.get("message-unassigned", number) !== null) return true;
  writeRow(tables, message, number);
  tables.put("message-unassigned", number, id);
  return true;
}

function putShared(tables: TableWriter, { id, bytes }: SharedBytes): void {
  if (tables.view("message-shared", id, () => true) === true) return;
  tables.put("message-shared", id, bytes);
}

function sharedOf(tables: TableReader, id: Uint8Array): SharedBytes {
  const bytes = tables.get("message-shared", id);
  if (bytes !== null) return { id, bytes };
  throw new StoreError("STORE_CORRUPT", { table: "message-shared", expected: "present bytes" });
}

/** The key of a message's rows, its place in the order of acceptance. */
function numberOf(tables: TableReader, id: Uint8Array): Uint8Array | null {
  return tables.get("message-number", id);
}

function rowAt(tables: TableReader, number: Uint8Array): MessageRow {
  const value = tables.get("message", number);
  if (value !== null) return unpackRow<MessageRow>(value, messageFields);
  throw new StoreError("STORE_CORRUPT", { table: "message", expected: "a row" });
}

/** p‖s of a message's slot. */
function slotKeyOf(tables: TableReader, number: Uint8Array): Uint8Array | null {
  return tables.view("message-assignment", number, (row) => row.slice(0, slotKeyBytes));
}

function readAssignment(tables: TableReader, number: Uint8Array): Assignment | null {
  const row = tables.get("message-assignment", number);
  if (row === null) return null;
  return {
    process: row.slice(0, 32),
    slot: readU64(row, 32),
    at: readU64(row, slotKeyBytes),
    entry: row.slice(slotKeyBytes + 8),
  };
}

function checkSame(field: string, stored: Uint8Array | null, given: Uint8Array): void {
  if (stored !== null && Buffer.compare(stored, given) !== 0) {
    throw new StoreError("STORE_CONFLICT", {
      field,
      expected: Buffer.from(stored).toString("base64url"),
      got: Buffer.from(given).toString("base64url"),
    });
  }
}
