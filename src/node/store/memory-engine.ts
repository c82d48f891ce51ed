/**
 * The engine for tests, the simulated network and the test kit: the semantics of the durable one,
 * on tables in memory. A `MemoryDisk` outlives its engine, so that a unit can be ended and started
 * again; faults can be put around every commit.
 *
 * @module
 */

import { CommitQueue } from "./commit-queue.ts";
import type { KeyRange, KeyValue, StoreEngine, TableReader, TableWriter } from "./engine.ts";
import { keyBytes, keyText, type Overlay } from "./overlay.ts";
import type { TableName } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** Faults around commits; what they throw reaches the callers of that commit as STORE_IO. */
export interface MemoryFaults {
  /** Before anything is written: delay by waiting, or throw, and nothing has happened. */
  beforeCommit?(): void | Promise<void>;
  /** When all is written: delay the reply, or throw, and all has happened but nobody is told. */
  afterCommit?(): void | Promise<void>;
}

/** What stays when an engine is closed, or dropped as if its process had been killed. */
export class MemoryDisk {
  readonly #tables = new Map<TableName, MemoryTable>();
  #owner: MemoryEngine | null = null;

  /** The rows of a table. */
  table(name: TableName): MemoryTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new MemoryTable();
      this.#tables.set(name, table);
    }
    return table;
  }

  /**
   * Makes the engine the only one.
   *
   * @throws StoreError STORE_LOCKED while another engine is open on this disk.
   */
  lock(engine: MemoryEngine): void {
    if (this.#owner !== null) throw new StoreError("STORE_LOCKED", { disk: "memory" });
    this.#owner = engine;
  }

  /** Lets another engine open the disk. */
  unlock(engine: MemoryEngine): void {
    if (this.#owner === engine) this.#owner = null;
  }

  /** True if this engine may still write. */
  isOwner(engine: MemoryEngine): boolean {
    return this.#owner === engine;
  }

  /** Takes the disk from its engine as a kill does: whatever is not written yet never will be. */
  kill(): void {
    this.#owner = null;
  }

  /** An independent disk with the same rows. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [name, table] of this.#tables) {
      for (const { key, value } of table.range({ from: new Uint8Array(0) })) {
        disk.table(name).write(key, value);
      }
    }
    return disk;
  }
}

/** Rows by key, and the keys in order. Inserting moves references: 20 µs at 100,000 rows. */
class MemoryTable {
  readonly #rows = new Map<string, Uint8Array>();
  readonly #keys: string[] = [];

  get(key: Uint8Array): Uint8Array | null {
    return this.#rows.get(keyText(key))?.slice() ?? null;
  }

  view<T>(key: Uint8Array, use: (value: Uint8Array) => T): T | null {
    const value = this.#rows.get(keyText(key));
    return value === undefined ? null : use(value);
  }

  *range(range: KeyRange): Iterable<KeyValue> {
    const first = this.#position(keyText(range.from));
    const end = range.to === undefined ? this.#keys.length : this.#position(keyText(range.to));
    // Queries do not wait and plans hold their writes back, so nothing moves between two steps.
    for (let step = 0; step < end - first; step++) {
      const key = this.#keys[range.reverse === true ? end - 1 - step : first + step] as string;
      yield { key: keyBytes(key), value: (this.#rows.get(key) as Uint8Array).slice() };
    }
  }

  write(key: Uint8Array, value: Uint8Array | null): void {
    const text = keyText(key);
    const known = this.#rows.has(text);
    if (value === null) {
      if (!known) return;
      this.#rows.delete(text);
      this.#keys.splice(this.#position(text), 1);
    } else {
      this.#rows.set(text, value.slice());
      if (!known) this.#keys.splice(this.#position(text), 0, text);
    }
  }

  /** How many keys are smaller. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** See the module comment. */
export class MemoryEngine implements StoreEngine {
  readonly #disk: MemoryDisk;
  readonly #faults: MemoryFaults;
  readonly #queue: CommitQueue;

  /** @throws StoreError STORE_LOCKED while another engine is open on the disk. */
  constructor(disk: MemoryDisk, faults: MemoryFaults = {}) {
    this.#disk = disk;
    this.#faults = faults;
    this.#queue = new CommitQueue({ commit: (write) => this.#commit(write) });
    disk.lock(this);
  }

  async read<T>(query: (tables: TableReader) => T): Promise<T> {
    this.#checkOpen();
    return query(this.#reader);
  }

  update<T>(plan: (tables: TableWriter) => T): Promise<T> {
    return this.#queue.submit(plan);
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#disk.unlock(this);
  }

  readonly #reader: TableReader = {
    get: (table, key) => this.#disk.table(table).get(key),
    view: (table, key, use) => this.#disk.table(table).view(key, use),
    range: (table, range) => this.#disk.table(table).range(range),
  };

  async #commit(
    write: (tables: TableReader, apply: (overlay: Overlay) => void) => void,
  ): Promise<void> {
    try {
      await this.#faults.beforeCommit?.();
      this.#checkOwner();
      write(this.#reader, (overlay) => {
        overlay.applyTo(({ table, key, value }) => this.#disk.table(table).write(key, value));
      });
      await this.#faults.afterCommit?.();
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError("STORE_IO", { reason: String(cause) }, { cause, indeterminate: true });
    }
  }

  #checkOpen(): void {
    if (this.#queue.closed) throw new StoreError("STORE_CLOSED");
    this.#checkOwner();
  }

  #checkOwner(): void {
    if (!this.#disk.isOwner(this)) throw new StoreError("STORE_CLOSED", { got: "killed" });
  }
}
