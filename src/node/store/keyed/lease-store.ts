/**
 * Leases over an engine; see the port for the contract.
 *
 * @module
 */

import { utf8Bytes } from "../../../base/bytes.ts";
import type { Clock } from "../../../base/clock.ts";
import type { StoreEngine, TableReader } from "../engine.ts";
import type { Lease, LeaseStore } from "../ports/lease-store.ts";
import { packRow, unpackRow } from "../rows.ts";

/** The holder is null once the lease was released; the row stays, so that no epoch comes twice. */
type LeaseRow = readonly [
  holder: string | null,
  epoch: number,
  /** Grows with every renewal. */
  count: number,
  /** The place of the holder; null where places say nothing. */
  place: string | null,
];

/** Where holders run, as far as one can tell from another's place that nobody is there any more. */
export interface HolderPlace {
  /** Of this process. */
  readonly own: string;
  /** True only where the holder that ran there can never write again. */
  readonly isGone: (place: string) => boolean;
}

/** What was seen of a lease that another holds. */
interface Watched {
  readonly epoch: number;
  readonly count: number;
  /** Monotonic milliseconds of this process when it was first seen so. */
  readonly since: number;
}

/** See `LeaseStore`. */
export class KeyedLeaseStore implements LeaseStore {
  readonly #engine: StoreEngine;
  readonly #clock: Clock;
  readonly #place: HolderPlace | null;
  readonly #watched = new Map<string, Watched>();

  constructor(options: {
    readonly engine: StoreEngine;
    readonly clock: Clock;
    readonly place?: HolderPlace | undefined;
  }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
    this.#place = options.place ?? null;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    // Only looked at while another has it: a write would wait for the holder's, and if that one was
    // stopped in the midst of a transaction, for ever.
    const isFree = await this.#engine.read((tables) =>
      this.#isFree(readLease(tables, name), { name, holder, ttlMs }),
    );
    if (!isFree) return null;
    return this.#engine.update((tables) => {
      const row = readLease(tables, name);
      if (!this.#isFree(row, { name, holder, ttlMs })) return null;
      const epoch = row === null ? 0 : row[0] === holder ? row[1] : row[1] + 1;
      writeLease(tables, name, [holder, epoch, (row?.[2] ?? 0) + 1, this.#place?.own ?? null]);
      return { epoch };
    });
  }

  renew(name: string, holder: string, epoch: number): Promise<boolean> {
    return this.#engine.update((tables) => {
      const row = readLease(tables, name);
      if (row === null || row[0] !== holder || row[1] !== epoch) return false;
      writeLease(tables, name, [holder, epoch, row[2] + 1, row[3]]);
      return true;
    });
  }

  release(name: string, holder: string, epoch: number): Promise<void> {
    return this.#engine.update((tables) => {
      const row = readLease(tables, name);
      if (row === null || row[0] !== holder || row[1] !== epoch) return;
      writeLease(tables, name, [null, epoch, row[2], null]);
    });
  }

  #isFree(
    row: LeaseRow | null,
    wish: { readonly name: string; readonly holder: string; readonly ttlMs: number },
  ): boolean {
    if (row === null || row[0] === null || row[0] === wish.holder) return true;
    const [, epoch, count, place] = row;
    if (place !== null && this.#place?.isGone(place) === true) return true;
    const now = this.#clock.monotonic();
    const watched = this.#watched.get(wish.name);
    if (watched?.epoch === epoch && watched.count === count) {
      return now - watched.since >= wish.ttlMs;
    }
    this.#watched.set(wish.name, { epoch, count, since: now });
    return false;
  }
}

/** The epoch of a lease's newest holder; null where nobody ever had it. */
export function leaseEpoch(tables: TableReader, name: string): number | null {
  return readLease(tables, name)?.[1] ?? null;
}

function readLease(tables: TableReader, name: string): LeaseRow | null {
  const value = tables.get("lease", utf8Bytes(name));
  return value === null ? null : unpackRow<LeaseRow>(value, 4);
}

function writeLease(
  tables: { put(table: "lease", key: Uint8Array, value: Uint8Array): void },
  name: string,
  row: LeaseRow,
): void {
  tables.put("lease", utf8Bytes(name), packRow([...row]));
}
