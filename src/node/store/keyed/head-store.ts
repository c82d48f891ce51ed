/**
 * Heads and tiles over an engine; see the port for the contract.
 *
 * @module
 */

import { concatBytes, u64be, utf8Bytes } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader } from "../engine.ts";
import type { HeadStore, StoredTile, TreeState } from "../ports/head-store.ts";
import { schedulerLease } from "../ports/lease-store.ts";
import { treeIndexFirst } from "../ports/log-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { readCounter } from "./counters.ts";
import { leaseEpoch } from "./lease-store.ts";

type StateRow = readonly [epoch: number, size: number, root: Uint8Array];
type NoteRow = readonly [size: number, note: Uint8Array];

const stateKey = utf8Bytes("state");
const keyKey = utf8Bytes("head-key");
const noteKey = utf8Bytes("note");
const newerKey = utf8Bytes("newer");

function tileKey(level: number, index: number): Uint8Array {
  return concatBytes(Uint8Array.of(level), u64be(index));
}

/** See `HeadStore`. */
export class KeyedHeadStore implements HeadStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  headKey(record: Uint8Array): Promise<Uint8Array> {
    return this.#engine.update((tables) => {
      const kept = tables.get("tree", keyKey);
      if (kept !== null) return kept;
      tables.put("tree", keyKey, record);
      return record;
    });
  }

  state(): Promise<TreeState | null> {
    return this.#engine.read(readState);
  }

  advance(next: TreeState, tiles: readonly StoredTile[]): Promise<boolean> {
    return this.#engine.update((tables) => {
      const now = readState(tables);
      const epochMin = Math.max(leaseEpoch(tables, schedulerLease) ?? 0, now?.epoch ?? 0);
      if (next.epoch < epochMin || next.size < (now?.size ?? 0)) return false;
      for (const { level, index, bytes } of tiles) tables.put("tile", tileKey(level, index), bytes);
      tables.put("tree", stateKey, packRow([next.epoch, next.size, next.root]));
      return true;
    });
  }

  tile(level: number, index: number): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => tables.get("tile", tileKey(level, index)));
  }

  publish(size: number, note: Uint8Array): Promise<void> {
    return this.#engine.update((tables) => {
      const row = tables.get("tree", noteKey);
      if (row !== null && unpackRow<NoteRow>(row, 2)[0] > size) return;
      tables.put("tree", noteKey, packRow([size, note]));
    });
  }

  published(): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => {
      const row = tables.get("tree", noteKey);
      return row === null ? null : unpackRow<NoteRow>(row, 2)[1];
    });
  }

  overtaken(size: number): Promise<boolean> {
    // In a transaction, which sees what other processes have written by now; a read may be older.
    return this.#engine.update((tables) => {
      if (size <= readCounter(tables, "tree-size", treeIndexFirst)) return false;
      tables.put("tree", newerKey, packRow([size]));
      return true;
    });
  }

  newer(): Promise<number | null> {
    return this.#engine.read((tables) => {
      const row = tables.get("tree", newerKey);
      return row === null ? null : unpackRow<readonly [number]>(row, 1)[0];
    });
  }
}

function readState(tables: TableReader): TreeState | null {
  const row = tables.get("tree", stateKey);
  if (row === null) return null;
  const [epoch, size, root] = unpackRow<StateRow>(row, 3);
  return { epoch, size, root };
}
