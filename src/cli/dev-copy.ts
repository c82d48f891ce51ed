/**
 * A whole `dev` network in a folder, and back: stores with their history, keys, the network's id, how far
 * its clock is moved. A copy is itself a network's folder: `nymcompute dev --data COPY` runs it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { backupStore } from "../node/store/backup.ts";
import { storeFile } from "../node/store/open.ts";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import { unitFiles } from "./dev-files.ts";

/**
 * A unit that hears of something from another is copied before it: then none of the copies speaks of
 * what another one lacks, though the units run all the while.
 */
const copyOrder: readonly UnitRole[] = ["messenger", "compute", "scheduler"];

const clockName = "clock";
const snapshotsName = "snapshots";
const plainFiles: readonly string[] = ["network", clockName];

/** Copies a network, which may be running, into a folder that is not there. Answers its bytes. */
export async function copyNetwork(from: string, to: string): Promise<number> {
  if (existsSync(to)) {
    throw new CliError("FILE_EXISTS", { folder: to }, "choose another name, or remove it");
  }
  for (const needed of ["network", ...copyOrder.map((role) => storeIn(from, role))]) {
    if (existsSync(join(from, needed))) continue;
    const next = "name a folder that `nymcompute devnet dump` wrote";
    throw new CliError("FILE_MISSING", { folder: from, expected: needed }, next);
  }
  const draft = `${to}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  let bytes = 0;
  for (const role of copyOrder) {
    const own = unitFiles(from, role);
    const copy = unitFiles(draft, role);
    const parts = { dir: own.store, target: copy.store, clock: systemClock };
    bytes += (await backupStore(parts)).bytes;
    await cp(own.key, copy.key);
  }
  await cp(join(from, "accounts"), join(draft, "accounts"), { recursive: true });
  for (const name of plainFiles) {
    if (existsSync(join(from, name))) await cp(join(from, name), join(draft, name));
  }
  await rename(draft, to);
  return bytes;
}

function storeIn(folder: string, role: UnitRole): string {
  return join(unitFiles(folder, role).store, storeFile).slice(folder.length + 1);
}

/** Puts a copy in place of a network that does not run. The copy is used up. */
export async function replaceNetwork(folder: string, copy: string): Promise<void> {
  for (const name of [...copyOrder, "accounts", ...plainFiles]) {
    await rm(join(folder, name), { recursive: true, force: true });
    if (existsSync(join(copy, name))) await rename(join(copy, name), join(folder, name));
  }
  await rm(copy, { recursive: true, force: true });
}

/** Where a snapshot lies. Throws `ARGUMENT_INVALID`: its name becomes a folder's. */
export function snapshotFolder(folder: string, name: string): string {
  if (/^[\w-][\w.-]{0,63}$/.test(name)) return join(folder, snapshotsName, name);
  const fields = { expected: "letters, digits, - and _", got: name.slice(0, 100) };
  throw new CliError("ARGUMENT_INVALID", fields, "give the snapshot such a name");
}

/** Names of the snapshots, the oldest first. */
export async function snapshotsIn(folder: string): Promise<readonly string[]> {
  const root = join(folder, snapshotsName);
  const names = await readdir(root).catch(() => []);
  const made = names
    .filter((name) => !name.endsWith(".part"))
    .map(async (name) => ({ name, at: (await stat(join(root, name))).mtimeMs }));
  return (await Promise.all(made)).sort((a, b) => a.at - b.at).map(({ name }) => name);
}

/** How far the network's clock is moved, in milliseconds. */
export async function clockOffsetIn(folder: string): Promise<number> {
  const text = await readFile(join(folder, clockName), "utf8").catch(() => "0");
  const offset = Number(text.trim());
  return Number.isSafeInteger(offset) ? offset : 0;
}

export async function keepClockOffset(folder: string, offsetMs: number): Promise<void> {
  await writeFile(join(folder, clockName), `${offsetMs}\n`, { mode: 0o600 });
}
