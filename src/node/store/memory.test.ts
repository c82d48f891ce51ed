/**
 * The stores in memory: the compliance suite, and the faults that only they can have.
 *
 * @module
 */

import { describe, expect, test } from "vitest";
import { bytesOf, idOf, sha256Of } from "../../testing/store-compliance/harness.ts";
import { appendRequest } from "../../testing/store-compliance/log-requests.ts";
import { ManualClock } from "../../testing/store-compliance/manual-clock.ts";
import { storeCompliance } from "../../testing/store-compliance/store-compliance.ts";
import { KeyedLogStore } from "./keyed/log-store.ts";
import { MemoryDisk, MemoryEngine } from "./memory-engine.ts";
import { openMemoryStores } from "./open-memory.ts";
import type { TableName } from "./schema.ts";
import { isIndeterminate } from "./store-error.ts";

describe("memory", () => {
  storeCompliance(() => {
    const disk = new MemoryDisk();
    return Promise.resolve({
      open: (role, options) => openMemoryStores({ role, disk, ...options }),
      drop: () => Promise.resolve(),
    });
  });
});

const p = idOf("p");

test("a fault before the commit: nothing happened, and the same request succeeds", async () => {
  let faults = 0;
  const beforeCommit = (): void => {
    if (faults-- > 0) throw new Error("the disk is gone");
  };
  const { log } = await openMemoryStores({ role: "scheduler", faults: { beforeCommit } });
  faults = 1;
  const request = appendRequest(p, "m", { slot: 0 });
  const error: unknown = await log.append([request]).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "STORE_IO" });
  expect(isIndeterminate(error)).toBe(true);
  expect(await log.head(p)).toBeNull();
  expect((await log.append([request]))[0]?.kind).toBe("appended");
});

test("a lost reply: it happened, and the same request tells where", async () => {
  let faults = 0;
  const afterCommit = (): void => {
    if (faults-- > 0) throw new Error("the reply is lost");
  };
  const { log } = await openMemoryStores({ role: "scheduler", faults: { afterCommit } });
  faults = 1;
  const request = appendRequest(p, "m", { slot: 0 });
  const error: unknown = await log.append([request]).catch((reason: unknown) => reason);
  expect(isIndeterminate(error)).toBe(true);
  expect(await log.append([request])).toEqual([{ kind: "duplicate", slot: 0 }]);
});

test("a killed owner loses what was not written, and its successor opens the disk", async () => {
  const disk = new MemoryDisk();
  let hold: Promise<void> = Promise.resolve();
  const first = await openMemoryStores({
    role: "scheduler",
    disk,
    faults: { beforeCommit: () => hold },
  });
  await first.log.append([appendRequest(p, "m0", { slot: 0 })]);
  let letGo = (): void => undefined;
  hold = new Promise((resolve) => {
    letGo = resolve;
  });
  const late = first.log.append([appendRequest(p, "m1", { slot: 1 })]);
  disk.kill();
  const second = await openMemoryStores({ role: "scheduler", disk });
  await second.log.append([appendRequest(p, "m2", { slot: 1 })]);
  letGo();
  await expect(late).rejects.toMatchObject({ code: "STORE_CLOSED" });
  const entries = await second.log.range(p, 0, 10);
  expect(entries.map((entry) => entry.messageId)).toEqual([idOf("m0"), idOf("m2")]);
});

test("a copied disk does not see later writes", async () => {
  const disk = new MemoryDisk();
  const stores = await openMemoryStores({ role: "scheduler", disk });
  await stores.log.append([appendRequest(p, "m0", { slot: 0 })]);
  const copy = disk.copy();
  await stores.log.append([appendRequest(p, "m1", { slot: 1 })]);
  const restored = await openMemoryStores({ role: "scheduler", disk: copy });
  expect((await restored.log.head(p))?.next).toBe(1);
});

test("a tail whose wake-up is lost finds the entry at its next poll", async () => {
  const engine = new MemoryEngine(new MemoryDisk());
  const clock = new ManualClock();
  // Two instances on one engine: an append by one never wakes the other's tails.
  const [writer, reader] = [0, 1].map(() => new KeyedLogStore({ engine, clock }));
  const abort = new AbortController();
  const tail = reader?.tail(p, 0, abort.signal)[Symbol.asyncIterator]();
  const next = tail?.next();
  await expect.poll(() => clock.sleeping).toBe(1);
  await writer?.append([appendRequest(p, "m", { slot: 0 })]);
  clock.advance(999);
  expect(clock.sleeping).toBe(1);
  clock.advance(1);
  expect(await next).toMatchObject({ done: false, value: { slot: 0 } });
});

/** Flips a bit of the middle of every row of a table. */
function damage(disk: MemoryDisk, table: TableName): void {
  const rows = [...disk.table(table).range({ from: new Uint8Array(0) })];
  expect(rows).not.toEqual([]);
  for (const { key, value } of rows) {
    value[value.length >> 1] = (value[value.length >> 1] ?? 0) ^ 4;
    disk.table(table).write(key, value);
  }
}

test("damaged pages and chunks of a checkpoint are noticed when it is loaded", async () => {
  const pages = [{ index: 3, bytes: bytesOf(1, 4_096) }];
  const common = { process: p, root: p, pageCount: 1, globals: new Uint8Array(0), pages };
  for (const table of ["checkpoint-chunk", "checkpoint-delta"] as const) {
    const disk = new MemoryDisk();
    const { checkpoints } = await openMemoryStores({ role: "compute", disk });
    await checkpoints.save([
      { ...common, slot: 0, full: true },
      { ...common, slot: 1, full: false },
    ]);
    expect((await checkpoints.load(p))?.slot).toBe(1);
    damage(disk, table);
    await expect(checkpoints.load(p), table).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    if (table === "checkpoint-delta") expect((await checkpoints.load(p, 0))?.slot).toBe(0);
  }
});

test("damaged content is noticed when it is read", async () => {
  const disk = new MemoryDisk();
  const { content } = await openMemoryStores({ role: "compute", disk });
  const bytes = bytesOf(1, 1_000);
  await content.reserve(sha256Of(bytes), 1_000, Date.now() + 60_000);
  await content.put(sha256Of(bytes), bytes);
  damage(disk, "content");
  await expect(content.get(sha256Of(bytes))).rejects.toMatchObject({ code: "STORE_CORRUPT" });
});

test("an entry whose bytes are gone is an error, never an entry without them", async () => {
  for (const table of ["entry-bytes", "data"] as const) {
    const disk = new MemoryDisk();
    const { log } = await openMemoryStores({ role: "scheduler", disk });
    await log.append([appendRequest(p, "m", { slot: 0, dataBytes: 10 })]);
    for (const { key } of [...disk.table(table).range({ from: new Uint8Array(0) })]) {
      disk.table(table).write(key, null);
    }
    await expect(log.range(p, 0, 10), table).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  }
});

test("dropping checkpoints gives their rows back", async () => {
  const disk = new MemoryDisk();
  const { checkpoints } = await openMemoryStores({ role: "compute", disk });
  const pages = [{ index: 3, bytes: bytesOf(1, 4_096) }];
  const common = { process: p, root: p, pageCount: 1, globals: new Uint8Array(0), pages };
  for (let slot = 0; slot < 6; slot++) {
    await checkpoints.save([{ ...common, slot, full: slot % 2 === 0 }]);
  }
  await checkpoints.retain(p, []);
  const rows = (["checkpoint", "checkpoint-delta", "checkpoint-chunk"] as const).map(
    (table) => [...disk.table(table).range({ from: new Uint8Array(0) })].length,
  );
  // The newest, slot 5, is a delta on the base at slot 4 with its one chunk.
  expect(rows).toEqual([2, 1, 1]);
});
