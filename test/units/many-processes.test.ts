import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { resultRecord } from "../../src/protocol/result.ts";
import { ComputeNetwork } from "../rules/compute-network.ts";

const counter = new Uint8Array(
  await readFile(new URL("../../dist/processes/counter.wasm", import.meta.url)),
);

let network: ComputeNetwork;
beforeEach(async () => {
  network = await ComputeNetwork.open({ limits: { awakeMax: 3, pollsMax: 1 } });
});
afterEach(() => network.close());

test("a unit with few places in memory serves many processes, each from where it stood", async () => {
  const processes = [];
  for (let i = 0; i < 8; i++) processes.push(await network.spawn(counter));
  for (let slot = 0; slot < 3; slot++) {
    for (const process of processes) {
      if (slot > 0) await network.send(process, "Increment");
      const found = await network.client.evaluation(process, slot, { timeoutMs: 20_000 });
      const result = resultRecord.decode(found?.result ?? new Uint8Array(0));
      expect({ slot: result.slot, exit: result.exit }).toEqual({ slot, exit: 0 });
    }
    const counts = Object.values(network.counts());
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3);
  }
});

test("a spawn costs one look at its log, and so does a message of one that was let go", async () => {
  const processes = [];
  for (let i = 0; i < 5; i++) {
    const process = await network.spawn(counter);
    expect(await network.client.evaluation(process, 0, { timeoutMs: 20_000 })).not.toBeNull();
    processes.push(process);
  }
  const [first, ...others] = processes;
  if (first === undefined) throw new Error("no process");
  // One of them at a time has a long poll, which is a look as well.
  expect(network.readCount).toBeLessThanOrEqual(2 * processes.length);
  expect(Object.values(network.counts()).reduce((sum, count) => sum + count, 0)).toBe(3);
  const before = network.readCount;
  await network.send(others[0] ?? first, "Increment");
  const found = await network.client.evaluation(others[0] ?? first, 1, { timeoutMs: 20_000 });
  expect(resultRecord.decode(found?.result ?? new Uint8Array(0)).exit).toBe(0);
  expect(network.readCount - before).toBeLessThanOrEqual(2);
  // The first was let go: what is in the store is there at once.
  const start = performance.now();
  expect(await network.client.evaluation(first, 0, { timeoutMs: 20_000 })).not.toBeNull();
  expect(performance.now() - start).toBeLessThan(3000);
});

test("who waits for what is in no log yet has it soon, also without a place for a long poll", async () => {
  const processes = [];
  for (let i = 0; i < 3; i++) processes.push(await network.spawn(counter));
  await Promise.all(processes.map((process) => network.client.evaluation(process, 0)));
  const start = performance.now();
  const waiting = processes.map((process) =>
    network.client.evaluation(process, 1, { timeoutMs: 20_000 }),
  );
  for (const process of processes) await network.send(process, "Increment");
  const found = await Promise.all(waiting);
  expect(found.every((evaluation) => evaluation !== null)).toBe(true);
  // A look every 25 s would be too late for it.
  expect(performance.now() - start).toBeLessThan(15_000);
});
