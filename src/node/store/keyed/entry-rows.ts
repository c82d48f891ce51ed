/**
 * Entries and the bytes they commit to, as the scheduler's log and the compute unit's copy of it
 * keep them: bodies, authorisations and data once by their hashes, each in its own table.
 *
 * @module
 */

import type { TableReader, TableWriter } from "../engine.ts";
import type { LogEntry, StoredEntry } from "../ports/log-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { readU64, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";

type EntryRow = readonly [
  treeIndex: number,
  timestamp: number,
  epoch: number,
  messageId: Uint8Array,
  entryHash: Uint8Array,
  authorisationHash: Uint8Array,
  dataHash: Uint8Array | null,
  entry: Uint8Array,
];

const entryFields = 8;

/** Writes an entry and what of its bytes is not there yet. */
export function writeEntry(tables: TableWriter, entry: StoredEntry, treeIndex: number): void {
  const row: EntryRow = [
    treeIndex,
    entry.timestamp,
    entry.epoch,
    entry.messageId,
    entry.entryHash,
    entry.authorisationHash,
    entry.dataHash,
    entry.entry,
  ];
  tables.put("entry", slotKey(entry.process, entry.slot), packRow(row));
  putOnce(tables, "body", entry.messageId, entry.body);
  putOnce(tables, "authorisation", entry.authorisationHash, entry.authorisation);
  if (entry.data !== null && entry.dataHash !== null) {
    putOnce(tables, "data", entry.dataHash, entry.data);
  }
}

/** The entry at a slot without the bytes it commits to; null if there is none. */
export function readEntryRow(
  tables: TableReader,
  process: Uint8Array,
  slot: number,
): {
  readonly treeIndex: number;
  readonly entry: Uint8Array;
  readonly entryHash: Uint8Array;
} | null {
  const value = tables.get("entry", slotKey(process, slot));
  if (value === null) return null;
  const [treeIndex, , , , entryHash, , , entry] = unpackRow<EntryRow>(value, entryFields);
  return { treeIndex, entry, entryHash };
}

/** The entry of a row, p‖s → row, with its bytes. */
export function readEntry(tables: TableReader, key: Uint8Array, value: Uint8Array): LogEntry {
  const [treeIndex, timestamp, epoch, messageId, entryHash, authorisationHash, dataHash, entry] =
    unpackRow<EntryRow>(value, entryFields);
  return {
    process: key.slice(0, 32),
    slot: readU64(key, 32),
    treeIndex,
    timestamp,
    epoch,
    messageId,
    entryHash,
    entry,
    body: bytesOf(tables, "body", messageId),
    authorisation: bytesOf(tables, "authorisation", authorisationHash),
    authorisationHash,
    data: dataHash === null ? null : bytesOf(tables, "data", dataHash),
    dataHash,
  };
}

/** Bytes that an entry brings with it, for the bounds of a page. */
export function entryBytes(entry: StoredEntry): number {
  return (
    entry.entry.length + entry.body.length + entry.authorisation.length + (entry.data?.length ?? 0)
  );
}

type BytesTable = "body" | "authorisation" | "data";

// A row, for a value must not be empty, and message data may be.
function putOnce(
  tables: TableWriter,
  table: BytesTable,
  hash: Uint8Array,
  bytes: Uint8Array,
): void {
  if (tables.get(table, hash) === null) tables.put(table, hash, packRow([bytes]));
}

function bytesOf(tables: TableReader, table: BytesTable, hash: Uint8Array): Uint8Array {
  const value = tables.get(table, hash);
  if (value === null) throw new StoreError("STORE_CORRUPT", { table, expected: "present bytes" });
  return unpackRow<readonly [Uint8Array]>(value, 1)[0];
}
