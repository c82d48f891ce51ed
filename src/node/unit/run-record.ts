/**
 * What a running unit says of itself in its data folder, for commands of the same user on the same
 * machine: `running/<pid>.json`, one for each process that has the folder open. Whoever may write there
 * owns the unit anyway, so no request over the network can command what this makes possible.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UnitRole } from "../../protocol/http.ts";
import { isAlive, type ProcessMark } from "../store/process-mark.ts";

/** `drained` stays behind when the process has ended, for whoever waits for it. */
export type RunState = "running" | "draining" | "drained";

/** One process of a unit. */
export interface RunRecord extends ProcessMark {
  readonly role: UnitRole;
  readonly url: string;
  readonly state: RunState;
  /** What is not finished, by name; of a unit that is drained what its store keeps. */
  readonly left: Readonly<Record<string, number>>;
}

const folderName = "running";

function fileOf(dir: string, pid: number): string {
  return join(dir, folderName, `${pid}.json`);
}

/** Writes or replaces the record of a process. */
export function writeRunRecord(dir: string, record: RunRecord): void {
  mkdirSync(join(dir, folderName), { recursive: true, mode: 0o700 });
  const draft = `${fileOf(dir, record.pid)}.new`;
  writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(draft, fileOf(dir, record.pid));
}

export function removeRunRecord(dir: string, pid: number): void {
  rmSync(fileOf(dir, pid), { force: true });
}

/** The record of a process, whether it runs or not; null where there is none. */
export function runRecordOf(dir: string, pid: number): RunRecord | null {
  try {
    return JSON.parse(readFileSync(fileOf(dir, pid), "utf8")) as RunRecord;
  } catch {
    return null;
  }
}

function pidsIn(dir: string): readonly number[] {
  try {
    const names = readdirSync(join(dir, folderName));
    return names.flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []));
  } catch {
    return [];
  }
}

/** The processes that have the folder open. */
export function runningIn(dir: string): readonly RunRecord[] {
  const records = pidsIn(dir).map((pid) => runRecordOf(dir, pid));
  return records.filter((record): record is RunRecord => record !== null && isAlive(record));
}

/** Takes away what processes left that are gone. */
export function clearEndedRuns(dir: string): void {
  for (const pid of pidsIn(dir)) {
    const record = runRecordOf(dir, pid);
    if (record === null || !isAlive(record)) removeRunRecord(dir, pid);
  }
}
