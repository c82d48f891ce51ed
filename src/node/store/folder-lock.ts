/**
 * One opener per folder. The lock is a file that names a live process; it is looked at and written
 * inside LMDB's writer mutex, which spans processes, so that two openers cannot both take over the
 * file of a dead one. It guards against mistakes; safety is the epoch checked in every append.
 *
 * @module
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { StoreError } from "./store-error.ts";

/** What the lock file says, as one JSON line. */
interface LockOwner {
  readonly pid: number;
  /** Start of the process in kernel ticks, and the boot: a pid alone may be used again. */
  readonly startedAt: string | null;
  readonly boot: string | null;
}

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
  writeFileSync(file, `${JSON.stringify(ownerOf(process.pid))}\n`, { mode: 0o600 });
}

/** Removes this process's lock. */
export function freeLock(file: string): void {
  rmSync(file, { force: true });
}

function readOwner(file: string): LockOwner | null {
  try {
    const owner = JSON.parse(readFileSync(file, "utf8")) as Partial<LockOwner>;
    if (typeof owner.pid !== "number") return null;
    return { pid: owner.pid, startedAt: owner.startedAt ?? null, boot: owner.boot ?? null };
  } catch {
    // Absent, or cut short by a crash of its writer: nobody holds it.
    return null;
  }
}

function isAlive(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // A process that ended but was not waited for yet still answers signals.
  if (statOf(owner.pid)?.[0] === "Z") return false;
  const now = ownerOf(owner.pid);
  return now.startedAt === owner.startedAt && now.boot === owner.boot;
}

function ownerOf(pid: number): LockOwner {
  return {
    pid,
    // Field 22 of stat; the command in parentheses may itself hold spaces.
    startedAt:
      readText(`/proc/${pid}/stat`)
        ?.replace(/^.*\) /s, "")
        .split(" ")[19] ?? null,
    boot: readText("/proc/sys/kernel/random/boot_id")?.trim() ?? null,
  };
}

/** Fields 3 (state) to 52 of proc(5)'s stat: what follows the command, which may hold spaces. */
function statOf(pid: number): readonly string[] | null {
  return (
    readText(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, "")
      .split(" ") ?? null
  );
}

/** Null where the platform has no such file. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
