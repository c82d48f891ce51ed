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

test("a clock that jumps an hour neither takes the lease nor keeps it from the other", async () => {
  const { clock, leases, leader, other } = await pair();
  for (const ms of [3_600_000, -7_200_000, 3_600_000]) {
    clock.jump(ms);
    await pass(clock, 5_000);
    expect([leader.state, other.state]).toEqual(["leading", "standby"]);
  }
  await Promise.all([leader.stop(), other.stop()]);
  // One that was killed never gives its lease back.
  await leases.acquire("scheduler", "killed", 1_500);
  const next = new SchedulerInstance({ leases, clock, random: systemRandom });
  await next.start();
  clock.jump(-3_600_000);
  await pass(clock, 1_000);
  expect(next.state).toBe("standby");
  await pass(clock, 900);
  expect(next.state).toBe("leading");
  await next.stop();
});

test("stands by when a later epoch fenced it, but not when one of its own did", async () => {
  const { clock, leader: again, other: idle } = await pair();
  await idle.stop();
  const stalled = again.epoch();
  again.fenced(stalled);
  expect(again.state).toBe("standby");
  expect(() => again.epoch()).toThrow(/^UNAVAILABLE/);
  await pass(clock, 300);
  expect(again.state).toBe("leading");
  again.fenced(stalled - 1);
  expect(again.state).toBe("leading");
  await again.stop();
});

test("what stood still while another took over stands by, and takes over from that one in turn", async () => {
  const { clock, leases, leader, other } = await pair();
  const renew = leases.renew.bind(leases);
  let isStill = true;
  let goOn: () => void = () => undefined;
  const still = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  leases.renew = async (name, holder, epoch) => {
    if (isStill && epoch === 0) await still;
    return renew(name, holder, epoch);
  };
  await pass(clock, 2_500);
  expect(other.epoch()).toBe(1);
  // It does not know yet, and the store refuses what it does.
  expect(leader.epoch()).toBe(0);
  isStill = false;
  goOn();
  await pass(clock, 100);
  expect([leader.state, other.state]).toEqual(["standby", "leading"]);
  await other.stop();
  await pass(clock, 200);
  expect(leader.epoch()).toBe(2);
  await leader.stop();
});
