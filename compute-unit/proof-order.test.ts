import fc from "fast-check";
import { expect, test } from "vitest";
import { ProofOrder } from "./proof-order.ts";

const idOf = (byte: number) => new Uint8Array(32).fill(byte);

function drained(order: ProofOrder): string[] {
  const taken: string[] = [];
  for (let next = order.take(); next !== null; next = order.take()) {
    taken.push(`${next.process[0]}/${next.slot}`);
  }
  return taken;
}

test("processes take turns, each with its oldest slot", () => {
  const order = new ProofOrder({ max: 10 });
  for (const slot of [2, 0, 1]) order.add({ process: idOf(1), slot });
  for (const slot of [7, 6]) order.add({ process: idOf(2), slot });
  order.add({ process: idOf(1), slot: 2 });
  expect(order.size).toBe(5);
  expect(drained(order)).toEqual(["1/0", "2/6", "1/1", "2/7", "1/2"]);
  expect(order.size).toBe(0);
});

test("a slot that somebody waits for goes first, the one waited for longest before the others", () => {
  const order = new ProofOrder({ max: 10 });
  for (const slot of [0, 1, 2, 3]) order.add({ process: idOf(1), slot });
  const leave = order.wait(idOf(1), 1);
  order.wait(idOf(1), 3);
  order.wait(idOf(1), 9);
  const leaveToo = order.wait(idOf(1), 1);
  leave();
  leave();
  expect(order.take()?.slot).toBe(1);
  order.add({ process: idOf(1), slot: 1 });
  leaveToo();
  expect(drained(order)).toEqual(["1/3", "1/0", "1/1", "1/2"]);
});

test("it says how much room it has, and what is in it", () => {
  const order = new ProofOrder({ max: 1 });
  order.add({ process: idOf(1), slot: 0 });
  expect([order.has(idOf(1), 0), order.has(idOf(1), 1), order.room]).toEqual([true, false, 0]);
  order.take();
  expect([order.has(idOf(1), 0), order.room]).toEqual([false, 1]);
});

test("it says how many go before a slot", () => {
  const order = new ProofOrder({ max: 10 });
  for (const slot of [0, 1, 2, 3]) order.add({ process: idOf(1), slot });
  expect(order.before(idOf(1), 2)).toBe(3);
  order.wait(idOf(1), 3);
  order.wait(idOf(1), 9);
  order.wait(idOf(1), 2);
  expect([3, 2, 0].map((slot) => order.before(idOf(1), slot))).toEqual([0, 1, 3]);
  expect([2, 1].map((slot) => order.isWaited(idOf(1), slot))).toEqual([true, false]);
});

test("it tells in which order slots will be taken, whoever waits for which", () => {
  const place = fc.record({ process: fc.integer({ min: 1, max: 4 }), slot: fc.nat({ max: 5 }) });
  const limits = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(fc.array(place), fc.array(place), limits, (queued, waited, limit) => {
      const order = new ProofOrder({ max: 100 });
      for (const { process, slot } of queued) order.add({ process: idOf(process), slot });
      for (const { process, slot } of waited) order.wait(idOf(process), slot);
      const told = order.first(limit).map(({ process, slot }) => `${process[0]}/${slot}`);
      expect(told).toEqual(drained(order).slice(0, limit));
    }),
  );
});
