import { expect, test } from "vitest";
import { systemRandom } from "../src/base/random.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { LeaseStore } from "../src/node/store/ports/lease-store.ts";
import { ManualClock } from "../src/testing/store-compliance/manual-clock.ts";
import { SchedulerInstance } from "./instance.ts";

/** Lets everything go on that waits for no time to pass. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Moves time in steps in which every instance renews. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await settled();
  }
}

interface Pair {
  readonly clock: ManualClock;
  readonly leases: LeaseStore;
  readonly leader: SchedulerInstance;
  readonly other: SchedulerInstance;
}

async function pair(): Promise<Pair> {
  const clock = new ManualClock();
  const { lease: leases } = await openMemoryStores({ role: "scheduler", clock });
  const [leader, other] = [0, 1].map(
    () => new SchedulerInstance({ leases, clock, random: systemRandom }),
  ) as [SchedulerInstance, SchedulerInstance];
  await leader.start();
  await other.start();
  return { clock, leases, leader, other };
}

test("one of two instances leads, and the other takes over when it has stopped", async () => {
  const { clock, leader, other } = await pair();
  await pass(clock, 10_000);
  expect([leader.state, other.state]).toEqual(["leading", "standby"]);
  expect(() => other.epoch()).toThrow(/^UNAVAILABLE/);
  await leader.stop();
  await pass(clock, 1_000);
  expect(other.state).toBe("leading");
  expect(other.epoch()).toBe(1);
  await other.stop();
});

test("a clock that is put back an hour neither takes the lease nor keeps it from the other", async () => {
  const { clock, leases, leader, other } = await pair();
  clock.advance(-3_600_000);
  await pass(clock, 10_000);
  expect([leader.state, other.state]).toEqual(["leading", "standby"]);
  await Promise.all([leader.stop(), other.stop()]);
  // One that was killed never gives its lease back.
  await leases.acquire("scheduler", "killed", 2_000);
  clock.advance(-3_600_000);
  const next = new SchedulerInstance({ leases, clock, random: systemRandom });
  await next.start();
  expect(next.state).toBe("standby");
  await pass(clock, 3_000);
  expect(next.state).toBe("leading");
  await next.stop();
});

test("is fenced for good by a later epoch, but not by one of its own", async () => {
  const { leader, other } = await pair();
  leader.fenced(0);
  expect(leader.state).toBe("fenced");
  expect(() => leader.epoch()).toThrow(/^FENCED/);
  await leader.stop();
  await other.stop();
  const { clock, leases, leader: again, other: idle } = await pair();
  await idle.stop();
  const stalled = again.epoch();
  // Another run had the lease in between and gave it back; this one takes it anew.
  clock.advance(2_000);
  const between = await leases.acquire("scheduler", "between", 100);
  await leases.release("scheduler", "between", between?.epoch ?? -1);
  await pass(clock, 1_000);
  expect(again.epoch()).toBeGreaterThan(stalled);
  again.fenced(stalled);
  expect(again.state).toBe("leading");
  await again.stop();
});
