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
type LeaseRow = readonly [holder: string | null, epoch: number, expiresAt: number];

/** See `LeaseStore`. */
export class KeyedLeaseStore implements LeaseStore {
  readonly #engine: StoreEngine;
  readonly #clock: Clock;

  constructor(options: { readonly engine: StoreEngine; readonly clock: Clock }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
  }

  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    return this.#engine.update((tables) => {
      const now = this.#clock.now();
      const row = readLease(tables, name);
      const isOwn = row !== null && row[0] === holder;
      const expiresAt = now + ttlMs;
      if (row !== null && row[0] !== null && !isOwn && now < row[2]) {
        // Drawn in and not taken: the holder may be alive, and renews by this same clock.
        if (row[2] > expiresAt) {
          tables.put("lease", utf8Bytes(name), packRow([row[0], row[1], expiresAt]));
        }
        return null;
      }
      const epoch = row === null ? 0 : isOwn ? row[1] : row[1] + 1;
      tables.put("lease", utf8Bytes(name), packRow([holder, epoch, expiresAt]));
      return { epoch, expiresAt };
    });
  }

  renew(name: string, holder: string, epoch: number, ttlMs: number): Promise<boolean> {
    return this.#engine.update((tables) => {
      const now = this.#clock.now();
      const row = readLease(tables, name);
      if (row === null || row[0] !== holder || row[1] !== epoch || now >= row[2]) return false;
      tables.put("lease", utf8Bytes(name), packRow([holder, epoch, now + ttlMs]));
      return true;
    });
  }

  release(name: string, holder: string, epoch: number): Promise<void> {
    return this.#engine.update((tables) => {
      const row = readLease(tables, name);
      if (row === null || row[0] !== holder || row[1] !== epoch) return;
      tables.put("lease", utf8Bytes(name), packRow([null, epoch, 0]));
    });
  }
}

/** The epoch of a lease's newest holder; null where nobody ever had it. */
export function leaseEpoch(tables: TableReader, name: string): number | null {
  return readLease(tables, name)?.[1] ?? null;
}

function readLease(tables: TableReader, name: string): LeaseRow | null {
  const value = tables.get("lease", utf8Bytes(name));
  return value === null ? null : unpackRow<LeaseRow>(value, 3);
}
