/**
 * What a running `dev` network says of itself to other commands: where its units are and where the
 * keys of its accounts lie. It stands in the network's own folder, and once more under the person's
 * `~/.config/nymcompute/dev/<network id>.json`, so that a command in any folder finds the accounts of
 * the network that it talks to.
 *
 * @module
 */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { configFolder } from "./places.ts";

/** The folder of a network unless `--data` names another. */
const dataFolderName = ".nymcompute";

export interface DevAccount {
  readonly address: string;
  /** Path of its key file, which is not encrypted. */
  readonly key: string;
}

/** What `dev` prints, and the process that runs it. */
export interface DevRecord {
  readonly messenger: string;
  readonly scheduler: string;
  readonly compute: string;
  readonly network: string;
  readonly accounts: readonly DevAccount[];
  readonly pid: number;
  /** How far its clock is ahead of the machine's. */
  readonly clockOffsetMs: number;
  /** Where its controls are (`nymcompute devnet`), and the word that they ask for. */
  readonly control: { readonly url: string; readonly token: string };
}

const recordName = "dev.json";

function sharedPath(network: string): string {
  return join(configFolder(), "dev", `${network}.json`);
}

/** Writes both records. Answers why the shared one could not be written, or null. */
export async function writeDevRecord(folder: string, record: DevRecord): Promise<string | null> {
  await writePrivately(join(folder, recordName), record);
  try {
    await writePrivately(sharedPath(record.network), record);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Takes both records away; there may be none. */
export async function removeDevRecord(folder: string, network: string): Promise<void> {
  await rm(join(folder, recordName), { force: true });
  await rm(sharedPath(network), { force: true }).catch(() => undefined);
}

async function writePrivately(path: string, record: DevRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

/** The `dev` network that runs in this folder or the nearest one above it; null where none runs. */
export async function devNetworkNear(folder: string): Promise<DevRecord | null> {
  for (let at = resolve(folder); ; ) {
    const record = await readRecord(join(at, dataFolderName, recordName));
    if (record !== null && isAlive(record.pid)) return record;
    const parent = dirname(at);
    if (parent === at) return null;
    at = parent;
  }
}

/** The record of the `dev` network with this id; null where there is none on this machine. */
export async function devNetworkOf(network: string): Promise<DevRecord | null> {
  // The id comes from a unit's answer and becomes part of a path.
  if (!/^[\w-]{43}$/.test(network)) return null;
  const record = await readRecord(sharedPath(network));
  return record?.network === network ? record : null;
}

/** The record in a network's own folder, whether it runs or not. */
export function devRecordIn(folder: string): Promise<DevRecord | null> {
  return readRecord(join(folder, recordName));
}

async function readRecord(path: string): Promise<DevRecord | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as DevRecord;
  } catch {
    return null;
  }
}

/** True if the process exists, also where it is somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
