/**
 * Compliance of the compute unit's proofs with their port.
 *
 * @module
 */

import { expect, test } from "vitest";
import { equalBytes } from "../../base/bytes.ts";
import { bytesOf, idOf, type StoreSubject, withStores } from "./harness.ts";

const p = idOf("p");

/** Registers the tests. */
export function proofStoreCompliance(subject: StoreSubject): void {
  test("proofs: what is queued waits until it is settled, also after reopening", async () => {
    await withStores(subject, "compute", async ({ proofs }, stores) => {
      const jobs = [2, 0, 1].map((slot) => ({ process: p, slot, queuedAt: 5 + slot }));
      expect(await proofs.enqueue(jobs)).toBe(3);
      expect(await proofs.enqueue([{ process: p, slot: 1, queuedAt: 99 }])).toBe(0);
      expect(await proofs.queuedCount()).toBe(3);
      expect(await proofs.begin(p, 1)).toBe(1);
      expect(await proofs.begin(p, 1)).toBe(2);
      await proofs.release(p, 1);
      const reopened = (await stores.reopen()).proofs;
      expect(await reopened.queued(10)).toEqual([
        { process: p, slot: 0, queuedAt: 5, attempts: 0 },
        { process: p, slot: 1, queuedAt: 6, attempts: 1 },
        { process: p, slot: 2, queuedAt: 7, attempts: 0 },
      ]);
      expect((await reopened.queued(2)).map(({ slot }) => slot)).toEqual([0, 1]);
      expect(await reopened.standing(p, 1)).toEqual({ kind: "queued" });
      expect(await reopened.standing(p, 3)).toBeNull();
    });
  });

  test("proofs: a slot is settled once, and is queued no more", async () => {
    await withStores(subject, "compute", async ({ proofs }, stores) => {
      const proof = bytesOf(1, 700_000);
      await proofs.enqueue([0, 1].map((slot) => ({ process: p, slot, queuedAt: 1 })));
      await proofs.settle(p, 0, { kind: "proven", proof });
      await proofs.settle(p, 0, { kind: "unprovable", reason: "too late" });
      await proofs.settle(p, 1, { kind: "unprovable", reason: "gas" });
      await proofs.settle(p, 1, { kind: "proven", proof });
      await proofs.enqueue([0, 1].map((slot) => ({ process: p, slot, queuedAt: 2 })));
      expect(await proofs.begin(p, 0)).toBe(0);
      const reopened = (await stores.reopen()).proofs;
      expect(await reopened.queued(10)).toEqual([]);
      expect(await reopened.queuedCount()).toBe(0);
      expect(await reopened.standing(p, 0)).toEqual({ kind: "proven" });
      // Compared by hand: the matcher takes seconds for so many bytes.
      expect(equalBytes((await reopened.proof(p, 0)) ?? new Uint8Array(), proof)).toBe(true);
      expect(await reopened.standing(p, 1)).toEqual({ kind: "unprovable", reason: "gas" });
      expect(await reopened.proof(p, 1)).toBeNull();
    });
  });
}
