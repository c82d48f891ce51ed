/**
 * Compliance of checkpoints with their port.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CheckpointSave,
  type CheckpointStore,
  deltaPageBytes,
  memoryPageBytes,
} from "../../node/store/ports/checkpoint-store.ts";
import { bytesOf, digested, idOf, type StoreSubject, withStores } from "./harness.ts";

/** Registers the tests. */
export function checkpointStoreCompliance(subject: StoreSubject): void {
  saving(subject);
  retaining(subject);
  model(subject);
}

function save(slot: number, more: Partial<CheckpointSave> = {}): CheckpointSave {
  return {
    process: idOf("p"),
    slot,
    root: idOf(`root ${slot}`),
    pageCount: 1,
    globals: Uint8Array.of(slot & 255),
    pages: [],
    full: false,
    ...more,
  };
}

function page(index: number, seed: number): { readonly index: number; readonly bytes: Uint8Array } {
  return { index, bytes: bytesOf(seed, deltaPageBytes) };
}

function saving(subject: StoreSubject): void {
  test("checkpoints: a full one and its deltas load as the memory they describe", async () => {
    await withStores(subject, "compute", async ({ checkpoints }, stores) => {
      await checkpoints.save([
        save(0, { full: true, pageCount: 2, pages: [page(0, 1), page(17, 2)] }),
        save(0, { process: idOf("q"), full: true }),
      ]);
      await checkpoints.save([save(5, { pageCount: 3, pages: [page(0, 3), page(47, 4)] })]);
      const { checkpoints: reopened } = await stores.reopen();
      const first = new Uint8Array(2 * memoryPageBytes);
      first.set(bytesOf(1, deltaPageBytes), 0);
      first.set(bytesOf(2, deltaPageBytes), 17 * deltaPageBytes);
      const second = new Uint8Array(3 * memoryPageBytes);
      second.set(first);
      second.set(bytesOf(3, deltaPageBytes), 0);
      second.set(bytesOf(4, deltaPageBytes), 47 * deltaPageBytes);
      const { process: _, pages: __, full: ___, ...row } = save(0, { pageCount: 2 });
      expect(digested(await reopened.load(idOf("p"), 4))).toEqual(
        digested({ ...row, memory: first }),
      );
      const newest = await reopened.load(idOf("p"));
      expect(newest?.slot).toBe(5);
      expect(digested(newest?.memory)).toBe(digested(second));
      const zeros = new Uint8Array(memoryPageBytes);
      expect(digested((await reopened.load(idOf("q")))?.memory)).toBe(digested(zeros));
      expect(await reopened.load(idOf("r"))).toBeNull();
      expect(await reopened.slots(idOf("p"))).toEqual([0, 5]);
    });
  });

  test("checkpoints: nothing is before the first one", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      await checkpoints.save([save(3, { full: true })]);
      expect(await checkpoints.load(idOf("p"), 2)).toBeNull();
      expect((await checkpoints.load(idOf("p"), 3))?.slot).toBe(3);
    });
  });

  test("checkpoints: a slot saved again is passed over, with another root refused", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      await checkpoints.save([save(0, { full: true, pages: [page(0, 1)] })]);
      await checkpoints.save([save(0, { full: true, pages: [page(0, 2)] })]);
      expect((await checkpoints.load(idOf("p")))?.memory.subarray(0, 4_096)).toEqual(
        bytesOf(1, 4_096),
      );
      await expect(
        checkpoints.save([save(1, { full: true }), save(0, { full: true, root: idOf("other") })]),
      ).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      expect(await checkpoints.slots(idOf("p"))).toEqual([0]);
    });
  });

  test("checkpoints: a delta needs an earlier checkpoint", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      const conflict = { code: "STORE_CONFLICT" };
      await expect(checkpoints.save([save(1)])).rejects.toMatchObject(conflict);
      await checkpoints.save([save(5, { full: true })]);
      await expect(checkpoints.save([save(4)])).rejects.toMatchObject(conflict);
      await checkpoints.save([save(4, { full: true })]);
      expect(await checkpoints.slots(idOf("p"))).toEqual([4, 5]);
    });
  });
}

function retaining(subject: StoreSubject): void {
  test("checkpoints: what is retained still loads, what is dropped does not", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      await checkpoints.save([save(0, { full: true, pages: [page(0, 100)] })]);
      for (let slot = 1; slot < 10; slot++) {
        await checkpoints.save([save(slot, { pages: [page(slot, 100 + slot)] })]);
      }
      await checkpoints.retain(idOf("p"), [4]);
      expect(await checkpoints.slots(idOf("p"))).toEqual([4, 9]);
      const kept = await checkpoints.load(idOf("p"), 8);
      expect(kept?.slot).toBe(4);
      expect(kept?.memory.subarray(4 * 4_096, 5 * 4_096)).toEqual(bytesOf(104, 4_096));
      expect(kept?.memory.subarray(5 * 4_096, 6 * 4_096)).toEqual(new Uint8Array(4_096));
      await checkpoints.save([save(12, { full: true })]);
      await checkpoints.retain(idOf("p"), []);
      expect(await checkpoints.slots(idOf("p"))).toEqual([12]);
      expect(await checkpoints.load(idOf("p"), 11)).toBeNull();
    });
  });

  test("checkpoints: a slot that was dropped is there again when it is saved again", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      await checkpoints.save([save(0, { full: true })]);
      for (const slot of [1, 2])
        await checkpoints.save([save(slot, { pages: [page(slot, slot)] })]);
      await checkpoints.retain(idOf("p"), []);
      expect(await checkpoints.slots(idOf("p"))).toEqual([2]);
      await checkpoints.save([save(1, { pages: [page(1, 1)] })]);
      expect(await checkpoints.slots(idOf("p"))).toEqual([1, 2]);
      expect((await checkpoints.load(idOf("p"), 1))?.memory[2 * 4_096]).toBe(0);
    });
  });

  test("checkpoints: dropping a base keeps the chunks that a later base shares", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      const chunk = (first: number, seed: number) =>
        Array.from({ length: 16 }, (_, index) => page(first + index, seed + index));
      const pages = [...chunk(0, 0), ...chunk(16, 500)];
      await checkpoints.save([save(0, { full: true, pageCount: 2, pages })]);
      // 33 deltas of 64 KiB to the first chunk: the last one is compacted, the second is as it was.
      for (let slot = 1; slot <= 33; slot++) {
        await checkpoints.save([save(slot, { pageCount: 2, pages: chunk(0, slot * 100) })]);
      }
      await checkpoints.retain(idOf("p"), []);
      const loaded = await checkpoints.load(idOf("p"));
      expect(await checkpoints.slots(idOf("p"))).toEqual([33]);
      expect(loaded?.memory.subarray(0, 4_096)).toEqual(bytesOf(3_300, 4_096));
      expect(loaded?.memory.subarray(65_536, 65_536 + 4_096)).toEqual(bytesOf(500, 4_096));
    });
  });
}

interface ModelState {
  readonly slot: number;
  readonly memory: Uint8Array;
}

const changeArbitrary = fc.record({
  full: fc.nat(9).map((number) => number === 0),
  grow: fc.nat(5).map((number) => (number === 0 ? 1 : 0)),
  skip: fc.integer({ min: 1, max: 3 }),
  // Enough pages at a time to cross the bound of 2 MiB of deltas now and then.
  pages: fc.uniqueArray(fc.nat(4_000), { maxLength: 6 }),
  many: fc.boolean(),
  zero: fc.nat(4).map((number) => number === 0),
  retain: fc.nat(6).map((number) => number === 0),
});

/** One process in the store beside plain copies of its memory. */
class CheckpointRun {
  readonly #store: CheckpointStore;
  readonly #process: Uint8Array;
  #states: ModelState[] = [];
  #memory: Uint8Array = new Uint8Array(memoryPageBytes);

  constructor(store: CheckpointStore, name: string) {
    this.#store = store;
    this.#process = idOf(name);
  }

  async step(
    change: typeof changeArbitrary extends fc.Arbitrary<infer T> ? T : never,
  ): Promise<void> {
    const last = this.#states.at(-1);
    const slot = (last?.slot ?? 0) + change.skip;
    const grown = new Uint8Array(this.#memory.length + change.grow * memoryPageBytes);
    grown.set(this.#memory);
    this.#memory = grown;
    const pageCount = grown.length / memoryPageBytes;
    const changed = new Set(change.pages.map((index) => index % (pageCount * 16)));
    if (change.many) for (let index = 0; index < pageCount * 16; index += 2) changed.add(index);
    for (const index of changed) {
      const bytes = change.zero ? new Uint8Array(4_096) : bytesOf(slot * 5_000 + index, 4_096);
      grown.set(bytes, index * deltaPageBytes);
    }
    const full = last === undefined || change.full;
    const indexes = full
      ? Array.from({ length: pageCount * 16 }, (_, index) => index)
      : [...changed];
    const pages = indexes.map((index) => ({
      index,
      bytes: grown.slice(index * deltaPageBytes, (index + 1) * deltaPageBytes),
    }));
    await this.#store.save([save(slot, { process: this.#process, pageCount, pages, full })]);
    this.#states.push({ slot, memory: grown.slice() });
    if (change.retain) {
      const kept = this.#states.filter(({ slot: each }) => each % 3 === 0 || each === slot);
      await this.#store.retain(
        this.#process,
        kept.map(({ slot: each }) => each),
      );
      this.#states = kept;
    }
  }

  async check(): Promise<void> {
    expect(await this.#store.slots(this.#process)).toEqual(this.#states.map(({ slot }) => slot));
    for (const { slot, memory } of this.#states) {
      const loaded = await this.#store.load(this.#process, slot);
      expect(loaded?.slot).toBe(slot);
      expect(loaded?.root).toEqual(idOf(`root ${slot}`));
      expect(Buffer.compare(loaded?.memory ?? new Uint8Array(0), memory)).toBe(0);
    }
  }
}

function model(subject: StoreSubject): void {
  test("property: every retained checkpoint loads as the memory at its slot", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(changeArbitrary, { maxLength: 25 }), async (changes) => {
          const run = new CheckpointRun(checkpoints, `run ${runs++}`);
          for (const change of changes) await run.step(change);
          await run.check();
        }),
        { numRuns: 12 },
      );
    });
  });

  test("checkpoints: deltas beyond half the memory are compacted and load the same", async () => {
    await withStores(subject, "compute", async ({ checkpoints }) => {
      const pages = (seed: number) =>
        Array.from({ length: 16 }, (_, index) => page(index, seed + index));
      await checkpoints.save([save(0, { full: true, pages: pages(0) })]);
      // 40 deltas of 64 KiB: beyond 2 MiB, the least bound, once.
      for (let slot = 1; slot <= 40; slot++) {
        await checkpoints.save([save(slot, { pages: pages(slot * 100) })]);
      }
      for (const slot of [0, 31, 32, 33, 40]) {
        const loaded = await checkpoints.load(idOf("p"), slot);
        expect(loaded?.memory.subarray(0, 4_096)).toEqual(bytesOf(slot * 100, 4_096));
      }
    });
  });
}
