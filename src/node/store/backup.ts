/**
 * Copies of a unit's store, made while the unit runs, and a store made of such a copy.
 *
 *     backup.json   role, format, size and SHA-256 of the copy, and when it was made
 *     store.mdb     the copy: everything that was durable when it began
 *
 * A scheduler's folder that was made of a copy bears `restored.json` until it is known that the copy is
 * the newest. A folder without `backup.json` is no backup: it is written last, when the copy is on the disk. What
 * a copy does not hold is the unit's key.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream, existsSync, rmSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../../base/clock.ts";
import { copyLmdbFile, openLmdbEngine } from "./lmdb-engine.ts";
import { storeFile } from "./open.ts";
import { StoreError } from "./store-error.ts";
import { formatOf } from "./unit-stores.ts";

/** What `backup.json` says. */
export interface BackupRecord {
  readonly role: string;
  /** Version of the tables and rows. */
  readonly format: number;
  readonly bytes: number;
  /** Lower-case hexadecimal, as `sha256sum` prints it. */
  readonly sha256: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const recordFile = "backup.json";
const partSuffix = ".part";

/**
 * Copies the store of a unit, which may be running, into a folder that holds none yet.
 *
 * @throws StoreError STORE_IO where there is no store, STORE_CONFLICT where the folder holds one,
 *   STORE_FULL
 */
export async function backupStore(options: {
  readonly dir: string;
  readonly target: string;
  readonly clock: Pick<Clock, "now">;
}): Promise<BackupRecord> {
  const { dir, target, clock } = options;
  const source = join(dir, storeFile);
  if (!existsSync(source)) throw new StoreError("STORE_IO", { file: source, got: "no store" });
  await emptyFolder(target);
  const copy = join(target, storeFile);
  const part = copy + partSuffix;
  const at = clock.now();
  await copyLmdbFile(source, part);
  const { role, format } = await formatIn(part);
  const { bytes, sha256 } = await digestOf(part);
  await makeDurable(part);
  await rename(part, copy);
  const record: BackupRecord = { role, format, bytes, sha256, at };
  const draft = join(target, recordFile + partSuffix);
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await makeDurable(draft);
  await rename(draft, join(target, recordFile));
  await makeDurable(target);
  return record;
}

const restoredFile = "restored.json";

/** True while it is not known whether the scheduler's store in this folder is the newest that there was. */
export function isRestored(dir: string): boolean {
  return existsSync(join(dir, restoredFile));
}

/** The store is the newest. */
export function confirmRestored(dir: string): void {
  rmSync(join(dir, restoredFile), { force: true });
}

/**
 * Makes a store of a copy, in a folder that holds none yet. The copy stays as it is. `isNewest`: the
 * operator says that its unit signed nothing after it was made.
 *
 * @throws StoreError STORE_CORRUPT where the copy is not what its record says, STORE_CONFLICT where the
 *   folder holds a store, STORE_IO, STORE_FULL
 */
export async function restoreStore(options: {
  readonly from: string;
  readonly dir: string;
  readonly isNewest?: boolean;
}): Promise<BackupRecord> {
  const { from, dir, isNewest = false } = options;
  const record = await readRecord(join(from, recordFile));
  await emptyFolder(dir);
  const part = join(dir, storeFile + partSuffix);
  const file = await open(part, "w", 0o600);
  try {
    await pipeline(createReadStream(join(from, storeFile)), file.createWriteStream());
  } catch (cause) {
    throw ioError(part, cause);
  }
  const { bytes, sha256 } = await digestOf(part);
  if (bytes !== record.bytes || sha256 !== record.sha256) {
    throw new StoreError("STORE_CORRUPT", {
      file: join(from, storeFile),
      expected: `${record.bytes} bytes, SHA-256 ${record.sha256}`,
      got: `${bytes} bytes, SHA-256 ${sha256}`,
    });
  }
  await makeDurable(part);
  // Before there is a store that could be started on.
  if (record.role === "scheduler" && !isNewest) {
    const mark = join(dir, restoredFile);
    await writeFile(mark, `${JSON.stringify({ at: record.at })}\n`, { mode: 0o600 });
    await makeDurable(mark);
    await makeDurable(dir);
  }
  await rename(part, join(dir, storeFile));
  await makeDurable(dir);
  return record;
}

/** The folder, made if it is not there; it must hold no store. */
async function emptyFolder(folder: string): Promise<void> {
  if (existsSync(join(folder, storeFile))) {
    throw new StoreError("STORE_CONFLICT", { folder, expected: "no store", got: storeFile });
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw ioError(folder, cause);
  }
}

async function formatIn(file: string): Promise<{ readonly role: string; readonly format: number }> {
  const engine = openLmdbEngine(file, ["meta"]);
  try {
    return await formatOf(engine);
  } finally {
    await engine.close();
    await rm(`${file}-lock`, { force: true });
  }
}

async function digestOf(file: string): Promise<Pick<BackupRecord, "bytes" | "sha256">> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { bytes: (await stat(file)).size, sha256: hash.digest("hex") };
}

/** Waits until a file, or a folder's list of files, is on the disk. */
async function makeDurable(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The record of the copy in a folder.
 *
 * @throws StoreError STORE_IO where there is none, STORE_CORRUPT where it is no record
 */
export function backupRecordIn(folder: string): Promise<BackupRecord> {
  return readRecord(join(folder, recordFile));
}

async function readRecord(file: string): Promise<BackupRecord> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw ioError(file, cause);
  }
  const record = parsed(text);
  if (record === null)
    throw new StoreError("STORE_CORRUPT", { file, got: "no record of a backup" });
  return record;
}

function parsed(text: string): BackupRecord | null {
  try {
    const { role, format, bytes, sha256, at } = JSON.parse(text) as Record<string, unknown>;
    if (typeof role !== "string" || typeof sha256 !== "string") return null;
    if (typeof format !== "number" || typeof bytes !== "number" || typeof at !== "number")
      return null;
    return { role, format, bytes, sha256, at };
  } catch {
    return null;
  }
}

function ioError(file: string, cause: unknown): StoreError {
  const full = (cause as { readonly code?: unknown }).code === "ENOSPC";
  return new StoreError(
    full ? "STORE_FULL" : "STORE_IO",
    { file, reason: String(cause) },
    { cause },
  );
}
