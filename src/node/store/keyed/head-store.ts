/**
 * Heads and tiles over an engine; see the port for the contract.
 *
 * @module
 */

import { concatBytes, u64be, utf8Bytes } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader } from "../engine.ts";
import type { HeadStore, StoredTile, TreeState } from "../ports/head-store.ts";
import { packRow, unpackRow } from "../rows.ts";

type StateRow = readonly [epoch: number, size: number, root: Uint8Array];
type NoteRow = readonly [size: number, note: Uint8Array];

const stateKey = utf8Bytes("state");
const keyKey = utf8Bytes("head-key");
const noteKey = utf8Bytes("note");

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
      if (now !== null && (next.epoch < now.epoch || next.size < now.size)) return false;
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
}

function readState(tables: TableReader): TreeState | null {
  const row = tables.get("tree", stateKey);
  if (row === null) return null;
  const [epoch, size, root] = unpackRow<StateRow>(row, 3);
  return { epoch, size, root };
}
