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
      const start = clock.now();
      expect(await lease.acquire("l", "a", 600)).toEqual({ epoch: 0, expiresAt: start + 600 });
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(599);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(1);
      expect(await lease.acquire("l", "b", 600)).toEqual({ epoch: 1, expiresAt: start + 1_200 });
      expect(await lease.renew("l", "a", 0, 600)).toBe(false);
      await lease.release("l", "b", 1);
      expect((await lease.acquire("l", "b", 600))?.epoch).toBe(2);
    });
  });

  test("lease: the holder keeps its epoch while it renews or acquires again", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      await lease.acquire("l", "a", 100);
      clock.advance(90);
      expect(await lease.renew("l", "a", 0, 100)).toBe(true);
      clock.advance(90);
      expect((await lease.acquire("l", "a", 100))?.epoch).toBe(0);
      clock.advance(100);
      expect(await lease.renew("l", "a", 0, 100)).toBe(false);
    });
  });

  test("lease: epochs go on after reopening, and names do not mix", async () => {
    await withStores(subject, "scheduler", async ({ lease }, stores) => {
      await lease.acquire("l", "a", 100);
      await lease.acquire("m", "a", 100);
      stores.clock.advance(100);
      const reopened = (await stores.reopen()).lease;
      expect((await reopened.acquire("l", "b", 100))?.epoch).toBe(1);
      expect((await reopened.acquire("m", "a", 100))?.epoch).toBe(0);
    });
  });

  test("lease: a clock that is put back keeps nobody waiting longer than a lease lasts", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      await lease.acquire("l", "a", 600);
      clock.advance(-3_600_000);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(599);
      expect(await lease.acquire("l", "b", 600)).toBeNull();
      clock.advance(1);
      expect((await lease.acquire("l", "b", 600))?.epoch).toBe(1);
    });
  });

  test("lease: a holder that lives keeps its lease when the clock is put back", async () => {
    await withStores(subject, "scheduler", async ({ lease }, { clock }) => {
      await lease.acquire("l", "a", 600);
      clock.advance(-3_600_000);
      for (let turn = 0; turn < 5; turn++) {
        expect(await lease.acquire("l", "b", 600)).toBeNull();
        clock.advance(200);
        expect(await lease.renew("l", "a", 0, 600)).toBe(true);
      }
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

/** The model: one lease. */
class LeaseModel {
  #holder: string | null = null;
  #epoch = -1;
  #expiresAt = 0;

  acquire(holder: string, now: number, ttlMs: number): number | null {
    if (this.#holder !== null && this.#holder !== holder && now < this.#expiresAt) {
      this.#expiresAt = Math.min(this.#expiresAt, now + ttlMs);
      return null;
    }
    if (this.#holder !== holder) this.#epoch++;
    this.#holder = holder;
    this.#expiresAt = now + ttlMs;
    return this.#epoch;
  }

  renew(holder: string, epoch: number, now: number, ttlMs: number): boolean {
    const held = this.#holder === holder && this.#epoch === epoch && now < this.#expiresAt;
    if (held) this.#expiresAt = now + ttlMs;
    return held;
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
            const now = clock.now();
            if (verb === "acquire") {
              const granted = await lease.acquire(name, holder, ms);
              expect(granted?.epoch ?? null).toBe(model.acquire(holder, now, ms));
            } else if (verb === "renew") {
              const renewed = await lease.renew(name, holder, epoch, ms);
              expect(renewed).toBe(model.renew(holder, epoch, now, ms));
            } else if (verb === "release") {
              await lease.release(name, holder, epoch);
              model.release(holder, epoch);
            } else {
              // Clocks go back now and then.
              clock.advance(epoch === 0 ? -10 * ms : ms);
            }
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}
