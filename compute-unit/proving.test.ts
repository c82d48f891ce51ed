import { expect, test } from "vitest";
import type { Clock } from "../src/base/clock.ts";
import { systemClock } from "../src/base/clock.ts";
import { CodedError } from "../src/base/error.ts";
import { MemoryDisk } from "../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { ProofStore } from "../src/node/store/ports/proof-store.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import type { QueuedSlot } from "./proof-order.ts";
import { Proving, type SlotProving } from "./proving.ts";
import type { ProvenSlot } from "./slot-prover.ts";

const p = new Uint8Array(32).fill(1);
const logger = { ...quietLogger, error: () => undefined };
/** Pauses are over at once. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
const proven: ProvenSlot = {
  outcome: { kind: "proven", proof: Uint8Array.of(1, 2) },
  seconds: 1,
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

test("a full queue says so, and takes the slot when it is asked for later", async () => {
  const { proofs } = await openMemoryStores({ role: "compute" });
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const proving = provingWith(proofs, () => gate.then(() => proven), 1);
  await proving.add([0, 1].map((slot) => ({ process: p, slot })));
  await expect.poll(() => stateOf(proving, 0)).toBe("proving");
  expect(await stateOf(proving, 1)).toBe("queued");
  expect(await stateOf(proving, 2)).toBe("unprovable: the proving queue is full");
  letGo();
  await expect.poll(() => stateOf(proving, 2)).toBe("proven");
  await proving.stop();
});
