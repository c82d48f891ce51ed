/**
 * Opens a unit's durable stores: one LMDB file in a folder that only its owner may enter.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/clock.ts";
import { checkUnlocked, freeLock, takeLock } from "./folder-lock.ts";
import { openLmdbEngine } from "./lmdb-engine.ts";
import { processPlace } from "./process-mark.ts";
import { type StoreRole, tablesOf } from "./schema.ts";
import { StoreError } from "./store-error.ts";
import { checkFormat, type StoreBounds, type StoresByRole, unitStores } from "./unit-stores.ts";

/** The store, within its folder. */
export const storeFile = "store.mdb";
const lockFile = "store.lock";

export interface OpenOptions<Role extends StoreRole> extends StoreBounds {
  /** The folder; made with mode 0700 if it is not there. */
  readonly dir: string;
  readonly role: Role;
  readonly clock?: Clock;
  /**
   * Several processes of this machine may have the folder open, one of whom a lease says leads: for
   * units whose writes are refused from whoever does not.
   */
  readonly isShared?: boolean;
}

/**
 * The stores of a unit, durable in `dir`.
 *
 * @throws StoreError STORE_LOCKED while another opener has the folder for itself; STORE_FORMAT if it is of
 *   another role or version; STORE_IO if it cannot be opened.
 */
export async function openStores<Role extends StoreRole>(
  options: OpenOptions<Role>,
): Promise<StoresByRole[Role]> {
  const { dir, role, clock = systemClock, isShared = false } = options;
  const lock = join(dir, lockFile);
  const unlock = (): void => {
    if (!isShared) freeLock(lock);
  };
  // Looked at first, so that a second opener does not even touch the file of the first.
  checkUnlocked(lock);
  const engine = opened(dir, () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return openLmdbEngine(join(dir, storeFile), tablesOf(role));
  });
  try {
    if (!isShared) engine.exclusively(() => takeLock(lock));
  } catch (error) {
    await engine.close();
    throw error;
  }
  try {
    await checkFormat(engine, role);
  } catch (error) {
    await engine.close();
    unlock();
    throw error;
  }
  const stores = unitStores(role, { engine, clock, bounds: options, place: processPlace() });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= engine.close().then(unlock);
    return closing;
  };
  return { ...stores, close };
}

function opened<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new StoreError("STORE_IO", { dir, reason: String(cause) }, { cause });
  }
}
