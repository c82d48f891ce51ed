/**
 * Compliance of verified chains of proofs with their port.
 *
 * @module
 */

import { expect, test } from "vitest";
import type { VerifiedSlot } from "../../client/proven-chains.ts";
import { bytesOf, idOf, type StoreSubject, withStores } from "./harness.ts";

const p = idOf("p");

/** A slot that stands for itself: everything in it is made of its name. */
function verified(slot: number, name: string): VerifiedSlot {
  const tip = { slot, timestamp: 7 + slot, epoch: 2, entryHash: idOf(`entry ${name}`) };
  return {
    claim: { process: p, slot, digest: idOf(`result ${name}`) },
    messageId: idOf(`message ${name}`),
    tip: { spawn: bytesOf(1, 100), tip, root: idOf(`root ${name}`), isStillborn: slot > 0 },
    evidence: { slot: bytesOf(slot, 1000), proof: slot === 0 ? null : bytesOf(slot, 5000) },
  };
}

/** Registers the tests. */
export function provenStoreCompliance(subject: StoreSubject): void {
  test("proven: slots follow each other, each once, also after reopening", async () => {
    await withStores(subject, "scheduler", async ({ proven }, stores) => {
      expect(await proven.tip(p)).toBeNull();
      expect(await proven.extend(verified(1, "b"))).toBe(false);
      expect(await proven.extend(verified(0, "a"))).toBe(true);
      expect(await proven.extend(verified(0, "other"))).toBe(false);
      const [one, other] = await Promise.all([
        proven.extend(verified(1, "b")),
        proven.extend(verified(1, "c")),
      ]);
      expect([one, other]).toEqual([true, false]);
      const reopened = (await stores.reopen()).proven;
      expect(await reopened.tip(p)).toEqual(verified(1, "b").tip);
      expect(await reopened.tip(idOf("q"))).toBeNull();
      expect(await reopened.digest(p, 0)).toEqual(idOf("result a"));
      expect(await reopened.digest(p, 1)).toEqual(idOf("result b"));
      expect(await reopened.digest(p, 2)).toBeNull();
      expect(await reopened.hasMessage(p, idOf("message b"))).toBe(true);
      expect(await reopened.hasMessage(p, idOf("message c"))).toBe(false);
      expect(await reopened.hasMessage(idOf("q"), idOf("message b"))).toBe(false);
    });
  });

  test("proven: a scheduler keeps what showed a slot, up to its bound; a compute unit does not", async () => {
    const bounds = { provenBytesMax: 7500 };
    await withStores(
      subject,
      "scheduler",
      async ({ proven }) => {
        await proven.extend(verified(0, "a"));
        await proven.extend(verified(1, "b"));
        expect(await proven.evidence(p, 0)).toEqual(verified(0, "a").evidence);
        expect(await proven.evidence(p, 1)).toEqual(verified(1, "b").evidence);
        expect(await proven.evidence(p, 2)).toBeNull();
        expect(await proven.evidenceBytes()).toBe(7000);
        const full = { code: "OVERLOADED" };
        await expect(proven.extend(verified(2, "c"))).rejects.toMatchObject(full);
        expect((await proven.tip(p))?.tip.slot).toBe(1);
        expect(await proven.hasMessage(p, idOf("message c"))).toBe(false);
      },
      bounds,
    );
    await withStores(subject, "compute", async ({ proven }) => {
      await proven.extend(verified(0, "a"));
      expect(await proven.digest(p, 0)).toEqual(idOf("result a"));
      expect(await proven.evidence(p, 0)).toBeNull();
      expect(await proven.evidenceBytes()).toBe(0);
    });
  });
}
