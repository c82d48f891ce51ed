/**
 * `nymcompute backup` and `nymcompute restore`: a unit's store into a folder while the unit runs, and
 * back into an empty data folder.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { type BackupRecord, backupStore, restoreStore } from "../../node/store/backup.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

const dataOption = {
  name: "data",
  kind: "string",
  placeholder: "DIR",
} as const;

export const backupCommand: Command = defineCommand({
  command: "nymcompute backup",
  summary:
    "Copies a unit's store into a folder; the unit may run meanwhile. Its key is not copied.",
  options: [
    { ...dataOption, help: "the unit's data folder, as its own --data names it" },
    {
      name: "to",
      kind: "string",
      env: null,
      placeholder: "DIR",
      help: "where the copy goes; a folder without a store",
    },
  ],
  run: async ({ values, terminal }) => {
    const dir = folderOf(values.data, "data", terminal);
    const target = folderOf(values.to, "to", terminal);
    const stop = showSize(join(target, "store.mdb.part"), terminal);
    try {
      const record = await backupStore({ dir, target, clock: systemClock });
      return { json: { ...record, folder: target }, text: `${recordText(record)}\n${target}` };
    } finally {
      stop();
    }
  },
});

export const restoreCommand: Command = defineCommand({
  command: "nymcompute restore",
  summary:
    "Makes a unit's store of a copy, in a data folder without one. Start the unit on it with its key.",
  options: [
    { name: "from", kind: "string", env: null, placeholder: "DIR", help: "the copy" },
    { ...dataOption, help: "the data folder of the unit that will run on it" },
    {
      name: "newest",
      kind: "boolean",
      env: null,
      default: false,
      help: "of a scheduler: it signed nothing after the copy was made; no witness is asked",
    },
  ],
  run: async ({ values, terminal }) => {
    const from = folderOf(values.from, "from", terminal);
    const dir = folderOf(values.data, "data", terminal);
    const stop = showSize(join(dir, "store.mdb.part"), terminal);
    try {
      const record = await restoreStore({ from, dir, isNewest: values.newest });
      if (record.role === "scheduler" && !values.newest) terminal.note(schedulerNote);
      return { json: { ...record, folder: dir }, text: `${recordText(record)}\n${dir}` };
    } finally {
      stop();
    }
  },
});

const schedulerNote =
  "it serves reads until a witness confirms that this copy is the newest: start it with --witness; or restore with --newest, if you know";

function recordText({ role, bytes, at, sha256 }: BackupRecord): string {
  const made = new Date(at).toISOString();
  return `${role}, ${bytes} bytes, made ${made}\nsha256 ${sha256}`;
}

function folderOf(value: string | undefined, name: string, terminal: Terminal): string {
  if (value !== undefined) return resolve(terminal.folder, value);
  throw new CliError(
    "ARGUMENT_INVALID",
    { expected: `--${name} DIR` },
    `name a folder: --${name} DIR`,
  );
}

/** Shows how large a file has become, until it is told to stop. */
function showSize(file: string, terminal: Terminal): () => void {
  const show = async (): Promise<void> => {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > 0) terminal.progress(`${(size / 1_048_576).toFixed(0)} MiB copied …`);
  };
  const timer = setInterval(() => void show(), 500);
  return () => {
    clearInterval(timer);
    terminal.progress(null);
  };
}
