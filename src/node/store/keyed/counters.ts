/**
 * Counters in the `meta` table: sequence numbers and totals, changed in the transaction that they
 * count.
 *
 * @module
 */

import { utf8Bytes } from "../../../base/bytes.ts";
import type { TableReader, TableWriter } from "../engine.ts";
import { packRow, unpackRow } from "../rows.ts";

export type CounterName =
  | "tree-size"
  | "content-bytes"
  | "message-sequence"
  | "push-pending"
  | "push-failed"
  | "proven-bytes"
  | "proof-jobs"
  | "processes";

/** The counter's value; `initial` if it was never set. */
export function readCounter(tables: TableReader, name: CounterName, initial = 0): number {
  const row = tables.get("meta", utf8Bytes(name));
  return row === null ? initial : unpackRow<readonly [number]>(row, 1)[0];
}

/** Sets the counter. */
export function writeCounter(tables: TableWriter, name: CounterName, value: number): void {
  tables.put("meta", utf8Bytes(name), packRow([value]));
}

/** Adds to the counter. */
export function addToCounter(tables: TableWriter, name: CounterName, difference: number): void {
  if (difference !== 0) writeCounter(tables, name, readCounter(tables, name) + difference);
}
