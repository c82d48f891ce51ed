/**
 * Entries and the bytes they commit to, as the scheduler's log and the compute unit's copy of it
 * keep them. Body and authorisation lie beside their entry, in the order of the log: under their
 * hashes each was a page of the tree of its own to be copied and written. Data is kept once by its hash.
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

/** What follows the authorisation's beginning where that is kept once, under `sharedId`. */
type BytesRow = readonly [body: Uint8Array, authorisation: Uint8Array, sharedId: Uint8Array | null];

/** Writes an entry with its bytes, of which data and shared beginnings may be there already. */
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
  const key = slotKey(entry.process, entry.slot);
  tables.put("entry", key, packRow(row));
  tables.put("entry-bytes", key, packRow(bytesRow(tables, entry)));
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
    ...bytesAt(tables, key),
    authorisationHash,
    data: dataHash === null ? null : bytesOf(tables, "data", dataHash),
    dataHash,
  };
}

/** The timestamp of the entry at a key, p‖s; null if there is none. */
export function readEntryTime(tables: TableReader, key: Uint8Array): number | null {
  return tables.view("entry", key, (row) => unpackRow<EntryRow>(row, entryFields)[1]);
}

/** The canonical body of an entry, and the entry's time, without the rest; null if there is none. */
export function readBody(
  tables: TableReader,
  process: Uint8Array,
  slot: number,
): { readonly body: Uint8Array; readonly timestamp: number } | null {
  const key = slotKey(process, slot);
  const row = tables.get("entry", key);
  const value = tables.get("entry-bytes", key);
  if (row === null || value === null) return null;
  const [, timestamp] = unpackRow<EntryRow>(row, entryFields);
  const [body] = unpackRow<BytesRow>(value, 3);
  return { body, timestamp };
}

/** Bytes that an entry brings with it, for the bounds of a page. */
export function entryBytes(entry: StoredEntry): number {
  return (
    entry.entry.length + entry.body.length + entry.authorisation.length + (entry.data?.length ?? 0)
  );
}

/**
 * An authorisation is whole, or what follows its shared beginning: the 5.3 KB of a bundle's key and
 * signature, written with each of 64 messages, were three quarters of what the disk had to take.
 */
function bytesRow(
  tables: TableWriter,
  { body, authorisation, shared = null }: StoredEntry,
): BytesRow {
  if (shared === null) return [body, authorisation, null];
  const { id, length } = shared;
  putOnce(tables, "authorisation-shared", id, authorisation.subarray(0, length));
  return [body, authorisation.subarray(length), id];
}

function bytesAt(
  tables: TableReader,
  key: Uint8Array,
): { readonly body: Uint8Array; readonly authorisation: Uint8Array } {
  const value = tables.get("entry-bytes", key);
  if (value === null) {
    throw new StoreError("STORE_CORRUPT", { table: "entry-bytes", expected: "present bytes" });
  }
  const [body, rest, sharedId] = unpackRow<BytesRow>(value, 3);
  if (sharedId === null) return { body, authorisation: rest };
  const beginning = bytesOf(tables, "authorisation-shared", sharedId);
  return { body, authorisation: concatBytes(beginning, rest) };
}

type BytesTable = "authorisation-shared" | "data";

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
