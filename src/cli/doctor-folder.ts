/**
 * What a node runner has on this machine: a unit's data folder and the disk below it, its key file, and the
 * copies of its store.
 *
 * @module
 */

import { constants } from "node:fs";
import { access, mkdtemp, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { backupRecordIn } from "../node/store/backup.ts";
import { storeFile } from "../node/store/open.ts";
import { runningIn } from "../node/unit/run-record.ts";
import type { Check } from "./doctor-check.ts";

const gibibyte = 2 ** 30;
const freeLow: number = 5 * gibibyte;
const freeMin: number = gibibyte;
/** A commit is one or two of these: with more, a scheduler gives fewer than a hundred slots a second one by one. */
const syncSlowMs = 20;
const syncs = 9;
const copyOldMs: number = 48 * 60 * 60 * 1000;
/** File systems that are gone with the machine: tmpfs and ramfs. */
const memoryTypes: readonly number[] = [0x0102_1994, 0x8584_58f6];

/** The folder, its disk, and how long that takes until something is written. */
export async function checkFolder(
  dir: string,
  clock: Pick<Clock, "monotonic">,
): Promise<readonly Check[]> {
  const name = "folder";
  try {
    const { mode } = await stat(dir);
    await access(dir, constants.W_OK);
    const isOpen = (mode & 0o077) !== 0;
    const unit = runningIn(dir).map(({ role, pid, state }) => `${role} ${state}, pid ${pid}`);
    const hasStore = await exists(join(dir, storeFile));
    const holds = unit.length > 0 ? unit.join("; ") : hasStore ? "nothing runs on it" : "no store";
    const folder: Check = {
      name,
      state: isOpen ? "warning" : "ok",
      found: `${dir}  ${holds}`,
      mend: isOpen ? `chmod 700 ${dir}: others may look into it` : null,
    };
    return [folder, await checkDisk(dir), await checkSync(dir, clock)];
  } catch (error) {
    const mend = "name a folder that is there, as the user that runs the unit";
    return [{ name, state: "bad", found: (error as Error).message, mend }];
  }
}

async function checkDisk(dir: string): Promise<Check> {
  const { bavail, bsize, type } = await statfs(dir);
  const free = bavail * bsize;
  const found = `${(free / gibibyte).toFixed(1)} GiB free`;
  const name = "disk";
  if (memoryTypes.includes(type)) {
    return { name, state: "bad", found: `${found}, in memory`, mend: "put the store on a disk" };
  }
  if (free >= freeLow) return { name, state: "ok", found, mend: null };
  const mend = "make room: a unit whose disk is full refuses what is new";
  return { name, state: free < freeMin ? "bad" : "warning", found, mend };
}

/** What every acknowledgement waits for, measured where the store is. */
async function checkSync(dir: string, clock: Pick<Clock, "monotonic">): Promise<Check> {
  const folder = await mkdtemp(join(dir, "doctor-"));
  try {
    const file = await open(join(folder, "sync"), "w", 0o600);
    const times: number[] = [];
    try {
      for (let i = 0; i < syncs; i++) {
        await file.write(new Uint8Array(4096).fill(i), 0, 4096, 0);
        const start = clock.monotonic();
        await file.sync();
        times.push(clock.monotonic() - start);
      }
    } finally {
      await file.close();
    }
    const median = times.sort((a, b) => a - b)[syncs >> 1] ?? 0;
    const isSlow = median > syncSlowMs;
    return {
      name: "fsync",
      state: isSlow ? "warning" : "ok",
      found: `${median.toFixed(1)} ms until a write is on the disk`,
      mend: isSlow ? "a disk with a durable cache; no network folder" : null,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whether others can read a key file. */
export async function checkKey(path: string): Promise<Check> {
  const name = "key";
  try {
    const { mode } = await stat(path);
    const found = `${path}  mode ${(mode & 0o777).toString(8)}`;
    if ((mode & 0o077) === 0) return { name, state: "ok", found, mend: null };
    return { name, state: "bad", found, mend: `chmod 600 ${path}; a new key if others had it` };
  } catch (error) {
    return {
      name,
      state: "bad",
      found: (error as Error).message,
      mend: "name the unit's key file",
    };
  }
}

/** How old the newest copy is, in the folder itself or in those within it. */
export async function checkCopies(dir: string, clock: Pick<Clock, "now">): Promise<Check> {
  const name = "copies";
  const within = await readdir(dir).catch(() => []);
  const folders = [dir, ...within.map((each) => join(dir, each))];
  const found = await Promise.all(folders.map((each) => backupRecordIn(each).catch(() => null)));
  const copies = found.flatMap((record) => record ?? []);
  if (copies.length === 0) {
    const mend = "nymcompute backup --data DIR --to COPY, each night";
    return { name, state: "bad", found: `none in ${dir}`, mend };
  }
  const newest = copies.reduce((one, other) => (other.at > one.at ? other : one));
  const hours = Math.floor((clock.now() - newest.at) / 3_600_000);
  const isOld = clock.now() - newest.at > copyOldMs;
  return {
    name,
    state: isOld ? "warning" : "ok",
    found: `${copies.length}, the newest of a ${newest.role}, ${hours} hours old`,
    mend: isOld ? "look why the nightly backup does not run" : null,
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
