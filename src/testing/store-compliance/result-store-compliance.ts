/**
 * Compliance of the compute unit's results with their port.
 *
 * @module
 */

import { expect, test } from "vitest";
import type { StoredEntry } from "../../node/store/ports/log-store.ts";
import type { StoredResult } from "../../node/store/ports/result-store.ts";
import { bytesOf, idOf, type StoreSubject, withStores } from "./harness.ts";
import { appendRequest } from "./log-requests.ts";

function result(slot: number, more: Partial<StoredResult> = {}): StoredResult {
  return {
    process: idOf("p"),
    slot,
    messageId: idOf(`message ${slot}`),
    entryHash: idOf(`entry ${slot}`),
    result: bytesOf(slot, 300),
    output: slot % 2 === 0 ? new Uint8Array(0) : bytesOf(slot + 1, 5_000),
    diagnostics: new TextEncoder().encode(`diagnostics ${slot}`),
    attestation: null,
    ...more,
  };
}

function entry(slot: number): StoredEntry {
  const { expectedSlot, ...rest } = appendRequest(idOf("p"), `m${slot}`, { slot, dataBytes: 100 });
  return { ...rest, slot: expectedSlot };
}

/** Registers the tests. */
export function resultStoreCompliance(subject: StoreSubject): void {
  results(subject);
  signing(subject);
  following(subject);
}

function results(subject: StoreSubject): void {
  test("results: gives back what was put, also after reopening", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const batch = [0, 1, 2].map((slot) => result(slot));
      await results.put(batch);
      await results.put(batch);
      const reopened = (await stores.reopen()).results;
      expect(await reopened.get(idOf("p"), 1)).toEqual(batch[1]);
      expect(await reopened.get(idOf("p"), 3)).toBeNull();
      expect(await reopened.get(idOf("q"), 1)).toBeNull();
      expect(await reopened.slotOfMessage(idOf("p"), idOf("message 2"))).toBe(2);
      expect(await reopened.slotOfMessage(idOf("p"), idOf("message 3"))).toBeNull();
    });
  });

  test("results: summaries are those that are there, with the memory as it was last noted", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const p = idOf("p");
      const batch = [0, 1, 2, 3].map((slot) => result(slot));
      await results.put(batch.slice(0, 1), { entries: [entry(0)] });
      const later = batch.slice(1).map((one) => entry(one.slot));
      await results.put(batch.slice(1), { entries: later, memoryBytes: [65_536, 65_536, 131_072] });
      await results.attest([{ process: p, slot: 2, attestation: bytesOf(9, 100) }]);
      await results.put([result(1, { process: idOf("q") })], { memoryBytes: [196_608] });
      const reopened = (await stores.reopen()).results;
      const found = await reopened.summaries(p, [3, 7, 0, 1, 2]);
      const shown = found.map(({ slot, memoryBytes, isAttested }) => [
        slot,
        memoryBytes,
        isAttested,
      ]);
      expect(shown).toEqual([
        [3, 131_072, false],
        [0, null, false],
        [1, 65_536, false],
        [2, 65_536, true],
      ]);
      expect(found[0]).toMatchObject({ result: batch[3]?.result, timestamp: entry(3).timestamp });
      // Of the other process there is no entry.
      expect(await reopened.summaries(idOf("q"), [1])).toEqual([]);
    });
  });

  test("results: pages upwards and downwards", async () => {
    await withStores(subject, "compute", async ({ results }) => {
      await results.put([0, 1, 2, 3, 4].map((slot) => result(slot)));
      await results.put([result(9, { process: idOf("q") })]);
      const slots = async (from: number, limit: number, order: "ascending" | "descending") =>
        (await results.range(idOf("p"), from, limit, order)).map(({ slot }) => slot);
      expect(await slots(1, 3, "ascending")).toEqual([1, 2, 3]);
      expect(await slots(3, 2, "descending")).toEqual([3, 2]);
      expect(await slots(100, 2, "descending")).toEqual([4, 3]);
      expect(await slots(Number.MAX_SAFE_INTEGER, 2, "descending")).toEqual([4, 3]);
      expect(await slots(0, 9, "descending")).toEqual([0]);
      expect(await slots(5, 9, "ascending")).toEqual([]);
    });
  });

  test("results: a slot has one result for ever, and a batch is stored as a whole", async () => {
    await withStores(subject, "compute", async ({ results }) => {
      await results.put([result(0)]);
      const conflict = { code: "STORE_CONFLICT" };
      const cursor = { process: idOf("p"), nextSlot: 2, schedulerUrl: "http://127.0.0.1:8702" };
      await expect(
        results.put([result(1), result(0, { result: bytesOf(99, 300) })], { cursor }),
      ).rejects.toMatchObject(conflict);
      expect(await results.following(idOf("p"))).toBeNull();
      await expect(results.put([result(0, { entryHash: idOf("fork") })])).rejects.toMatchObject(
        conflict,
      );
      expect(await results.get(idOf("p"), 1)).toBeNull();
      expect(await results.get(idOf("p"), 0)).toEqual(result(0));
    });
  });

  test("results: an attestation comes later, and the first one stays", async () => {
    await withStores(subject, "compute", async ({ results }) => {
      await results.put([result(0)]);
      const first = { process: idOf("p"), slot: 0, attestation: bytesOf(1, 4_000) };
      await results.attest([first, { ...first, slot: 7 }]);
      await results.attest([{ ...first, attestation: bytesOf(2, 4_000) }]);
      await results.put([result(0, { attestation: bytesOf(3, 4_000) })]);
      expect((await results.get(idOf("p"), 0))?.attestation).toEqual(first.attestation);
      expect(await results.get(idOf("p"), 7)).toBeNull();
      await results.put([result(7)]);
      expect((await results.get(idOf("p"), 7))?.attestation).toBeNull();
    });
  });
}

function signing(subject: StoreSubject): void {
  test("results: one digest may be signed for an entry, across restarts", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const claim = [idOf("p"), idOf("entry"), idOf("digest")] as const;
      expect(await results.claimAttestation(...claim)).toBe("fresh");
      expect(await results.claimAttestation(...claim)).toBe("same");
      const reopened = (await stores.reopen()).results;
      expect(await reopened.claimAttestation(...claim)).toBe("same");
      expect(await reopened.claimAttestation(claim[0], claim[1], idOf("other"))).toBe("conflict");
      expect(await reopened.claimAttestation(claim[0], idOf("entry 2"), idOf("other"))).toBe(
        "fresh",
      );
      expect(await reopened.claimAttestation(idOf("q"), claim[1], idOf("other"))).toBe("fresh");
    });
  });

  test("results: a digest that came with its result is claimed, where none was before", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const [p, fresh, taken] = [idOf("p"), idOf("fresh"), idOf("taken")];
      expect(await results.claimAttestation(p, idOf("entry 1"), taken)).toBe("fresh");
      await results.put([result(0), result(1)], { digests: [fresh, fresh] });
      const conflict = results.put([result(2), result(0, { result: bytesOf(9, 9) })], {
        digests: [fresh],
      });
      await expect(conflict).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      const reopened = (await stores.reopen()).results;
      expect(await reopened.claimAttestation(p, idOf("entry 0"), fresh)).toBe("same");
      expect(await reopened.claimAttestation(p, idOf("entry 1"), fresh)).toBe("conflict");
      expect(await reopened.claimAttestation(p, idOf("entry 2"), taken)).toBe("fresh");
    });
  });

  test("results: of many digests claimed at once exactly one is fresh", async () => {
    await withStores(subject, "compute", async ({ results }) => {
      const claims = await Promise.all(
        [0, 1, 2, 3].map((number) =>
          results.claimAttestation(idOf("p"), idOf("entry"), idOf(`digest ${number}`)),
        ),
      );
      expect(claims.sort()).toEqual(["conflict", "conflict", "conflict", "fresh"]);
    });
  });
}

function following(subject: StoreSubject): void {
  test("results: followed processes keep their cursors, page by page", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const row = { nextSlot: 3, schedulerUrl: "http://127.0.0.1:8702" };
      expect(await results.following(idOf("p"))).toBeNull();
      const follow = (name: string, nextSlot: number): Promise<void> =>
        results.put([], { cursor: { process: idOf(name), ...row, nextSlot } });
      await follow("p", 3);
      await follow("q", 0);
      await follow("p", 4);
      const reopened = (await stores.reopen()).results;
      expect(await reopened.following(idOf("p"))).toEqual({ ...row, nextSlot: 4 });
      const all = await reopened.followed(null, 10);
      expect(new Set(all.map(({ nextSlot }) => nextSlot))).toEqual(new Set([0, 4]));
      expect(await reopened.followed(all[0]?.process ?? null, 10)).toEqual([all[1]]);
    });
  });

  test("results: entries whose authorisations share a beginning come back whole", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const shared = { id: idOf("beginning"), length: 5000 };
      const entries = [0, 1, 2].map((slot) => {
        const authorisation = new Uint8Array(5040).fill(7).fill(slot + 1, 5000);
        const authorisationHash = idOf(`authorisation ${slot}`);
        return { ...entry(slot), authorisation, authorisationHash };
      });
      await results.putEntries(entries.map((one) => (one.slot === 2 ? one : { ...one, shared })));
      const reopened = (await stores.reopen()).results;
      expect(await reopened.entries(idOf("p"), 0, 10)).toEqual(entries);
    });
  });

  test("results: a copied log keeps every byte and one entry a slot", async () => {
    await withStores(subject, "compute", async ({ results }, stores) => {
      const entries = [0, 1, 2].map(entry);
      await results.putEntries(entries);
      await results.putEntries(entries.slice(1));
      await expect(
        results.putEntries([entry(3), { ...entry(1), entryHash: idOf("fork") }]),
      ).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      const forked = { entries: [{ ...entry(1), entryHash: idOf("fork") }] };
      await expect(results.put([result(1)], forked)).rejects.toMatchObject({
        code: "STORE_CONFLICT",
      });
      expect(await results.get(idOf("p"), 1)).toBeNull();
      const withResult = entry(3);
      await results.put([result(3)], { entries: [withResult] });
      entries.push(withResult);
      const reopened = (await stores.reopen()).results;
      expect(await reopened.get(idOf("p"), 3)).toEqual(result(3));
      expect(await reopened.entries(idOf("p"), 0, 10)).toEqual(entries);
      expect(await reopened.entries(idOf("p"), 1, 1)).toEqual([entries[1]]);
      expect(await reopened.entries(idOf("q"), 0, 10)).toEqual([]);
    });
  });
}
