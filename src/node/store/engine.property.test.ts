/**
 * Both engines, and the overlay of a plan, against a plain sorted list.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { KeyRange, StoreEngine, TableReader } from "./engine.ts";
import { openLmdbEngine } from "./lmdb-engine.ts";
import { MemoryDisk, MemoryEngine } from "./memory-engine.ts";

type Rows = ReadonlyMap<string, string>;

// Keys of few letters, 0x00 and 0xff among them, so that writes meet and prefixes occur.
const keyArbitrary = fc
  .array(fc.constantFrom(0x00, 0x01, 0x7f, 0xff), { minLength: 1, maxLength: 3 })
  .map((bytes) => Uint8Array.from(bytes));
const writeArbitrary = fc.record({
  key: keyArbitrary,
  value: fc.option(fc.uint8Array({ minLength: 1, maxLength: 4 })),
});
const rangeArbitrary = fc.record({
  from: fc.oneof(keyArbitrary, fc.constant(new Uint8Array(0))),
  to: fc.option(keyArbitrary, { nil: undefined }),
  reverse: fc.boolean(),
});
const updatesArbitrary = fc.array(
  fc.record({
    writes: fc.array(writeArbitrary, { maxLength: 8 }),
    range: rangeArbitrary,
    throws: fc.nat(4).map((number) => number === 0),
  }),
  { maxLength: 8 },
);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function expected(rows: Rows, range: KeyRange): string[] {
  const from = hex(range.from);
  const to = range.to === undefined ? "g" : hex(range.to);
  const keys = [...rows.keys()].filter((key) => key >= from && key < to).sort();
  if (range.reverse === true) keys.reverse();
  return keys.map((key) => `${key}=${rows.get(key)}`);
}

function found(tables: TableReader, range: KeyRange): string[] {
  return [...tables.range("meta", range)].map(({ key, value }) => `${hex(key)}=${hex(value)}`);
}

async function clear(engine: StoreEngine): Promise<void> {
  await engine.update((tables) => {
    for (const { key } of tables.range("meta", { from: new Uint8Array(0) })) {
      tables.remove("meta", key);
    }
  });
}

async function checkUpdates(
  engine: StoreEngine,
  updates: typeof updatesArbitrary extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  await clear(engine);
  let rows = new Map<string, string>();
  for (const { writes, range: drawn, throws } of updates) {
    const { to, ...rest } = drawn;
    const range: KeyRange = to === undefined ? rest : { ...rest, to };
    const planned = new Map(rows);
    const update = engine.update((tables) => {
      for (const { key, value } of writes) {
        if (value === null) tables.remove("meta", key);
        else tables.put("meta", key, value);
        if (value === null) planned.delete(hex(key));
        else planned.set(hex(key), hex(value));
      }
      expect(found(tables, range)).toEqual(expected(planned, range));
      for (const { key } of writes) {
        const value = tables.get("meta", key);
        expect(value === null ? undefined : hex(value)).toBe(planned.get(hex(key)));
        expect(tables.view("meta", key, hex) ?? undefined).toBe(planned.get(hex(key)));
      }
      if (throws) throw new RangeError("the plan refuses");
    });
    if (throws) {
      await expect(update).rejects.toThrow("the plan refuses");
    } else {
      await update;
      rows = planned;
    }
    expect(await engine.read((tables) => found(tables, range))).toEqual(expected(rows, range));
  }
}

test("property: tables in memory hold every plan in order, and no refused one", async () => {
  const engine = new MemoryEngine(new MemoryDisk());
  await fc.assert(fc.asyncProperty(updatesArbitrary, (updates) => checkUpdates(engine, updates)));
  await engine.close();
});

test("property: tables in LMDB hold every plan in order, and no refused one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nymcompute-engine-"));
  const engine = openLmdbEngine(join(folder, "store.mdb"), ["meta"]);
  try {
    await fc.assert(fc.asyncProperty(updatesArbitrary, (updates) => checkUpdates(engine, updates)));
  } finally {
    await engine.close();
    await rm(folder, { recursive: true });
  }
});
