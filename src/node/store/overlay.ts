/**
 * The writes of one plan, held back until the plan has returned. This makes "all reads and checks
 * first, then writes" hold by construction: lmdb-js keeps the earlier writes of a transaction
 * callback that throws (storage decisions, trap 2), so a plan must never reach its tables directly.
 *
 * @module
 */

import { compareBytes, equalBytes } from "../../base/bytes.ts";
import type { KeyRange, KeyValue, TableReader, TableWriter } from "./engine.ts";
import type { TableName } from "./schema.ts";

/** A held-back write; a null value removes the row. */
interface Change {
  readonly table: TableName;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Buffer's own way from bytes to text, which takes plain bytes as well and makes no Buffer of them. */
const { latin1Slice } = Buffer.prototype as unknown as {
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** A key as text, one character a byte: as a Map key, and ordered as the bytes are. */
export function keyText(key: Uint8Array): string {
  return latin1Slice.call(key, 0, key.length);
}

/** The bytes of `keyText`. */
export function keyBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** So many writes are no longer looked through one by one: most plans have fewer. */
const scannedMax = 8;

/** Reads through to a snapshot, with its own writes on top. */
export class Overlay implements TableWriter {
  readonly #base: TableReader;
  readonly #changes: Change[] = [];
  /** Where the change of each key stands, once they are too many to look through. */
  readonly #places = new Map<TableName, Map<string, number>>();

  constructor(base: TableReader) {
    this.#base = base;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | null {
    const change = this.#changeOf(table, key);
    if (change === undefined) return this.#base.get(table, key);
    return change.value === null ? null : change.value.slice();
  }

  view<T>(table: TableName, key: Uint8Array, use: (value: Uint8Array) => T): T | null {
    const change = this.#changeOf(table, key);
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
    this.#change({ table, key, value });
  }

  remove(table: TableName, key: Uint8Array): void {
    this.#change({ table, key, value: null });
  }

  /** Hands over every write, the last one for each key. */
  applyTo(write: (change: Change) => void): void {
    for (const change of this.#changes) write(change);
  }

  #change(change: Change): void {
    const { table, key } = change;
    const isIndexed = this.#changes.length >= scannedMax;
    const text = isIndexed ? keyText(key) : "";
    const place = isIndexed ? this.#placesOf(table).get(text) : this.#scannedPlaceOf(table, key);
    if (place !== undefined) {
      this.#changes[place] = change;
      return;
    }
    this.#changes.push(change);
    if (isIndexed) this.#placesOf(table).set(text, this.#changes.length - 1);
    else if (this.#changes.length === scannedMax) {
      for (const [i, each] of this.#changes.entries()) {
        this.#placesOf(each.table).set(keyText(each.key), i);
      }
    }
  }

  #changeOf(table: TableName, key: Uint8Array): Change | undefined {
    const isIndexed = this.#changes.length >= scannedMax;
    const place = isIndexed
      ? this.#places.get(table)?.get(keyText(key))
      : this.#scannedPlaceOf(table, key);
    return place === undefined ? undefined : this.#changes[place];
  }

  #scannedPlaceOf(table: TableName, key: Uint8Array): number | undefined {
    for (const [i, each] of this.#changes.entries()) {
      if (each.table === table && equalBytes(each.key, key)) return i;
    }
    return undefined;
  }

  #placesOf(table: TableName): Map<string, number> {
    let places = this.#places.get(table);
    if (places === undefined) {
      places = new Map();
      this.#places.set(table, places);
    }
    return places;
  }

  #changesWithin(table: TableName, range: KeyRange): Change[] {
    const sign = range.reverse === true ? -1 : 1;
    return this.#changes
      .filter(
        (change) =>
          change.table === table &&
          compareBytes(change.key, range.from) >= 0 &&
          (range.to === undefined || compareBytes(change.key, range.to) < 0),
      )
      .sort((left, right) => sign * compareBytes(left.key, right.key));
  }
}
