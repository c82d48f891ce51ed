/**
 * The durable engine: one LMDB environment per unit (npm lmdb 3.5.6), one writer process.
 *
 * Settings and why (each measured):
 * - `overlappingSync: false`: a commit is visible only after its fdatasync, so "readable means
 *   durable"; with `true` other processes saw commits 650 ms before they were on the disk.
 * - `safeRestore: true`: after a crash the newest meta page is taken only if it was flushed.
 * - `encoding` and `keyEncoding: "binary"`: bytes in, the same bytes out.
 * - `eventTurnBatching: false`: with `true` lmdb-js makes one promise per event turn that nobody
 *   can handle, and a failed commit (a full disk) ends the process by an unhandled rejection.
 *   `CommitQueue` groups updates instead.
 * - No conditional writes at all: lmdb-js runs later writes of an `ifVersion` callback although its
 *   condition failed if an `ifNoExists` is nested in it. Conditions are plain reads in the plan.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type Database, open, type RootDatabase, type RootDatabaseOptionsWithPath } from "lmdb";
import { CommitQueue } from "./commit-queue.ts";
import type { KeyRange, KeyValue, StoreEngine, TableReader, TableWriter } from "./engine.ts";
import type { Overlay } from "./overlay.ts";
import type { TableName } from "./schema.ts";
import { StoreError } from "./store-error.ts";

type BinaryTable = Database<Uint8Array, Uint8Array>;

/** ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL. */
const fullCodes: ReadonlySet<unknown> = new Set([28, 122, 27, -30_792]);
/** With less free space a failed write is called a full disk: LMDB calls a short write EIO. */
const freeBytesMin = 16 * 1024 * 1024;

/** Opens the file, which need not exist, with the given tables. */
export function openLmdbEngine(file: string, tables: readonly TableName[]): LmdbEngine {
  // lmdb's types do not know `safeRestore`.
  const settings: RootDatabaseOptionsWithPath & { readonly safeRestore: boolean } = {
    path: file,
    noSubdir: true,
    overlappingSync: false,
    safeRestore: true,
    eventTurnBatching: false,
    encoding: "binary",
    keyEncoding: "binary",
    maxDbs: tables.length + 1,
  };
  const root = open<Uint8Array, Uint8Array>(settings);
  const opened = new Map<TableName, BinaryTable>();
  for (const name of tables) {
    opened.set(name, root.openDB({ name, encoding: "binary", keyEncoding: "binary" }));
  }
  return new LmdbEngine({ file, root, tables: opened });
}

/**
 * Copies a file as of now, which another process may be writing: what is copied is one transaction's
 * state. Not compacted: 0.43 s for 1.3 GB, where compacting took 39 s.
 */
export async function copyLmdbFile(file: string, target: string): Promise<void> {
  const root = open({ path: file, noSubdir: true, readOnly: true });
  try {
    await root.backup(target, false);
  } catch (cause) {
    throw await storeErrorOf(cause, target);
  } finally {
    await root.close();
  }
}

/** See the module comment. */
export class LmdbEngine implements StoreEngine {
  readonly #file: string;
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly #reader: LmdbReader;
  readonly #queue: CommitQueue;

  constructor(options: {
    readonly file: string;
    readonly root: RootDatabase<Uint8Array, Uint8Array>;
    readonly tables: ReadonlyMap<TableName, BinaryTable>;
  }) {
    this.#file = options.file;
    this.#root = options.root;
    this.#reader = new LmdbReader(options.tables);
    this.#queue = new CommitQueue({ commit: (write) => this.#commit(write) });
  }

  async read<T>(query: (tables: TableReader) => T): Promise<T> {
    if (this.#queue.closed) throw new StoreError("STORE_CLOSED");
    // lmdb-js keeps one read transaction for the whole event turn: the query has one snapshot, and
    // no reader is pinned (a pinned one grew the file by 69 MB over 3,000 tiny commits).
    return query(this.#reader);
  }

  update<T>(plan: (tables: TableWriter) => T): Promise<T> {
    return this.#queue.submit(plan);
  }

  /** Runs while no other process is inside a write transaction of this file. */
  exclusively<T>(action: () => T): T {
    return this.#root.transactionSync(action);
  }

  async close(): Promise<void> {
    if (this.#queue.closed) return;
    await this.#queue.close();
    await this.#root.close();
  }

  async #commit(
    write: (tables: TableReader, apply: (overlay: Overlay) => void) => void,
  ): Promise<void> {
    try {
      await this.#root.transaction(() => {
        // A native write that fails marks LMDB's transaction as failed, so that its commit fails as
        // a whole; nothing else can throw between two writes.
        write(this.#reader, (overlay) => {
          overlay.applyTo(({ table, key, value }) => this.#reader.write(table, key, value));
        });
      });
    } catch (cause) {
      throw await storeErrorOf(await commitErrorOf(cause), this.#file);
    }
  }
}

/** Reads, and writes when called inside a write transaction. */
class LmdbReader implements TableReader {
  readonly #tables: ReadonlyMap<TableName, BinaryTable>;

  constructor(tables: ReadonlyMap<TableName, BinaryTable>) {
    this.#tables = tables;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | null {
    const value = this.#table(table).get(key);
    return value === undefined ? null : plainBytes(value);
  }

  view<T>(table: TableName, key: Uint8Array, use: (value: Uint8Array) => T): T | null {
    // lmdb-js's own buffer, longer than the value and overwritten by the next read. Reading 64 MiB
    // through it takes a third less time than through copies.
    const value = this.#table(table).getBinaryFast(key);
    return value === undefined ? null : use(plainBytes(value));
  }

  *range(table: TableName, range: KeyRange): Iterable<KeyValue> {
    const { from, to } = range;
    const options =
      range.reverse === true
        ? {
            ...(to === undefined ? {} : { start: to, exclusiveStart: true }),
            end: from,
            inclusiveEnd: true,
            reverse: true,
          }
        : { start: from, ...(to === undefined ? {} : { end: to }) };
    for (const { key, value } of this.#table(table).getRange(options)) {
      yield { key: plainBytes(key), value: plainBytes(value) };
    }
  }

  write(table: TableName, key: Uint8Array, value: Uint8Array | null): void {
    // Inside a transaction callback both are done when they return; their promises are constants.
    if (value === null) void this.#table(table).remove(key);
    else void this.#table(table).put(key, value);
  }

  #table(name: TableName): BinaryTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new StoreError("STORE_FORMAT", { table: name, got: "not open" });
    return table;
  }
}

/** The same bytes without Buffer's methods, so that equality and strict checks of the type hold. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** lmdb-js rejects with a general error that carries a promise, which rejects with the real one. */
async function commitErrorOf(error: unknown): Promise<unknown> {
  const inner = (error as { readonly commitError?: PromiseLike<unknown> }).commitError;
  if (inner === undefined) return error;
  try {
    await inner;
    return error;
  } catch (commitError) {
    return commitError;
  }
}

async function storeErrorOf(cause: unknown, file: string): Promise<StoreError> {
  if (cause instanceof StoreError) return cause;
  const systemCode = (cause as { readonly code?: unknown }).code;
  const full = fullCodes.has(systemCode) || (await freeBytes(file)) < freeBytesMin;
  return new StoreError(
    full ? "STORE_FULL" : "STORE_IO",
    { file, reason: cause instanceof Error ? cause.message : String(cause) },
    { cause, indeterminate: true },
  );
}

async function freeBytes(file: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(dirname(file));
    return bavail * bsize;
  } catch {
    // The device does not even answer: an I/O error, not a full disk.
    return Number.POSITIVE_INFINITY;
  }
}
