/**
 * What only durable stores promise: acknowledged means durable through kill -9, a full disk is an
 * error with a code, a lock outlives nobody.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { idOf, sha256Of } from "../../testing/store-compliance/harness.ts";
import { appendRequest } from "../../testing/store-compliance/log-requests.ts";
import { openStores } from "./open.ts";

const fixture = fileURLToPath(new URL("append-load.fixture.mjs", import.meta.url));
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nymcompute-durable-"));
  folders.push(folder);
  return folder;
}

interface Acknowledged {
  readonly process: string;
  readonly message: string;
  readonly slot: number;
}

/** Reads the child's lines until it has ended; `onLine` may end it. */
async function linesOf(
  child: ChildProcess,
  onLine: (count: number) => void = () => undefined,
): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error("the child has no output");
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    onLine(lines.length);
  }
  await exited;
  return lines;
}

function acknowledged(lines: readonly string[]): Acknowledged[] {
  return lines
    .map((line) => line.split(","))
    .filter(([, , kind]) => kind === "appended")
    .map(([process = "", message = "", , slot]) => ({ process, message, slot: Number(slot) }));
}

test("kill -9 under load loses nothing that was acknowledged, twice in a row", async () => {
  const dir = join(await newFolder(), "store");
  const all: Acknowledged[] = [];
  for (let round = 0; round < 2; round++) {
    const child = spawn(process.execPath, [fixture, dir, String(round * 1_000_000)]);
    const lines = await linesOf(child, (count) => {
      if (count === 300) child.kill("SIGKILL");
    });
    all.push(...acknowledged(lines));
    expect(all.length).toBeGreaterThanOrEqual((round + 1) * 300);
    // The lock of the dead process does not keep the next one out.
    const stores = await openStores({ dir, role: "scheduler" });
    for (const { process, message, slot } of all) {
      const entry = await stores.log.entry(sha256Of(Buffer.from(process)), slot);
      expect(entry?.messageId, `${message} at ${slot}`).toEqual(sha256Of(Buffer.from(message)));
      expect(Buffer.from(entry?.body ?? []).toString()).toBe(message.repeat(200));
    }
    const size = await stores.log.treeSize();
    const leaves: number[] = [];
    while (leaves.length < size - 1) {
      const page = await stores.log.leaves(leaves.length + 1, 1_000);
      leaves.push(...page.map((leaf) => leaf.treeIndex));
    }
    expect(leaves).toEqual(Array.from({ length: size - 1 }, (_, index) => index + 1));
    await stores.close();
  }
});

test("a file that may not grow is an error with a code, and what is there stays", async () => {
  const dir = join(await newFolder(), "store");
  // A limit of 2 MiB (in units of 1,024 bytes) on the size of every file the child writes.
  const command = `ulimit -f 2048; exec "${process.execPath}" "${fixture}" "${dir}" 0`;
  const lines = await linesOf(spawn("bash", ["-c", command]));
  expect(lines.at(-1)).toMatch(/^error,STORE_(IO|FULL),true,StoreError$/);
  const appended = acknowledged(lines);
  expect(appended.length).toBeGreaterThan(10);
  const stores = await openStores({ dir, role: "scheduler" });
  for (const { process, message, slot } of appended) {
    const found = await stores.log.slotOf(
      sha256Of(Buffer.from(process)),
      sha256Of(Buffer.from(message)),
    );
    expect(found, message).toBe(slot);
  }
  const [outcome] = await stores.log.append([appendRequest(idOf("new"), "m", { slot: 0 })]);
  expect(outcome?.kind).toBe("appended");
  await stores.close();
});

test("a live process keeps others out, with its pid in the error", async () => {
  const dir = join(await newFolder(), "store");
  const child = spawn(process.execPath, [fixture, dir, "0"]);
  let refusal: unknown;
  const attempt = (): Promise<void> =>
    openStores({ dir, role: "scheduler" }).then(
      (stores) => stores.close(),
      (error: unknown) => {
        refusal = error;
      },
    );
  const attempts: Promise<void>[] = [];
  await linesOf(child, () => {
    if (attempts.length > 0) return;
    attempts.push(attempt().finally(() => child.kill("SIGKILL")));
  });
  await Promise.all(attempts);
  expect(refusal).toMatchObject({ code: "STORE_LOCKED", fields: { pid: child.pid } });
});

test("the lock of another start of the same pid, or one cut short, is taken over", async () => {
  const dir = join(await newFolder(), "store");
  await (await openStores({ dir, role: "scheduler" })).close();
  const owner = { pid: process.pid, startedAt: "1", boot: "another boot" };
  for (const text of [JSON.stringify(owner), '{"pid":', ""]) {
    await writeFile(join(dir, "store.lock"), text);
    const stores = await openStores({ dir, role: "scheduler" });
    expect(await readFile(join(dir, "store.lock"), "utf8")).toContain(`"pid":${process.pid}`);
    await stores.close();
  }
  expect(await readdir(dir)).not.toContain("store.lock");
});

test("the folder is made for its owner alone", async () => {
  const dir = join(await newFolder(), "deep", "store");
  const stores = await openStores({ dir, role: "messenger" });
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  await stores.close();
});

test("a folder that cannot be made is an error with a code", async () => {
  const folder = await newFolder();
  await writeFile(join(folder, "file"), "");
  await expect(
    openStores({ dir: join(folder, "file", "store"), role: "messenger" }),
  ).rejects.toMatchObject({ code: "STORE_IO" });
});

test("no store uses lmdb-js's conditional writes, whose nesting defeats fencing", async () => {
  const sources = await readdir(new URL(".", import.meta.url), { recursive: true });
  const files = sources.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  expect(files).toContain("lmdb-engine.ts");
  for (const file of files) {
    const text = await readFile(new URL(file, import.meta.url), "utf8");
    expect(text, file).not.toMatch(/\.(ifVersion|ifNoExists|childTransaction)\(/);
    if (file !== "lmdb-engine.ts") expect(text, file).not.toMatch(/from "lmdb"/);
    if (file !== "rows.ts") expect(text, file).not.toMatch(/from "msgpackr"/);
  }
});
