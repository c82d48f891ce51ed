import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { sha256Of } from "../../testing/store-compliance/harness.ts";
import { backupStore, restoreStore } from "./backup.ts";
import { openStores } from "./open.ts";

const fixture = fileURLToPath(new URL("append-load.fixture.mjs", import.meta.url));
const clock = { now: () => 1_000 };
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nymcompute-backup-"));
  folders.push(folder);
  return folder;
}

/** A backup of a small store. */
async function smallBackup(folder: string): Promise<string> {
  const stores = await openStores({ dir: join(folder, "store"), role: "messenger" });
  await stores.close();
  const target = join(folder, "copy");
  await backupStore({ dir: join(folder, "store"), target, clock });
  return target;
}

test("a copy made while another process writes holds all that was acknowledged before", async () => {
  const folder = await newFolder();
  const dir = join(folder, "store");
  const child = spawn(process.execPath, [fixture, dir, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  while (lines.length < 300) await once(reader, "line");
  const before = lines.slice();
  const record = await backupStore({ dir, target: join(folder, "copy"), clock });
  const during = lines.length - before.length;
  while (lines.length < before.length + during + 30) await once(reader, "line");
  child.kill("SIGKILL");
  await exited;
  expect(record).toMatchObject({ role: "scheduler", at: 1_000 });

  expect(await restoreStore({ from: join(folder, "copy"), dir: join(folder, "back") })).toEqual(
    record,
  );
  const restored = await openStores({ dir: join(folder, "back"), role: "scheduler" });
  for (const line of before) {
    const [name = "", message = "", , slot] = line.split(",");
    const entry = await restored.log.entry(sha256Of(Buffer.from(name)), Number(slot));
    expect(entry?.messageId, line).toEqual(sha256Of(Buffer.from(message)));
  }
  await restored.close();
}, 60_000);

test("a folder that holds a store is left alone by both", async () => {
  const folder = await newFolder();
  const copy = await smallBackup(folder);
  const dir = join(folder, "store");
  const conflict = { code: "STORE_CONFLICT" };
  await expect(backupStore({ dir, target: copy, clock })).rejects.toMatchObject(conflict);
  await expect(restoreStore({ from: copy, dir })).rejects.toMatchObject(conflict);
});

test("a changed, short or unfinished copy becomes no store", async () => {
  const folder = await newFolder();
  const copy = await smallBackup(folder);
  const back = join(folder, "back");
  const bytes = await readFile(join(copy, "store.mdb"));
  const changed = bytes.slice();
  changed[9_000] = (changed[9_000] ?? 0) ^ 1;
  await writeFile(join(copy, "store.mdb"), changed);
  const corrupt = { code: "STORE_CORRUPT" };
  await expect(restoreStore({ from: copy, dir: back })).rejects.toMatchObject(corrupt);
  await writeFile(join(copy, "store.mdb"), bytes);
  await truncate(join(copy, "store.mdb"), bytes.length - 4096);
  await expect(restoreStore({ from: copy, dir: back })).rejects.toMatchObject(corrupt);
  await writeFile(join(copy, "backup.json"), '{"role":"messenger"}');
  await expect(restoreStore({ from: copy, dir: back })).rejects.toMatchObject(corrupt);
  await rm(join(copy, "backup.json"));
  await expect(restoreStore({ from: copy, dir: back })).rejects.toMatchObject({ code: "STORE_IO" });
  expect(await readdir(back)).not.toContain("store.mdb");
});

test("a copy holds two files, and a folder without a store has nothing to copy", async () => {
  const folder = await newFolder();
  expect((await readdir(await smallBackup(folder))).sort()).toEqual(["backup.json", "store.mdb"]);
  const nothing = backupStore({ dir: join(folder, "none"), target: join(folder, "x"), clock });
  await expect(nothing).rejects.toMatchObject({ code: "STORE_IO" });
});
