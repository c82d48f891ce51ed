import { expect, test } from "vitest";
import type { Clock } from "../src/base/clock.ts";
import { systemClock } from "../src/base/clock.ts";
import { CodedError } from "../src/base/error.ts";
import { MemoryDisk } from "../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { ProofStore } from "../src/node/store/ports/proof-store.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import { idText } from "../src/protocol/ids.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import type { QueuedSlot } from "./proof-order.ts";
import type { ProofSegments } from "./proof-pace.ts";
import { Proving, type SlotProving } from "./proving.ts";
import type { ProvenSlot } from "./slot-prover.ts";

const p = new Uint8Array(32).fill(1);
const logger = { ...quietLogger, error: () => undefined };
/** Pauses are over at once. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
const proven: ProvenSlot = {
  outcome: { kind: "proven", proof: Uint8Array.of(1, 2) },
  seconds: 2,
  gas: 2 ** 16,
};

function provingWith(
  proofs: ProofStore,
  prove: (queued: QueuedSlot) => Promise<ProvenSlot>,
  queueMax = 10,
): Proving {
  const prover: SlotProving = { prove };
  return new Proving({ proofs, prover, clock, logger, metrics: null, onNews: () => {}, queueMax });
}

const stateOf = async (proving: Proving, slot: number): Promise<string> => {
  const { state, reason } = await proving.state({ process: p, slot });
  return reason === null ? state : `${state}: ${reason}`;
};

test("a slot is queued by being asked for, proven once, and not again after a restart", async () => {
  const disk = new MemoryDisk();
  const stores = await openMemoryStores({ role: "compute", disk });
  let count = 0;
  const proving = provingWith(stores.proofs, () => {
    count++;
    return Promise.resolve(proven);
  });
  expect(await stateOf(proving, 0)).toBe("queued");
  await expect.poll(() => stateOf(proving, 0)).toBe("proven");
  await proving.stop();
  await stores.close();
  const reopened = await openMemoryStores({ role: "compute", disk });
  const later = provingWith(reopened.proofs, () => Promise.reject(new Error("asked again")));
  await later.resume();
  expect(await stateOf(later, 0)).toBe("proven");
  expect(count).toBe(1);
  expect(await reopened.proofs.proof(p, 0)).toEqual(Uint8Array.of(1, 2));
  await later.stop();
});

test("what was being proven when the unit was killed, and what waited, is proven by the next one", async () => {
  const disk = new MemoryDisk();
  const first = await openMemoryStores({ role: "compute", disk });
  const stuck = provingWith(first.proofs, () => new Promise(() => {}));
  await stuck.add([0, 1].map((slot) => ({ process: p, slot })));
  await expect.poll(() => stateOf(stuck, 0)).toBe("proving");
  disk.kill();
  const second = await openMemoryStores({ role: "compute", disk });
  const proving = provingWith(second.proofs, () => Promise.resolve(proven));
  await proving.resume();
  await expect.poll(() => proving.queueLength).toBe(0);
  expect(await stateOf(proving, 0)).toBe("proven");
  expect(await stateOf(proving, 1)).toBe("proven");
  await proving.stop();
});

test("a slot on which the prover fails three times is unprovable, and the others go on", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  const tried: number[] = [];
  const proving = provingWith(proofs, ({ slot }) => {
    tried.push(slot);
    return slot === 0 ? Promise.reject(new Error("out of memory")) : Promise.resolve(proven);
  });
  await proving.add([0, 1].map((slot) => ({ process: p, slot })));
  await expect.poll(() => stateOf(proving, 0)).toBe("unprovable: the prover failed");
  expect(await stateOf(proving, 1)).toBe("proven");
  expect(tried.filter((slot) => slot === 0)).toHaveLength(3);
  await proving.stop();
});

test("bytes that nobody gives for now, and the unit's end, do not count against a slot", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let missing = 8;
  const proving = provingWith(proofs, () =>
    missing-- > 0
      ? Promise.reject(new CodedError("UNAVAILABLE", {}))
      : new Promise<ProvenSlot>(() => {}),
  );
  await proving.add([{ process: p, slot: 0 }]);
  await expect.poll(() => missing).toBe(-1);
  await proving.stop();
  expect(await proofs.queued(2)).toMatchObject([{ slot: 0, attempts: 0 }]);
});

test("a slot that the unit began ten times and never ended is left alone, one killed less often is proven", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  const jobs = [0, 1].map((slot) => ({ process: p, slot, queuedAt: 1 }));
  await proofs.enqueue(jobs);
  for (let i = 0; i < 10; i++) await proofs.begin(p, 0);
  for (let i = 0; i < 9; i++) await proofs.begin(p, 1);
  const proving = provingWith(proofs, () => Promise.resolve(proven));
  await proving.resume();
  await expect.poll(() => proving.queueLength).toBe(0);
  expect(await stateOf(proving, 0)).toBe("unprovable: the prover failed");
  expect(await stateOf(proving, 1)).toBe("proven");
  await proving.stop();
});

test("a full disk is waited out, and what it did not take is proven later", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let isFull = true;
  let tries = 0;
  const settle: ProofStore["settle"] = (...call) => {
    if (isFull && ++tries === 5) isFull = false;
    if (isFull) return Promise.reject(new StoreError("STORE_FULL"));
    return proofs.settle(...call);
  };
  const full: ProofStore = new Proxy(proofs, {
    get: (target, name) =>
      name === "settle" ? settle : (Reflect.get(target, name) as () => void).bind(target),
  });
  const proving = provingWith(full, () => Promise.resolve(proven));
  await proving.add([{ process: p, slot: 0 }]);
  await expect.poll(() => stateOf(proving, 0)).toBe("proven");
  expect(tries).toBe(5);
  await proving.stop();
});

test("a process whose bytes nobody gives does not keep the others waiting, and says why it waits", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  const pauses: number[] = [];
  let letGo = (): void => undefined;
  const rest = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const resting: Clock = {
    ...systemClock,
    sleep: (ms) => {
      pauses.push(ms);
      return rest;
    },
  };
  const other = new Uint8Array(32).fill(2);
  const prover: SlotProving = {
    prove: ({ process }) =>
      process[0] === 1
        ? Promise.reject(new CodedError("UNAVAILABLE", {}))
        : Promise.resolve(proven),
  };
  const parts = { proofs, prover, logger, metrics: null, onNews: () => {} };
  const proving = new Proving({ ...parts, clock: resting });
  await proving.add([0, 1].map((slot) => ({ process: p, slot })));
  await proving.add([{ process: other, slot: 0 }]);
  await expect.poll(() => proofs.standing(other, 0)).toEqual({ kind: "proven" });
  expect(await stateOf(proving, 0)).toBe("queued: UNAVAILABLE");
  expect(pauses).toEqual([1000, 1000]);
  const stopped = proving.stop();
  letGo();
  await stopped;
});

test("what memory has no room for waits in the store, and its turn comes without being asked for", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  const order: number[] = [];
  const gates: (() => void)[] = [];
  const proving = provingWith(
    proofs,
    ({ slot }) => {
      order.push(slot);
      return new Promise((resolve) => gates.push(() => resolve(proven)));
    },
    2,
  );
  await proving.add([0, 1, 2, 3, 4, 5].map((slot) => ({ process: p, slot })));
  expect(proving.queueLength).toBe(6);
  // Slot 5 is not in memory, but who waits for it is not sent away.
  const leave = proving.wait(p, 5);
  expect(await stateOf(proving, 5)).toBe("queued");
  for (let done = 0; done < 6; done++) {
    await expect.poll(() => gates.length).toBe(done + 1);
    gates[done]?.();
  }
  await expect.poll(() => proving.queueLength).toBe(0);
  leave();
  expect(order[1]).toBe(5);
  expect([...order].sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
  for (const slot of order) expect(await stateOf(proving, slot)).toBe("proven");
  await proving.stop();
});

test("the newest slots that were never queued are, back to one that was", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  await proofs.settle(p, 2, { kind: "unprovable", reason: "gas" });
  const proving = provingWith(proofs, () => Promise.resolve(proven));
  await proving.catchUp(p, 6);
  await expect.poll(() => proving.queueLength).toBe(0);
  const standings = await Promise.all([0, 1, 2, 3, 4, 5].map((slot) => proofs.standing(p, slot)));
  const kinds = standings.map((standing) => standing?.kind ?? "none");
  expect(kinds).toEqual(["none", "none", "unprovable", "proven", "proven", "proven"]);
  await proving.stop();
});

test("who asks is told how many proofs go before, and how long that may take at the pace of late", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let now = 0;
  const gates: (() => void)[] = [];
  const prover: SlotProving = {
    prove: () => new Promise((resolve) => gates.push(() => resolve(proven))),
  };
  const stopped: Clock = { ...clock, monotonic: () => now };
  let segments: ProofSegments | null = null;
  const parts = { proofs, prover, logger, metrics: null, onNews: () => {} };
  const proving = new Proving({ ...parts, clock: stopped, segments: () => segments });
  await proving.add([0, 1, 2, 3].map((slot) => ({ process: p, slot })));
  await expect.poll(() => gates.length).toBe(1);
  const progress = (slot: number, gas: number | null) =>
    proving.progress({ process: p, slot }, gas);
  expect(progress(0, 1000)).toEqual({ position: 0, secondsLeft: null, segments: null });
  gates[0]?.();
  await expect.poll(() => gates.length).toBe(2);
  // 2^17 rows took two seconds.
  expect(proving.rowsPerSecond).toBe(2 ** 16);
  expect(progress(1, 3 * 2 ** 16)).toEqual({ position: 0, secondsLeft: 4, segments: null });
  now = 1000;
  expect(progress(1, 3 * 2 ** 16)).toEqual({ position: 0, secondsLeft: 3, segments: null });
  expect(progress(3, 2 ** 16)).toEqual({ position: 2, secondsLeft: 5, segments: null });
  const leave = proving.wait(p, 3);
  expect(progress(3, 2 ** 16)).toEqual({ position: 1, secondsLeft: 3, segments: null });
  leave();
  // Of a long run that is being proven, its own pace says more.
  segments = { done: 1, total: 20, doneMs: 1000 };
  expect(progress(1, null)).toEqual({ position: 0, secondsLeft: 19, segments });
  await proving.stop();
});

test("the queue shows what is made, what comes in which order, and what was settled last", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let letGo = (): void => undefined;
  const proving = provingWith(proofs, ({ slot }) => {
    if (slot === 0) return Promise.resolve(proven);
    if (slot === 1) {
      const outcome = { kind: "unprovable", reason: "gas" } as const;
      return Promise.resolve({ outcome, seconds: null, gas: null });
    }
    return new Promise<ProvenSlot>((resolve) => {
      letGo = () => resolve(proven);
    });
  });
  const gasOf = () => Promise.resolve(2 ** 16);
  const before = Date.now();
  expect(await proving.queue(10, gasOf)).toMatchObject({ current: null, queue: [], waiting: 0 });
  await proving.add([0, 1, 2, 3, 4].map((slot) => ({ process: p, slot })));
  await expect.poll(() => stateOf(proving, 2)).toBe("proving");
  const queue = await proving.queue(10, gasOf);
  const process = idText(p);
  expect(queue).toMatchObject({
    prover: true,
    waiting: 3,
    current: { process, slot: 2, secondsLeft: 2, segments: null, segmentsDone: null },
    queue: [
      { process, slot: 3, position: 1, secondsLeft: 4, reason: null },
      { process, slot: 4, position: 2, secondsLeft: 6, reason: null },
    ],
    proven: [{ process, slot: 0, seconds: 2, bytes: 2, gasUsed: 2 ** 16 }],
    unprovable: [{ process, slot: 1, reason: "gas" }],
  });
  expect(queue.proven[0]?.at).toBeGreaterThanOrEqual(queue.since);
  expect(queue.current?.startedAt).toBeGreaterThanOrEqual(before);
  expect((await proving.queue(1, gasOf)).queue.length).toBe(1);
  letGo();
  await proving.stop();
});

test("slots that are queued at once by many are all counted, and none that is settled", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const proving = provingWith(proofs, async () => {
    await gate;
    return proven;
  });
  await Promise.all([0, 1, 2, 3].map((slot) => proving.add([{ process: p, slot }])));
  expect(proving.queueLength).toBe(4);
  letGo();
  await expect.poll(() => proofs.queuedCount()).toBe(0);
  await expect.poll(() => proving.queueLength).toBe(0);
  await proving.stop();
});
