/**
 * Compliance of leases with their port.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { type StoreSubject, withStores } from "./harness.ts";

/** Registers the tests. */
export function leaseStoreCompliance(subject: StoreSubject): void {
  test("lease: the first epoch is 0, and every change of holder takes the next", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      expect(await lease.acquire("l", "a", 600)).toEqual({ epoch: 0 });
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(599);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(1);
      expect(await lease.acquire("l", "b", 600)).toEqual({ epoch: 1 });
      expect(await lease.renew("l", "a", 0)).toBe(false);
      await lease.release("l", "b", 1);
      expect((await lease.acquire("l", "b", 600))?.epoch).toBe(2);
    });
  });

  test("lease: the holder keeps its epoch while it renews or acquires again", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      await lease.acquire("l", "a", 100);
      for (let turn = 0; turn < 5; turn++) {
        expect(await lease.acquire("l", "b", 100)).toBeNull();
        clock.advance(90);
        if (turn % 2 === 0) expect(await lease.renew("l", "a", 0)).toBe(true);
        else expect((await lease.acquire("l", "a", 100))?.epoch).toBe(0);
      }
      // Held up for however long, it leads on where nobody took the lease.
      clock.advance(10_000);
      expect(await lease.renew("l", "a", 0)).toBe(true);
    });
  });

  test("lease: epochs go on after reopening, and names do not mix", async () => {
    await withStores(subject, "scheduler", async ({ lease }, stores) => {
      await lease.acquire("l", "a", 100);
      await lease.acquire("m", "a", 100);
      const reopened = (await stores.reopen()).lease;
      expect(await reopened.acquire("l", "b", 100)).toBeNull();
      stores.clock.advance(100);
      expect((await reopened.acquire("l", "b", 100))?.epoch).toBe(1);
      expect((await reopened.acquire("m", "a", 100))?.epoch).toBe(0);
    });
  });

  test("lease: a wall clock that jumps neither ends a lease nor prolongs it", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      await lease.acquire("l", "a", 600);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      for (const ms of [3_600_000, -7_200_000]) {
        clock.jump(ms);
        expect(await lease.acquire("l", "b", 600)).toBeNull();
        clock.advance(200);
        expect(await lease.renew("l", "a", 0)).toBe(true);
        expect(await lease.acquire("l", "b", 600)).toBeNull();
      }
      clock.jump(-3_600_000);
      clock.advance(599);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(1);
      expect((await lease.acquire("l", "b", 600))?.epoch).toBe(1);
    });
  });

  test("lease: of many who acquire at once exactly one holds it", async () => {
    await withStores(subject, "scheduler", async ({ lease }) => {
      const names = ["a", "b", "c", "d"];
      const leases = await Promise.all(names.map((name) => lease.acquire("l", name, 100)));
      expect(leases.filter((granted) => granted !== null)).toHaveLength(1);
    });
  });

  model(subject);
}

/** The model: one lease, and what was seen of it. */
class LeaseModel {
  #holder: string | null = null;
  #epoch = -1;
  #count = 0;
  #seen = { epoch: -1, count: -1, at: 0 };

  acquire(holder: string, time: number, ttlMs: number): number | null {
    if (this.#holder !== null && this.#holder !== holder) {
      const isSame = this.#seen.epoch === this.#epoch && this.#seen.count === this.#count;
      if (!isSame) this.#seen = { epoch: this.#epoch, count: this.#count, at: time };
      if (!isSame || time - this.#seen.at < ttlMs) return null;
    }
    if (this.#holder !== holder) this.#epoch++;
    this.#holder = holder;
    this.#count++;
    return this.#epoch;
  }

  renew(holder: string, epoch: number): boolean {
    const isHeld = this.#holder === holder && this.#epoch === epoch;
    if (isHeld) this.#count++;
    return isHeld;
  }

  release(holder: string, epoch: number): void {
    if (this.#holder === holder && this.#epoch === epoch) this.#holder = null;
  }
}

const stepArbitrary = fc.record({
  verb: fc.constantFrom("acquire", "acquire", "renew", "release", "advance"),
  holder: fc.constantFrom("a", "b", "c"),
  epoch: fc.nat(3),
  ms: fc.integer({ min: 1, max: 100 }),
});

function model(subject: StoreSubject): void {
  test("property: any sequence of lease calls has the outcomes of the model", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 25 }), async (steps) => {
          const name = `run ${runs++}`;
          const model = new LeaseModel();
          for (const { verb, holder, epoch, ms } of steps) {
            const time = clock.monotonic();
            if (verb === "acquire") {
              const granted = await lease.acquire(name, holder, ms);
              expect(granted?.epoch ?? null).toBe(model.acquire(holder, time, ms));
            } else if (verb === "renew") {
              expect(await lease.renew(name, holder, epoch)).toBe(model.renew(holder, epoch));
            } else if (verb === "release") {
              await lease.release(name, holder, epoch);
              model.release(holder, epoch);
            } else {
              clock.advance(ms);
              if (epoch === 0) clock.jump(-10 * ms);
            }
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}
