/**
 * Checkpoints over an engine; see the port for the contract.
 *
 * A checkpoint is either a base, which names for each chunk of 64 KiB the slot at which it was last
 * written, or a delta on the newest base before it: its memory is the base's chunks and then every
 * delta from the base up to it. A delta becomes a base when the deltas since the last one would
 * exceed half the memory (at least 2 MiB) or 256; then only the chunks they touched are written.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { equalBytes } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import {
  type Checkpoint,
  type CheckpointSave,
  type CheckpointStore,
  deltaPageBytes,
  memoryPageBytes,
} from "../ports/checkpoint-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { prefixRange, readU64, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { checkpointDeltaBytesMin, checkpointDeltasMax } from "../store-limits.ts";
import {
  applyDelta,
  type ChunkSlots,
  chunkKey,
  deltaPages,
  readChunks,
  writeChunks,
  writeDelta,
} from "./memory-image.ts";

interface CheckpointRow {
  readonly root: Uint8Array;
  readonly pageCount: number;
  readonly globals: Uint8Array;
  /** The slot of the base; the checkpoint's own for a base. */
  readonly baseSlot: number;
  /** Deltas since the base, and the bytes of their pages. */
  readonly deltaCount: number;
  readonly deltaBytes: number;
  /** Kept only because a later checkpoint builds on it. */
  readonly hidden: boolean;
  /** For a base; empty for a delta. */
  readonly chunkSlots: ChunkSlots;
}

type CheckpointFields = readonly [
  root: Uint8Array,
  pageCount: number,
  globals: Uint8Array,
  baseSlot: number,
  deltaCount: number,
  deltaBytes: number,
  hidden: boolean,
  chunkSlots: ChunkSlots,
];

interface StoredCheckpoint {
  readonly slot: number;
  readonly row: CheckpointRow;
}

const pagesPerChunk = memoryPageBytes / deltaPageBytes;

/** See `CheckpointStore`. */
export class KeyedCheckpointStore implements CheckpointStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  save(batch: readonly CheckpointSave[]): Promise<void> {
    return this.#engine.update((tables) => {
      for (const save of batch) saveOne(tables, save);
    });
  }

  load(process: Uint8Array, atOrBefore?: number): Promise<Checkpoint | null> {
    return this.#engine.read((tables) => {
      for (const stored of newestFirst(tables, process, atOrBefore)) {
        const { root, pageCount, globals, hidden } = stored.row;
        if (hidden) continue;
        const memory = readMemory(tables, { process, pageCount, stored });
        return { slot: stored.slot, root, pageCount, globals, memory };
      }
      return null;
    });
  }

  slots(process: Uint8Array): Promise<number[]> {
    return this.#engine.read((tables) => {
      const slots: number[] = [];
      for (const { slot, row } of newestFirst(tables, process)) if (!row.hidden) slots.push(slot);
      return slots.reverse();
    });
  }

  retain(process: Uint8Array, keepSlots: readonly number[]): Promise<void> {
    return this.#engine.update((tables) => {
      const all = [...newestFirst(tables, process)];
      const keep = new Set(keepSlots);
      if (all[0] !== undefined) keep.add(all[0].slot);
      const needed = neededBy(all, keep);
      const chunksKept = new Set<string>();
      for (const { slot, row } of all) {
        if (!needed.has(slot)) continue;
        if (row.hidden === keep.has(slot))
          putRow(tables, process, slot, { ...row, hidden: !row.hidden });
        for (const name of chunkNames(row.chunkSlots)) chunksKept.add(name.join());
      }
      for (const { slot, row } of all) {
        if (needed.has(slot)) continue;
        tables.remove("checkpoint", slotKey(process, slot));
        tables.remove("checkpoint-delta", slotKey(process, slot));
        for (const [chunk, writtenAt] of chunkNames(row.chunkSlots)) {
          if (chunksKept.has([chunk, writtenAt].join())) continue;
          tables.remove("checkpoint-chunk", chunkKey(process, chunk, writtenAt));
        }
      }
    });
  }
}

function saveOne(tables: TableWriter, save: CheckpointSave): void {
  const { process, slot, root, pageCount, globals } = save;
  const earlier = tables.get("checkpoint", slotKey(process, slot));
  if (earlier !== null) {
    const row = readRow(earlier);
    if (!equalBytes(row.root, root))
      throw new StoreError("STORE_CONFLICT", { field: "root", slot });
    if (row.hidden) putRow(tables, process, slot, { ...row, hidden: false });
    return;
  }
  if (save.full) {
    const memory = new Uint8Array(pageCount * memoryPageBytes);
    putPages(memory, save);
    writeBase(tables, save, { memory, touched: touchedChunks(save), before: [] });
    return;
  }
  const [newest] = newestFirst(tables, process);
  if (newest === undefined || newest.slot >= slot) {
    const expected = newest === undefined ? "a full one first" : `a slot above ${newest.slot}`;
    throw new StoreError("STORE_CONFLICT", { field: "slot", expected, got: slot });
  }
  const deltaCount = newest.row.deltaCount + 1;
  const deltaBytes = newest.row.deltaBytes + save.pages.length * deltaPageBytes;
  const bytesMax = Math.max(checkpointDeltaBytesMin, (pageCount * memoryPageBytes) / 2);
  if (deltaCount > checkpointDeltasMax || deltaBytes > bytesMax) {
    compact(tables, save, newest);
    return;
  }
  writeDelta(tables, save);
  const { baseSlot } = newest.row;
  const hidden = false;
  const chunkSlots: ChunkSlots = [];
  const row = { root, pageCount, globals, baseSlot, deltaCount, deltaBytes, hidden, chunkSlots };
  putRow(tables, process, slot, row);
}

/** Writes the state after `newest` and this save's pages as a base. */
function compact(tables: TableWriter, save: CheckpointSave, newest: StoredCheckpoint): void {
  const { process, pageCount } = save;
  const { baseSlot } = newest.row;
  const touched = touchedChunks(save);
  const memory = readMemory(tables, { process, pageCount, stored: newest }, (delta) => {
    for (const page of deltaPages(delta)) touched.add(Math.floor(page / pagesPerChunk));
  });
  putPages(memory, save);
  writeBase(tables, save, { memory, touched, before: rowAt(tables, process, baseSlot).chunkSlots });
}

function writeBase(
  tables: TableWriter,
  save: CheckpointSave,
  image: {
    readonly memory: Uint8Array;
    readonly touched: ReadonlySet<number>;
    readonly before: ChunkSlots;
  },
): void {
  const { process, slot, root, pageCount, globals } = save;
  const { memory, touched, before } = image;
  const chunkSlots = writeChunks(tables, { process, slot, memory }, { chunks: touched, before });
  const counts = { baseSlot: slot, deltaCount: 0, deltaBytes: 0 };
  putRow(tables, process, slot, { root, pageCount, globals, ...counts, hidden: false, chunkSlots });
}

function putPages(memory: Uint8Array, save: CheckpointSave): void {
  for (const { index, bytes } of save.pages) {
    const at = index * deltaPageBytes;
    assert(bytes.length === deltaPageBytes, "a page has 4 KiB");
    assert(at + deltaPageBytes <= memory.length, "a page lies in the memory");
    memory.set(bytes, at);
  }
}

function touchedChunks(save: CheckpointSave): Set<number> {
  return new Set(save.pages.map(({ index }) => Math.floor(index / pagesPerChunk)));
}

/** The memory at a checkpoint: its base's chunks, then the deltas from there to it. */
function readMemory(
  tables: TableReader,
  image: {
    readonly process: Uint8Array;
    readonly pageCount: number;
    readonly stored: StoredCheckpoint;
  },
  onDelta: (delta: Uint8Array) => void = () => undefined,
): Uint8Array {
  const { process, pageCount, stored } = image;
  const { baseSlot } = stored.row;
  const { chunkSlots } = rowAt(tables, process, baseSlot);
  const memory = readChunks(tables, { process, pageCount, chunkSlots });
  const deltas = tables.range("checkpoint-delta", {
    from: slotKey(process, baseSlot + 1),
    to: slotKey(process, stored.slot + 1),
  });
  for (const { key, value } of deltas) {
    applyDelta(memory, value, readU64(key, 32));
    onDelta(value);
  }
  return memory;
}

/** Slots that are loaded, or built upon by one that is. */
function neededBy(all: readonly StoredCheckpoint[], keep: ReadonlySet<number>): Set<number> {
  const lastByBase = new Map<number, number>();
  for (const { slot, row } of all) {
    if (!keep.has(slot)) continue;
    lastByBase.set(row.baseSlot, Math.max(slot, lastByBase.get(row.baseSlot) ?? slot));
  }
  const needed = all.filter(({ slot, row }) => slot <= (lastByBase.get(row.baseSlot) ?? -1));
  return new Set(needed.map(({ slot }) => slot));
}

/** (chunk, slot at which it was written) of every chunk that is not zero. */
function* chunkNames(chunkSlots: ChunkSlots): Iterable<readonly [number, number]> {
  for (const [chunk, slotPlusOne] of chunkSlots.entries()) {
    if (slotPlusOne !== 0) yield [chunk, slotPlusOne - 1];
  }
}

function* newestFirst(
  tables: TableReader,
  process: Uint8Array,
  atOrBefore?: number,
): Iterable<StoredCheckpoint> {
  const rows =
    atOrBefore === undefined
      ? prefixRange(process)
      : { from: slotKey(process, 0), to: slotKey(process, atOrBefore + 1) };
  for (const { key, value } of tables.range("checkpoint", { ...rows, reverse: true })) {
    yield { slot: readU64(key, 32), row: readRow(value) };
  }
}

function rowAt(tables: TableReader, process: Uint8Array, slot: number): CheckpointRow {
  const value = tables.get("checkpoint", slotKey(process, slot));
  if (value === null) throw new StoreError("STORE_CORRUPT", { slot, expected: "a base" });
  return readRow(value);
}

function readRow(value: Uint8Array): CheckpointRow {
  const [root, pageCount, globals, baseSlot, deltaCount, deltaBytes, hidden, chunkSlots] =
    unpackRow<CheckpointFields>(value, 8);
  return { root, pageCount, globals, baseSlot, deltaCount, deltaBytes, hidden, chunkSlots };
}

function putRow(tables: TableWriter, process: Uint8Array, slot: number, row: CheckpointRow): void {
  const { root, pageCount, globals, baseSlot, deltaCount, deltaBytes, hidden, chunkSlots } = row;
  const fields: CheckpointFields = [
    ...([root, pageCount, globals] as const),
    ...([baseSlot, deltaCount, deltaBytes] as const),
    ...([hidden, chunkSlots] as const),
  ];
  tables.put("checkpoint", slotKey(process, slot), packRow(fields));
}
