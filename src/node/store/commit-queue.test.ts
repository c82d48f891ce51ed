/**
 * Group commit: order, refusals, bounds, and transactions that fail.
 *
 * @module
 */

import { expect, test } from "vitest";
import { CommitQueue } from "./commit-queue.ts";
import { MemoryDisk, MemoryEngine } from "./memory-engine.ts";
import { groupUpdatesMax, pendingUpdatesMax } from "./store-limits.ts";

const key = Uint8Array.of(1);

/** An engine whose commits wait until the test lets them go, and a count of them. */
function heldEngine(): {
  readonly engine: MemoryEngine;
  readonly commits: () => number;
  readonly letGo: () => void;
} {
  let commits = 0;
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const beforeCommit = (): Promise<void> => held;
  const afterCommit = (): void => {
    commits++;
  };
  const engine = new MemoryEngine(new MemoryDisk(), { beforeCommit, afterCommit });
  return { engine, commits: () => commits, letGo };
}

test("updates submitted together share a transaction, in order", async () => {
  const { engine, commits, letGo } = heldEngine();
  const updates = [1, 2, 3].map((number) =>
    engine.update((tables) => {
      const before = tables.get("meta", key)?.[0] ?? 0;
      tables.put("meta", key, Uint8Array.of(number));
      return before;
    }),
  );
  letGo();
  expect(await Promise.all(updates)).toEqual([0, 1, 2]);
  expect(commits()).toBe(1);
});

test("a plan that throws takes nothing of its own and nobody else along", async () => {
  const engine = new MemoryEngine(new MemoryDisk());
  const before = engine.update((tables) => tables.put("meta", key, Uint8Array.of(7)));
  const refused = engine.update((tables) => {
    tables.put("meta", key, Uint8Array.of(8));
    throw new RangeError("no");
  });
  const after = engine.update((tables) => tables.get("meta", key)?.[0]);
  await before;
  await expect(refused).rejects.toThrow("no");
  expect(await after).toBe(7);
});

test("too many updates are refused with STORE_BUSY, the others happen in groups", async () => {
  const { engine, commits, letGo } = heldEngine();
  let done = 0;
  const waiting = Array.from({ length: pendingUpdatesMax }, () =>
    engine.update(() => {
      done++;
    }),
  );
  await expect(engine.update(() => undefined)).rejects.toMatchObject({
    code: "STORE_BUSY",
    indeterminate: false,
  });
  letGo();
  await Promise.all(waiting);
  expect(done).toBe(pendingUpdatesMax);
  expect(commits()).toBe(pendingUpdatesMax / groupUpdatesMax);
  await engine.update(() => undefined);
});

test("a transaction that cannot begin fails its updates and no later ones", async () => {
  let failures = 1;
  const queue = new CommitQueue({
    commit: (write) => {
      if (failures-- > 0) return Promise.reject(new Error("no transaction"));
      write({ get: () => null, view: () => null, range: () => [] }, () => undefined);
      return Promise.resolve();
    },
  });
  await expect(queue.submit(() => 1)).rejects.toThrow("no transaction");
  expect(await queue.submit(() => 2)).toBe(2);
});
