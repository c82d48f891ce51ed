/**
 * The writes of one plan, held back until the plan has returned. This makes "all reads and checks
 * first, then writes" hold by construction: lmdb-js keeps the earlier writes of a transaction
 * callback that throws (storage decisions, trap 2), so a plan must never reach its tables directly.
 *
 * @module
 */

import { compareBytes } from "../../base/bytes.ts";
import type { KeyRange, KeyValue, TableReader, TableWriter } from "./engine.ts";
import type { TableName } from "./schema.ts";

/** A held-back write; a null value removes the row. */
interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A key as text, one character a byte: as a Map key, and ordered as the bytes are. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

/** The bytes of `keyText`. */
export function keyBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Reads through to a snapshot, with its own writes on top. */
export class Overlay implements TableWriter {
  readonly #base: TableReader;
  readonly #changes = new Map<TableName, Map<string, Change>>();

  constructor(base: TableReader) {
    this.#base = base;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | null {
    const change = this.#changes.get(table)?.get(keyText(key));
    if (change === undefined) return this.#base.get(table, key);
    return change.value === null ? null : change.value.slice();
  }

  view<T>(table: TableName, key: Uint8Array, use: (value: Uint8Array) => T): T | null {
    const change = this.#changes.get(table)?.get(keyText(key));
    if (change === undefined) return this.#base.view(table, key, use);
    return change.value === null ? null : use(change.value);
  }

  *range(table: TableName, range: KeyRange): Iterable<KeyValue> {
    const changes = this.#changesWithin(table, range);
    const sign = range.reverse === true ? -1 : 1;
    let next = 0;
    for (const row of this.#base.range(table, range)) {
      let replaced = false;
      for (; next < changes.length; next++) {
        const change = changes[next] as Change;
        const order = sign * compareBytes(change.key, row.key);
        if (order > 0) break;
        if (order === 0) replaced = true;
        if (change.value !== null) yield { key: change.key, value: change.value.slice() };
      }
      if (!replaced) yield row;
    }
    for (; next < changes.length; next++) {
      const { key, value } = changes[next] as Change;
      if (value !== null) yield { key, value: value.slice() };
    }
  }

  put(table: TableName, key: Uint8Array, value: Uint8Array): void {
    this.#change(table, { key, value });
  }

  remove(table: TableName, key: Uint8Array): void {
    this.#change(table, { key, value: null });
  }

  /** Hands over every write, the last one for each key. */
  applyTo(write: (table: TableName, change: Change) => void): void {
    for (const [table, changes] of this.#changes) {
      for (const change of changes.values()) write(table, change);
    }
  }

  #change(table: TableName, change: Change): void {
    let changes = this.#changes.get(table);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(table, changes);
    }
    changes.set(keyText(change.key), change);
  }

  #changesWithin(table: TableName, range: KeyRange): Change[] {
    const changes = this.#changes.get(table);
    if (changes === undefined) return [];
    const sign = range.reverse === true ? -1 : 1;
    return [...changes.values()]
      .filter(
        ({ key }) =>
          compareBytes(key, range.from) >= 0 &&
          (range.to === undefined || compareBytes(key, range.to) < 0),
      )
      .sort((left, right) => sign * compareBytes(left.key, right.key));
  }
}
