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
import {
  type CommonStores,
  checkFormat,
  type StoreBounds,
  type StoresByRole,
  unitStores,
} from "./unit-stores.ts";

const storeFile = "store.mdb";
const lockFile = "store.lock";

/** What only durable stores can do. */
export interface DurableStores {
  /**
   * Copies everything as of now into a folder, while work goes on; `openStores` opens the copy. The
   * folder must not hold a store yet.
   *
   * @throws StoreError STORE_FULL or STORE_IO
   */
  backup(dir: string): Promise<void>;
}

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
): Promise<StoresByRole[Role] & DurableStores> {
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
  const durable: DurableStores & Pick<CommonStores, "close"> = {
    close: () => {
      closing ??= engine.close().then(unlock);
      return closing;
    },
    backup: async (target) => {
      opened(target, () => mkdirSync(target, { recursive: true, mode: 0o700 }));
      await engine.backup(join(target, storeFile));
    },
  };
  return { ...stores, ...durable };
}

function opened<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new StoreError("STORE_IO", { dir, reason: String(cause) }, { cause });
  }
}
