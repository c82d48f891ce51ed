import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { RateLimiter } from "./rate-limit.ts";

function steppedClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error("nobody sleeps here")),
    advance: (ms) => {
      now += ms;
    },
  };
}

test("lets a burst through, then says how long to wait, then lets as much through again", () => {
  const clock = steppedClock();
  const limiter = new RateLimiter({ clock, perSecond: 10, burst: 3, peersMax: 10 });
  expect([1, 1, 1].map((cost) => limiter.take("10.0.0.1", cost))).toEqual([0, 0, 0]);
  expect(limiter.take("10.0.0.1", 1)).toBe(100);
  clock.advance(99);
  expect(limiter.take("10.0.0.1", 1)).toBe(1);
  clock.advance(1);
  expect(limiter.take("10.0.0.1", 1)).toBe(0);
  expect(limiter.take("10.0.0.1", 1)).toBe(100);
});

test("takes tokens back that were taken for nothing, up to a full bucket", () => {
  const limiter = new RateLimiter({
    clock: steppedClock(),
    perSecond: 1,
    burst: 2,
    peersMax: 10,
  });
  limiter.giveBack("10.0.0.1", 5);
  expect(limiter.take("10.0.0.1", 2)).toBe(0);
  limiter.giveBack("10.0.0.1", 1);
  expect(limiter.take("10.0.0.1", 1)).toBe(0);
  limiter.giveBack("10.0.0.1", 50);
  expect([2, 1].map((cost) => limiter.take("10.0.0.1", cost))).toEqual([0, 1_000]);
});

test("limits each peer by itself, and a whole IPv6 /64 as one", () => {
  const clock = steppedClock();
  const limiter = new RateLimiter({ clock, perSecond: 1, burst: 1, peersMax: 10 });
  expect(limiter.take("10.0.0.1", 1)).toBe(0);
  expect(limiter.take("10.0.0.2", 1)).toBe(0);
  expect(limiter.take("2001:db8::1", 1)).toBe(0);
  expect(limiter.take("2001:db8::2", 1)).toBe(1_000);
});

test("a cost above the burst can be paid by a rested peer", () => {
  const clock = steppedClock();
  const limiter = new RateLimiter({ clock, perSecond: 1, burst: 5, peersMax: 10 });
  expect(limiter.take("10.0.0.1", 50)).toBe(0);
  expect(limiter.take("10.0.0.1", 1)).toBe(1_000);
});

test("remembers no more peers than its bound, and keeps those seen last", () => {
  const clock = steppedClock();
  const limiter = new RateLimiter({ clock, perSecond: 1, burst: 1, peersMax: 2 });
  limiter.take("10.0.0.1", 1);
  limiter.take("10.0.0.2", 1);
  limiter.take("10.0.0.1", 1);
  limiter.take("10.0.0.3", 1);
  expect(limiter.size).toBe(2);
  expect(limiter.take("10.0.0.1", 1)).toBeGreaterThan(0);
  expect(limiter.take("10.0.0.2", 1)).toBe(0);
});

test("property: over any time, a peer gets at most burst + elapsed × rate", () => {
  const step = fc.record({ ms: fc.nat(2_000), cost: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const clock = steppedClock();
      const limiter = new RateLimiter({ clock, perSecond: 3, burst: 7, peersMax: 1 });
      let taken = 0;
      for (const { ms, cost } of steps) {
        clock.advance(ms);
        const waitMs = limiter.take("10.0.0.1", cost);
        if (waitMs === 0) taken += cost;
        expect(taken).toBeLessThanOrEqual(7 + (clock.monotonic() * 3) / 1000 + 1e-6);
        // The wait it names is enough.
        if (waitMs > 0) {
          clock.advance(waitMs);
          expect(limiter.take("10.0.0.1", cost)).toBe(0);
          taken += cost;
        }
      }
    }),
  );
});
