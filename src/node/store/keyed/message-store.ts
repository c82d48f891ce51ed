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
import { messageEventsMax } from "../store-limits.ts";
import { readCounter, writeCounter } from "./counters.ts";
import { takeRows } from "./paging.ts";

type MessageRow = readonly [
  envelope: Uint8Array,
  parent: Uint8Array | null,
  addressee: Uint8Array | null,
  acceptedAt: number,
  shared: Uint8Array | null,
];
/** Names and values of the fields, for rows hold no maps. */
type EventRow = readonly [
  at: number,
  kind: string,
  names: readonly string[],
  values: readonly (string | number | boolean | null)[],
];

/** p‖s */
const slotKeyBytes = 40;
const sequenceBytes = 8;

/** The value of a row that is only a member of a list: in that of the unassigned what was refused. */
const listed = packRow([]);

/** See `MessageStore`. */
export class KeyedMessageStore implements MessageStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  accept(message: AcceptedMessage, events: readonly StatusEvent[] = []): Promise<boolean> {
    return this.#engine.update((tables) => {
      if (isKnown(tables, message.id)) {
        listAgain(tables, message);
        return false;
      }
      const sequence = readCounter(tables, "message-sequence");
      writeCounter(tables, "message-sequence", sequence + 1);
      writeMessage(tables, message, sequence);
      for (const [position, event] of events.entries()) {
        writeEvent(tables, concatBytes(message.id, u64be(position)), event);
      }
      return true;
    });
  }

  acceptAll(messages: readonly AcceptedMessage[]): Promise<boolean[]> {
    return this.#engine.update((tables) => {
      const first = readCounter(tables, "message-sequence");
      let sequence = first;
      const isNew = messages.map((message) => {
        if (isKnown(tables, message.id)) {
          listAgain(tables, message);
          return false;
        }
        writeMessage(tables, message, sequence++);
        return true;
      });
      if (sequence > first) writeCounter(tables, "message-sequence", sequence);
      return isNew;
    });
  }

  get(id: Uint8Array): Promise<StoredMessage | null> {
    return this.#engine.read((tables) => {
      const value = tables.get("message", id);
      if (value === null) return null;
      const [envelope, parent, addressee, acceptedAt, sharedId] = unpackRow<MessageRow>(value, 5);
      const shared = sharedId === null ? null : sharedOf(tables, sharedId);
      const assignment = readAssignment(tables, id);
      return { id: id.slice(), envelope, shared, parent, addressee, acceptedAt, assignment };
    });
  }

  assign(id: Uint8Array, assignment: Assignment): Promise<boolean> {
    return this.#engine.update((tables) => {
      if (!isKnown(tables, id)) return false;
      const key = slotKey(assignment.process, assignment.slot);
      const earlier = tables.get("message-assignment", id)?.slice(0, slotKeyBytes) ?? null;
      const other = tables.get("message-slot", key);
      checkSame("slot", earlier, key);
      checkSame("message", other, id);
      if (earlier !== null) return true;
      const { at, entry } = assignment;
      tables.put("message-assignment", id, concatBytes(key, u64be(at), entry));
      tables.put("message-slot", key, id);
      tables.put("message-unevaluated", key, id);
      tables.remove("message-unassigned", id);
      return true;
    });
  }

  settle(id: Uint8Array, events: readonly StatusEvent[]): Promise<boolean> {
    return this.#engine.update((tables) => {
      const slot = tables.get("message-assignment", id)?.slice(0, slotKeyBytes) ?? null;
      const isOpen = slot !== null && tables.get("message-unevaluated", slot) !== null;
      if (!isOpen && tables.get("message-unassigned", id) === null) return false;
      if (slot !== null) tables.remove("message-unevaluated", slot);
      tables.remove("message-unassigned", id);
      for (const event of events) appendEvent(tables, id, event);
      return true;
    });
  }

  forget(id: Uint8Array, envelope: Uint8Array): Promise<boolean> {
    return this.#engine.update((tables) => {
      const place = tables.get("message-unassigned", id);
      const row = place?.length === sequenceBytes ? tables.get("message", id) : null;
      if (place === null || row === null || eventCount(tables, id) > 0) return false;
      if (!equalBytes(unpackRow<MessageRow>(row, 5)[0], envelope)) return false;
      tables.remove("message", id);
      tables.remove("message-order", place);
      tables.remove("message-unassigned", id);
      return true;
    });
  }

  unassigned(after: Uint8Array | null, limit: number): Promise<Uint8Array[]> {
    const from = after === null ? new Uint8Array(0) : keyAfter(after);
    return this.#engine.read((tables) =>
      takeRows(tables.range("message-unassigned", { from }), limit, (row) => row.key),
    );
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
      if (!isKnown(tables, id)) return false;
      return appendEvent(tables, id, event);
    });
  }

  events(id: Uint8Array, from: number): Promise<StatusEvent[]> {
    return this.#engine.read((tables) =>
      takeRows(
        tables.range("message-event", prefixRange(id, u64be(from))),
        messageEventsMax,
        (row) => readEvent(row.value),
      ),
    );
  }

  assignment(id: Uint8Array): Promise<Assignment | null> {
    return this.#engine.read((tables) => readAssignment(tables, id));
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
        tables.range("message-order", { from: first, ...upTo, reverse: true }),
        limit,
        ({ key, value }) => ({ sequence: readU64(key), id: value }),
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

/** A message with the lists that it stands on; its sequence number is counted already. */
function writeMessage(tables: TableWriter, message: AcceptedMessage, sequence: number): void {
  const { id, parent, addressee } = message;
  writeRow(tables, message);
  tables.put("message-order", u64be(sequence), id);
  if (parent === null) tables.put("message-unassigned", id, u64be(sequence));
  else tables.put("message-child", concatBytes(parent, u64be(sequence)), id);
  if (addressee !== null) {
    tables.put("message-address", concatBytes(addressee, u64be(sequence)), id);
  }
}

function writeRow(tables: TableWriter, message: AcceptedMessage): void {
  const { id, envelope, parent, addressee, acceptedAt, shared } = message;
  if (shared !== null) putShared(tables, shared);
  const row: MessageRow = [envelope, parent, addressee, acceptedAt, shared?.id ?? null];
  tables.put("message", id, packRow(row));
}

/** A message that was refused, and comes again: a restart hands it in as it came last. */
function listAgain(tables: TableWriter, message: AcceptedMessage): void {
  const { id, parent } = message;
  if (parent !== null || tables.view("message-assignment", id, () => true) === true) return;
  if (tables.get("message-unassigned", id) !== null) return;
  writeRow(tables, message);
  tables.put("message-unassigned", id, listed);
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

/** Looks without a copy of the row: an envelope has 5 KB and more. */
function isKnown(tables: TableReader, id: Uint8Array): boolean {
  return tables.view("message", id, () => true) === true;
}

function readAssignment(tables: TableReader, id: Uint8Array): Assignment | null {
  const row = tables.get("message-assignment", id);
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

function eventCount(tables: TableReader, id: Uint8Array): number {
  for (const { key } of tables.range("message-event", { ...prefixRange(id), reverse: true })) {
    return readU64(key, 32) + 1;
  }
  return 0;
}

/** False if the message has as many events as are kept. */
function appendEvent(tables: TableWriter, id: Uint8Array, event: StatusEvent): boolean {
  const position = eventCount(tables, id);
  if (position >= messageEventsMax) return false;
  writeEvent(tables, concatBytes(id, u64be(position)), event);
  return true;
}

function writeEvent(tables: TableWriter, key: Uint8Array, event: StatusEvent): void {
  const { at, kind, fields } = event;
  const row: EventRow = [at, kind, Object.keys(fields), Object.values(fields)];
  tables.put("message-event", key, packRow(row));
}

function readEvent(value: Uint8Array): StatusEvent {
  const [at, kind, names, values] = unpackRow<EventRow>(value, 4);
  const fields = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
  return { at, kind, fields };
}
