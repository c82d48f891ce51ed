/**
 * What the stores stand on: ordered tables of byte strings, read in snapshots and changed by
 * transactions. Two engines implement it, LMDB and memory, and every store is written once above.
 *
 * Always holds: an update happens as a whole or not at all; it is planned (all reads and checks)
 * before its first write is applied; resolved means durable, readable means durable; updates happen
 * in the order they were submitted.
 *
 * @module
 */

import type { TableName } from "./schema.ts";

/** A half-open range of keys, `from` ≤ key < `to`; without `to` it has no upper end. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to?: Uint8Array;
  readonly reverse?: boolean;
}

/** One row of a table. */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Reads of one snapshot. The arrays are the caller's own. */
export interface TableReader {
  get(table: TableName, key: Uint8Array): Uint8Array | null;
  /** As `get`, without a copy: valid until `use` returns, which must read nothing else. */
  view<T>(table: TableName, key: Uint8Array, use: (value: Uint8Array) => T): T | null;
  /** Rows in the order of unsigned bytes, or backwards; stop early to read no further. */
  range(table: TableName, range: KeyRange): Iterable<KeyValue>;
}

/** Reads that see the writes before them, and writes that count once the plan has returned. */
export interface TableWriter extends TableReader {
  /** The arrays must not be changed afterwards. A value has at least one byte. */
  put(table: TableName, key: Uint8Array, value: Uint8Array): void;
  remove(table: TableName, key: Uint8Array): void;
}

/** Ordered tables with atomic, durable updates. */
export interface StoreEngine {
  /** Runs a query, which must not wait, on one snapshot. */
  read<T>(query: (tables: TableReader) => T): Promise<T>;
  /**
   * Runs a plan, which must not wait, and makes its writes durable as a whole. If the plan throws,
   * nothing is written and its error comes back.
   *
   * @throws StoreError STORE_BUSY or STORE_CLOSED: nothing happened; STORE_FULL or STORE_IO: see
   *   `indeterminate`.
   */
  update<T>(plan: (tables: TableWriter) => T): Promise<T>;
  /** Waits for the updates submitted so far, then lets go of everything. */
  close(): Promise<void>;
}
