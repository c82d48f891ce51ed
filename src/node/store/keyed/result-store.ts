/**
 * The compute unit's results over an engine; see the port for the contract.
 *
 * @module
 */

import { concatBytes, equalBytes, u64be } from "../../../base/bytes.ts";
import type { KeyRange, StoreEngine, TableReader, TableWriter } from "../engine.ts";
import type { StoredEntry } from "../ports/log-store.ts";
import type {
  FollowedProcess,
  ResultAttestation,
  ResultStore,
  ResultSummary,
  StoredResult,
  StoredTogether,
} from "../ports/result-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { keyAfter, prefixRange, readU64, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { entryBytes, readEntry, readEntryRow, readEntryTime, writeEntry } from "./entry-rows.ts";
import { takeBytes, takeRows } from "./paging.ts";

type ResultRow = readonly [
  messageId: Uint8Array,
  entryHash: Uint8Array,
  result: Uint8Array,
  diagnostics: Uint8Array,
];
type FollowedRow = readonly [nextSlot: number, schedulerUrl: string];

/** Kept entries have no place in a scheduler's tree. */
const noTreeIndex = 0;

/** The slot above, as the open end of a range. Above the highest there is none; no log gets there. */
function slotAfter(slot: number): number {
  return Math.min(slot, Number.MAX_SAFE_INTEGER - 1) + 1;
}

/** See `ResultStore`. */
export class KeyedResultStore implements ResultStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  put(batch: readonly StoredResult[], together: StoredTogether = {}): Promise<void> {
    const { digests = [], entries = [], memoryBytes = [], cursor } = together;
    return this.#engine.update((tables) => {
      putEntries(tables, entries);
      for (const [i, result] of batch.entries()) {
        putResult(tables, result);
        putMemoryBytes(tables, result, memoryBytes[i]);
        const key = concatBytes(result.process, result.entryHash);
        const digest = digests[i];
        if (digest !== undefined && tables.get("signed", key) === null) {
          tables.put("signed", key, digest);
        }
      }
      if (cursor === undefined) return;
      const { process, nextSlot, schedulerUrl } = cursor;
      tables.put("followed", process, packRow([nextSlot, schedulerUrl]));
    });
  }

  attest(batch: readonly ResultAttestation[]): Promise<void> {
    return this.#engine.update((tables) => {
      for (const { process, slot, attestation } of batch) {
        if (tables.get("result", slotKey(process, slot)) === null) continue;
        putAttestation(tables, slotKey(process, slot), attestation);
      }
    });
  }

  get(process: Uint8Array, slot: number): Promise<StoredResult | null> {
    return this.#engine.read((tables) => {
      const key = slotKey(process, slot);
      const value = tables.get("result", key);
      return value === null ? null : readResult(tables, key, value);
    });
  }

  range(
    process: Uint8Array,
    from: number,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<StoredResult[]> {
    const rows: KeyRange =
      order === "ascending"
        ? prefixRange(process, u64be(from))
        : { from: slotKey(process, 0), to: slotKey(process, slotAfter(from)), reverse: true };
    return this.#engine.read((tables) =>
      takeBytes(tables.range("result", rows), limit, ({ key, value }) => {
        const item = readResult(tables, key, value);
        return { item, bytes: value.length + item.output.length + (item.attestation?.length ?? 0) };
      }),
    );
  }

  summaries(process: Uint8Array, slots: readonly number[]): Promise<ResultSummary[]> {
    return this.#engine.read((tables) =>
      slots.flatMap((slot) => {
        const key = slotKey(process, slot);
        const value = tables.get("result", key);
        const timestamp = readEntryTime(tables, key);
        if (value === null || timestamp === null) return [];
        const [, , result] = unpackRow<ResultRow>(value, 4);
        const memoryBytes = memoryBytesAt(tables, process, slot);
        const isAttested = tables.view("result-attestation", key, () => true) === true;
        return [{ slot, result, timestamp, memoryBytes, isAttested }];
      }),
    );
  }

  slotOfMessage(process: Uint8Array, messageId: Uint8Array): Promise<number | null> {
    return this.#engine.read((tables) => {
      const value = tables.get("result-slot", concatBytes(process, messageId));
      return value === null ? null : readU64(value);
    });
  }

  async claimAttestation(
    process: Uint8Array,
    entryHash: Uint8Array,
    resultDigest: Uint8Array,
  ): Promise<"fresh" | "same" | "conflict"> {
    const key = concatBytes(process, entryHash);
    const claimed = (tables: TableReader): "same" | "conflict" | null => {
      const signed = tables.get("signed", key);
      if (signed === null) return null;
      return equalBytes(signed, resultDigest) ? "same" : "conflict";
    };
    // What is claimed stays so for ever, and what can be read is durable: no transaction is needed.
    const before = await this.#engine.read(claimed);
    if (before !== null) return before;
    return this.#engine.update((tables) => {
      const now = claimed(tables);
      if (now === null) tables.put("signed", key, resultDigest);
      return now ?? "fresh";
    });
  }

  following(process: Uint8Array): Promise<FollowedProcess | null> {
    return this.#engine.read((tables) => {
      const value = tables.get("followed", process);
      return value === null ? null : readFollowed(value);
    });
  }

  followed(
    after: Uint8Array | null,
    limit: number,
  ): Promise<({ readonly process: Uint8Array } & FollowedProcess)[]> {
    const from = after === null ? new Uint8Array(0) : keyAfter(after);
    return this.#engine.read((tables) =>
      takeRows(tables.range("followed", { from }), limit, ({ key, value }) => ({
        process: key,
        ...readFollowed(value),
      })),
    );
  }

  putEntries(entries: readonly StoredEntry[]): Promise<void> {
    return this.#engine.update((tables) => putEntries(tables, entries));
  }

  entries(process: Uint8Array, from: number, limit: number): Promise<StoredEntry[]> {
    return this.#engine.read((tables) =>
      takeBytes(tables.range("entry", prefixRange(process, u64be(from))), limit, (row) => {
        const { treeIndex: _, ...item } = readEntry(tables, row.key, row.value);
        return { item, bytes: entryBytes(item) };
      }),
    );
  }
}

function putEntries(tables: TableWriter, entries: readonly StoredEntry[]): void {
  for (const entry of entries) {
    const earlier = readEntryRow(tables, entry.process, entry.slot);
    if (earlier === null) writeEntry(tables, entry, noTreeIndex);
    else checkEqual("entry", entry.slot, earlier.entryHash, entry.entryHash);
  }
}

function putResult(tables: TableWriter, stored: StoredResult): void {
  const { process, slot, messageId, entryHash, result, output, diagnostics } = stored;
  const key = slotKey(process, slot);
  const earlier = tables.get("result", key);
  if (earlier === null) {
    tables.put("result", key, packRow([messageId, entryHash, result, diagnostics]));
    tables.put("result-output", key, packRow([output]));
    tables.put("result-slot", concatBytes(process, messageId), u64be(slot));
  } else {
    const row = unpackRow<ResultRow>(earlier, 4);
    checkEqual("entryHash", slot, row[1], entryHash);
    checkEqual("result", slot, row[2], result);
  }
  if (stored.attestation !== null) putAttestation(tables, key, stored.attestation);
}

/** Memory grows seldom, so a row of each growth says all. */
function putMemoryBytes(
  tables: TableWriter,
  { process, slot }: Pick<StoredResult, "process" | "slot">,
  bytes: number | undefined,
): void {
  if (bytes === undefined || memoryBytesAt(tables, process, slot) === bytes) return;
  tables.put("result-memory", slotKey(process, slot), u64be(bytes));
}

function memoryBytesAt(tables: TableReader, process: Uint8Array, slot: number): number | null {
  const upTo = { from: slotKey(process, 0), to: slotKey(process, slotAfter(slot)), reverse: true };
  for (const { value } of tables.range("result-memory", upTo)) return readU64(value);
  return null;
}

function putAttestation(tables: TableWriter, key: Uint8Array, attestation: Uint8Array): void {
  if (tables.get("result-attestation", key) !== null) return;
  tables.put("result-attestation", key, packRow([attestation]));
}

function readResult(tables: TableReader, key: Uint8Array, value: Uint8Array): StoredResult {
  const [messageId, entryHash, result, diagnostics] = unpackRow<ResultRow>(value, 4);
  const output = tables.get("result-output", key);
  if (output === null) throw new StoreError("STORE_CORRUPT", { expected: "a result's output" });
  const attestation = tables.get("result-attestation", key);
  return {
    process: key.slice(0, 32),
    slot: readU64(key, 32),
    messageId,
    entryHash,
    result,
    output: bytesOf(output),
    diagnostics,
    attestation: attestation === null ? null : bytesOf(attestation),
  };
}

function bytesOf(value: Uint8Array): Uint8Array {
  return unpackRow<readonly [Uint8Array]>(value, 1)[0];
}

function readFollowed(value: Uint8Array): FollowedProcess {
  const [nextSlot, schedulerUrl] = unpackRow<FollowedRow>(value, 2);
  return { nextSlot, schedulerUrl };
}

function checkEqual(field: string, slot: number, stored: Uint8Array, given: Uint8Array): void {
  if (!equalBytes(stored, given)) throw new StoreError("STORE_CONFLICT", { field, slot });
}
