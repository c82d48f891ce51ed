/**
 * What a witness knows, over an engine; see the port for the contract.
 *
 * @module
 */

import { utf8Bytes, utf8Text } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader } from "../engine.ts";
import type { CosignedHead, WitnessStore } from "../ports/witness-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { takeRows } from "./paging.ts";

type HeadRow = readonly [size: number, root: Uint8Array, note: Uint8Array];

/** See `WitnessStore`. */
export class KeyedWitnessStore implements WitnessStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  pin(origin: string, headKey: Uint8Array): Promise<Uint8Array> {
    return this.#engine.update((tables) => {
      const kept = tables.get("witnessed-key", utf8Bytes(origin));
      if (kept !== null) return kept;
      tables.put("witnessed-key", utf8Bytes(origin), headKey);
      return headKey;
    });
  }

  headKey(origin: string): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => tables.get("witnessed-key", utf8Bytes(origin)));
  }

  origins(limit: number): Promise<string[]> {
    return this.#engine.read((tables) =>
      takeRows(
        tables.range("witnessed-key", { from: new Uint8Array(0) }),
        limit,
        ({ key }) => utf8Text(key) ?? "",
      ),
    );
  }

  head(origin: string): Promise<CosignedHead | null> {
    return this.#engine.read((tables) => readHead(tables, origin));
  }

  advance(origin: string, from: number, head: CosignedHead): Promise<boolean> {
    return this.#engine.update((tables) => {
      if ((readHead(tables, origin)?.size ?? 0) !== from || head.size < from) return false;
      const row: HeadRow = [head.size, head.root, head.note];
      tables.put("witnessed", utf8Bytes(origin), packRow(row));
      return true;
    });
  }

  keepEvidence(id: Uint8Array, evidence: Uint8Array): Promise<void> {
    return this.#engine.update((tables) => {
      if (tables.get("evidence", id) === null) tables.put("evidence", id, evidence);
    });
  }

  evidenceIds(limit: number): Promise<Uint8Array[]> {
    return this.#engine.read((tables) =>
      takeRows(tables.range("evidence", { from: new Uint8Array(0) }), limit, ({ key }) => key),
    );
  }

  evidence(id: Uint8Array): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => tables.get("evidence", id));
  }
}

function readHead(tables: TableReader, origin: string): CosignedHead | null {
  const row = tables.get("witnessed", utf8Bytes(origin));
  if (row === null) return null;
  const [size, root, note] = unpackRow<HeadRow>(row, 3);
  return { size, root, note };
}
