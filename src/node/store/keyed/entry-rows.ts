/**
 * Entries and the bytes they commit to, as the scheduler's log and the compute unit's copy of it
 * keep them: bodies, authorisations and data once by their hashes, each in its own table.
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
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
  putAuthorisation(tables, entry);
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
    authorisation: authorisationOf(tables, authorisationHash),
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

/**
 * Whole, or what follows its shared beginning: the 5.3 KB of a bundle's key and signature, written
 * with each of 64 messages, were three quarters of what the disk had to take.
 */
function putAuthorisation(
  tables: TableWriter,
  { authorisation, authorisationHash, shared = null }: StoredEntry,
): void {
  if (shared === null) {
    putOnce(tables, "authorisation", authorisationHash, authorisation);
    return;
  }
  if (isThere(tables, "authorisation", authorisationHash)) return;
  const { id, length } = shared;
  putOnce(tables, "authorisation-shared", id, authorisation.subarray(0, length));
  tables.put("authorisation", authorisationHash, packRow([authorisation.subarray(length), id]));
}

/** The first byte of a row with two fields. */
const twoFields = 0x92;

function authorisationOf(tables: TableReader, hash: Uint8Array): Uint8Array {
  const value = tables.get("authorisation", hash);
  if (value === null || value[0] !== twoFields) return bytesOf(tables, "authorisation", hash);
  const [rest, id] = unpackRow<readonly [Uint8Array, Uint8Array]>(value, 2);
  return concatBytes(bytesOf(tables, "authorisation-shared", id), rest);
}

type BytesTable = "body" | "authorisation" | "authorisation-shared" | "data";

function isThere(tables: TableReader, table: BytesTable, hash: Uint8Array): boolean {
  return tables.view(table, hash, () => true) === true;
}

// A row, for a value must not be empty, and message data may be.
function putOnce(
  tables: TableWriter,
  table: BytesTable,
  hash: Uint8Array,
  bytes: Uint8Array,
): void {
  if (!isThere(tables, table, hash)) tables.put(table, hash, packRow([bytes]));
}

function bytesOf(tables: TableReader, table: BytesTable, hash: Uint8Array): Uint8Array {
  const value = tables.get(table, hash);
  if (value === null) throw new StoreError("STORE_CORRUPT", { table, expected: "present bytes" });
  return unpackRow<readonly [Uint8Array]>(value, 1)[0];
}
