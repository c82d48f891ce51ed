import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { markOf } from "../node/store/process-mark.ts";
import { writeRunRecord } from "../node/unit/run-record.ts";
import { checkCopies, checkFolder, checkKey } from "./doctor-folder.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nymcompute-doctor-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("a folder that others may enter is named, and so is what runs on it", async () => {
  const [closed] = await checkFolder(dir, systemClock);
  expect(closed).toMatchObject({ state: "ok", found: `${dir}  no store`, mend: null });
  await writeFile(join(dir, "store.mdb"), "");
  expect((await checkFolder(dir, systemClock))[0]?.found).toBe(`${dir}  nothing runs on it`);
  const { pid } = process;
  writeRunRecord(dir, { ...markOf(pid), role: "witness", url: "", state: "running", left: {} });
  await chmod(dir, 0o755);
  const [open] = await checkFolder(dir, systemClock);
  expect(open).toMatchObject({ state: "warning", found: `${dir}  witness running, pid ${pid}` });
  expect(open?.mend).toContain("chmod 700");
});

test("a folder that is not there is bad, and a slow disk is said to be slow", async () => {
  expect(await checkFolder(join(dir, "nowhere"), systemClock)).toMatchObject([{ state: "bad" }]);
  let ms = 0;
  const slow = { monotonic: () => (ms += 30) };
  const sync = (await checkFolder(dir, slow)).find(({ name }) => name === "fsync");
  expect(sync).toMatchObject({ state: "warning", found: "30.0 ms until a write is on the disk" });
});

test("a key that others can read is bad, and so is one that is not there", async () => {
  const key = join(dir, "unit.key");
  expect(await checkKey(key)).toMatchObject({ state: "bad" });
  await writeFile(key, "", { mode: 0o600 });
  expect(await checkKey(key)).toMatchObject({ state: "ok", found: `${key}  mode 600` });
  await chmod(key, 0o640);
  expect(await checkKey(key)).toMatchObject({ state: "bad", found: `${key}  mode 640` });
});

test("the newest copy counts, however many older ones there are", async () => {
  expect(await checkCopies(dir, systemClock)).toMatchObject({ state: "bad" });
  const copy = async (name: string, at: number): Promise<void> => {
    await mkdir(join(dir, name));
    const record = { role: "scheduler", format: 1, bytes: 1, sha256: "", at };
    await writeFile(join(dir, name, "backup.json"), JSON.stringify(record));
  };
  const hour = 3_600_000;
  const now = 1000 * hour;
  await copy("old", now - 100 * hour);
  const clock = { now: () => now };
  expect(await checkCopies(dir, clock)).toMatchObject({ state: "warning" });
  await copy("new", now - 5 * hour);
  expect(await checkCopies(dir, clock)).toMatchObject({
    state: "ok",
    found: "2, the newest of a scheduler, 5 hours old",
  });
});
