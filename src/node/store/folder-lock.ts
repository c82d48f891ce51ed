/**
 * One opener per folder. The lock is a file that names a live process; it is looked at and written
 * inside LMDB's writer mutex, which spans processes, so that two openers cannot both take over the
 * file of a dead one. It guards against mistakes; safety is the epoch checked in every append.
 *
 * @module
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAlive, markOf, type ProcessMark, parseMark } from "./process-mark.ts";
import { StoreError } from "./store-error.ts";

/** @throws StoreError STORE_LOCKED if a live process, this one included, holds the lock. */
export function checkUnlocked(file: string): void {
  const owner = readOwner(file);
  if (owner !== null && isAlive(owner)) {
    throw new StoreError("STORE_LOCKED", { file, pid: owner.pid });
  }
}

/** Writes the lock of this process over none or a dead one's; call it under the writer mutex. */
export function takeLock(file: string): void {
  checkUnlocked(file);
  writeFileSync(file, `${JSON.stringify(markOf(process.pid))}\n`, { mode: 0o600 });
}

/** Removes this process's lock. */
export function freeLock(file: string): void {
  rmSync(file, { force: true });
}

function readOwner(file: string): ProcessMark | null {
  try {
    // Cut short by a crash of its writer: nobody holds it.
    return parseMark(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
