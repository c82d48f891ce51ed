/**
 * The scheduler's logs over an engine; see the port for the contract.
 *
 * @module
 */

import { concatBytes, u64be } from "../../../base/bytes.ts";
import type { Clock } from "../../../base/clock.ts";
import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import { keyBytes, keyText } from "../overlay.ts";
import { schedulerLease } from "../ports/lease-store.ts";
import {
  type AppendOutcome,
  type AppendRequest,
  type ListedProcess,
  type LogEntry,
  type LogLeaf,
  type LogStore,
  type ProcessHead,
  treeIndexFirst,
} from "../ports/log-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { keyAfter, prefixRange, readU64, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { tailPageEntries, tailPollMs } from "../store-limits.ts";
import { readCounter, writeCounter } from "./counters.ts";
import { entryBytes, readBody, readEntry, readEntryRow, writeEntry } from "./entry-rows.ts";
import { leaseEpoch } from "./lease-store.ts";
import { takeBytes, takeRows } from "./paging.ts";
import { WakeUps } from "./wake-ups.ts";

/** Of a store that was written before processes were counted. */
const uncounted = -1;

type HeadRow = readonly [next: number, epoch: number, entryHash: Uint8Array, timestamp: number];

/** See `LogStore`. */
export class KeyedLogStore implements LogStore {
  readonly #engine: StoreEngine;
  readonly #clock: Clock;
  readonly #wakeUps = new WakeUps();

  constructor(options: { readonly engine: StoreEngine; readonly clock: Clock }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendOutcome[]> {
    const outcomes = await this.#engine.update((tables) => {
      const appender = new Appender(tables, leaseEpoch(tables, schedulerLease) ?? 0);
      const appended = requests.map((request) => appender.append(request));
      appender.finish();
      return appended;
    });
    outcomes.forEach((outcome, index) => {
      const request = requests[index];
      if (outcome.kind === "appended" && request !== undefined) this.#wakeUps.wake(request.process);
    });
    return outcomes;
  }

  head(process: Uint8Array): Promise<ProcessHead | null> {
    return this.#engine.read((tables) => readHead(tables, process));
  }

  entry(process: Uint8Array, slot: number): Promise<LogEntry | null> {
    return this.#engine.read((tables) => {
      const key = slotKey(process, slot);
      const value = tables.get("entry", key);
      return value === null ? null : readEntry(tables, key, value);
    });
  }

  slotOf(process: Uint8Array, messageId: Uint8Array): Promise<number | null> {
    return this.#engine.read((tables) => slotOfMessage(tables, process, messageId));
  }

  range(process: Uint8Array, from: number, limit: number): Promise<LogEntry[]> {
    return this.#engine.read((tables) =>
      takeBytes(tables.range("entry", prefixRange(process, u64be(from))), limit, (row) => {
        const item = readEntry(tables, row.key, row.value);
        return { item, bytes: entryBytes(item) };
      }),
    );
  }

  async *tail(process: Uint8Array, from: number, signal: AbortSignal): AsyncIterable<LogEntry> {
    let next = from;
    while (!signal.aborted) {
      const waiter = this.#wakeUps.register(process);
      try {
        const page = await this.range(process, next, tailPageEntries);
        for (const entry of page) {
          if (signal.aborted) return;
          yield entry;
          next = entry.slot + 1;
        }
        if (page.length === 0) await waiter.wait(this.#clock, tailPollMs, signal);
      } finally {
        waiter.cancel();
      }
    }
  }

  processes(after: Uint8Array | null, limit: number): Promise<Uint8Array[]> {
    const from = after === null ? new Uint8Array(0) : keyAfter(after);
    return this.#engine.read((tables) =>
      takeRows(tables.range("head", { from }), limit, (row) => row.key),
    );
  }

  listed(first: Uint8Array, last: Uint8Array, limit: number): Promise<ListedProcess[]> {
    return this.#engine.read((tables) =>
      takeBytes(tables.range("head", { from: first, to: keyAfter(last) }), limit, (row) => {
        const [next] = unpackRow<HeadRow>(row.value, 4);
        const spawn = readBody(tables, row.key, 0);
        if (spawn === null) throw new StoreError("STORE_CORRUPT", { expected: "a spawn" });
        const { body, timestamp: spawnedAt } = spawn;
        return { item: { process: row.key, spawn: body, spawnedAt, next }, bytes: body.length };
      }),
    );
  }

  async processCount(): Promise<number> {
    const counted = await this.#engine.read((tables) =>
      readCounter(tables, "tree-size", treeIndexFirst) === treeIndexFirst
        ? 0
        : readCounter(tables, "processes", uncounted),
    );
    if (counted !== uncounted) return counted;
    // A store that is older than the counter: each of its processes is looked at once.
    return this.#engine.update((tables) => {
      let count = 0;
      for (const _ of tables.range("head", { from: new Uint8Array(0) })) count++;
      writeCounter(tables, "processes", count);
      return count;
    });
  }

  treeSize(): Promise<number> {
    return this.#engine.read((tables) => readCounter(tables, "tree-size", treeIndexFirst));
  }

  leaves(from: number, limit: number): Promise<LogLeaf[]> {
    return this.#engine.read((tables) =>
      takeBytes(tables.range("leaf", { from: u64be(from) }), limit, (row) => {
        const item = readLeaf(tables, row.key, row.value);
        return { item, bytes: item.entry.length };
      }),
    );
  }
}

/** Appends requests in order, in one plan: heads and the tree's size are read and written once. */
class Appender {
  readonly #tables: TableWriter;
  readonly #epochMin: number;
  readonly #heads = new Map<string, { head: ProcessHead | null; isNew: boolean }>();
  readonly #treeIndexBefore: number;
  #treeIndex: number;
  /** Processes that begin in this plan. */
  #spawned = 0;

  constructor(tables: TableWriter, epochMin: number) {
    this.#tables = tables;
    this.#epochMin = epochMin;
    this.#treeIndexBefore = readCounter(tables, "tree-size", treeIndexFirst);
    this.#treeIndex = this.#treeIndexBefore;
  }

  /** Checks one request against the tables with the requests before it, and appends it. */
  append(request: AppendRequest): AppendOutcome {
    const tables = this.#tables;
    const { process, messageId, epoch } = request;
    const earlier = slotOfMessage(tables, process, messageId);
    if (earlier !== null) return { kind: "duplicate", slot: earlier };
    const known = this.#headOf(process);
    const { head } = known;
    const latest = Math.max(this.#epochMin, head?.epoch ?? 0);
    if (epoch < latest) return { kind: "fenced", epoch: latest };
    const slot = head?.next ?? 0;
    if (request.expectedSlot !== slot) return { kind: "slot", head };
    const treeIndex = this.#treeIndex++;
    writeEntry(tables, { ...request, slot }, treeIndex);
    tables.put("seen", concatBytes(process, messageId), u64be(slot));
    tables.put("leaf", u64be(treeIndex), slotKey(process, slot));
    if (slot === 0) this.#spawned++;
    const { entryHash, timestamp } = request;
    known.head = { next: slot + 1, epoch, entryHash, timestamp };
    known.isNew = true;
    return { kind: "appended", slot, treeIndex };
  }

  /** Writes what the appended entries changed of heads and tree. */
  finish(): void {
    for (const [key, { head, isNew }] of this.#heads) {
      if (head === null || !isNew) continue;
      const { next, epoch, entryHash, timestamp } = head;
      this.#tables.put("head", keyBytes(key), packRow([next, epoch, entryHash, timestamp]));
    }
    if (this.#treeIndex !== this.#treeIndexBefore) {
      writeCounter(this.#tables, "tree-size", this.#treeIndex);
    }
    if (this.#spawned > 0) this.#countProcesses();
  }

  #countProcesses(): void {
    const isFirst = this.#treeIndexBefore === treeIndexFirst;
    const before = readCounter(this.#tables, "processes", isFirst ? 0 : uncounted);
    if (before !== uncounted) writeCounter(this.#tables, "processes", before + this.#spawned);
  }

  #headOf(process: Uint8Array): { head: ProcessHead | null; isNew: boolean } {
    const key = keyText(process);
    const known = this.#heads.get(key);
    if (known !== undefined) return known;
    const read = { head: readHead(this.#tables, process), isNew: false };
    this.#heads.set(key, read);
    return read;
  }
}

function readHead(tables: TableReader, process: Uint8Array): ProcessHead | null {
  const value = tables.get("head", process);
  if (value === null) return null;
  const [next, epoch, entryHash, timestamp] = unpackRow<HeadRow>(value, 4);
  return { next, epoch, entryHash, timestamp };
}

function slotOfMessage(
  tables: TableReader,
  process: Uint8Array,
  messageId: Uint8Array,
): number | null {
  const value = tables.get("seen", concatBytes(process, messageId));
  return value === null ? null : readU64(value);
}

function readLeaf(tables: TableReader, key: Uint8Array, value: Uint8Array): LogLeaf {
  const process = value.slice(0, 32);
  const slot = readU64(value, 32);
  const row = readEntryRow(tables, process, slot);
  if (row === null)
    throw new StoreError("STORE_CORRUPT", { leaf: readU64(key), expected: "entry" });
  return { treeIndex: readU64(key), process, slot, entry: row.entry, entryHash: row.entryHash };
}
