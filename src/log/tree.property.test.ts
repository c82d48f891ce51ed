import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex, u32be } from "../base/bytes.ts";
import { leafHash, merklePath, merkleRoot, rootOfPath } from "../crypto/merkle.ts";
import { merkleVectorLeaves, merkleVectorRoots } from "../testing/merkle-vectors.ts";
import { beginningShown, isConsistent } from "./consistency.ts";
import { GrowingTree } from "./growing-tree.ts";
import { type TilePlace, tilePath } from "./tiles.ts";
import { TiledTree } from "./tree-proofs.ts";

/** A log that keeps its tiles in memory. */
class Tiles {
  readonly tree = GrowingTree.empty();
  readonly #full = new Map<string, Uint8Array>();

  append(leaf: Uint8Array): void {
    for (const { level, index, bytes } of this.tree.append(leaf)) {
      this.#full.set(`${level}/${index}`, bytes);
    }
  }

  readonly source = ({ level, index, width }: TilePlace): Promise<Uint8Array> => {
    const bytes = this.#full.get(`${level}/${index}`) ?? this.tree.partialTile(level);
    return Promise.resolve((bytes ?? new Uint8Array()).slice(0, 32 * width));
  };
}

const largest = 70_000;
const log = new Tiles();
const hashes: Uint8Array[] = [];
for (let i = 0; i < largest; i++) {
  log.append(u32be(i));
  hashes.push(leafHash(u32be(i)));
}

/** Sizes near where tiles end as often as others. */
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 65_500, max: 65_600 }),
  fc.integer({ min: 1, max: largest }),
);

test("the roots of the published trees come out", async () => {
  const tree = new Tiles();
  for (const [i, leaf] of merkleVectorLeaves.entries()) {
    tree.append(fromHex(leaf) as Uint8Array);
    expect(toHex(tree.tree.root())).toBe(merkleVectorRoots[i]);
    expect(toHex(await new TiledTree(i + 1, tree.source).root())).toBe(merkleVectorRoots[i]);
  }
  expect(toHex(GrowingTree.empty().root())).toBe(toHex(merkleRoot([])));
});

test("a tree that grew has the root of the tree that is built at once", () => {
  const tree = new Tiles();
  for (let i = 0; i < 1100; i++) {
    tree.append(u32be(i));
    expect(tree.tree.root()).toEqual(merkleRoot(hashes.slice(0, i + 1)));
  }
  expect(log.tree.root()).toEqual(merkleRoot(hashes));
});

test("a tree goes on from its edge as if it had never been away", () => {
  fc.assert(
    fc.property(fc.nat(1500), fc.nat(600), (before, more) => {
      const through = GrowingTree.empty();
      for (let i = 0; i < before; i++) through.append(u32be(i));
      const resumed = GrowingTree.from(before, through.edge());
      for (let i = before; i < before + more; i++) {
        expect(resumed.append(u32be(i))).toEqual(through.append(u32be(i)));
      }
      expect(resumed.root()).toEqual(through.root());
    }),
    { numRuns: 25 },
  );
});

test("inclusion proofs from tiles are those of the whole tree, and lead to the root", async () => {
  const cases = sizes.chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
  await fc.assert(
    fc.asyncProperty(cases, async ([size, index]) => {
      const tree = new TiledTree(size, log.source);
      const [siblings, root] = [await tree.inclusion(index), await tree.root()];
      const path = { index, count: size, siblings };
      expect(rootOfPath(hashes[index] as Uint8Array, path)).toEqual(root);
      if (size < 3000) expect(siblings).toEqual(merklePath(hashes.slice(0, size), index));
      const wrong = { ...path, index: (index + 1) % size };
      if (size > 1) expect(rootOfPath(hashes[index] as Uint8Array, wrong)).not.toEqual(root);
    }),
    { numRuns: 300 },
  );
});

test("consistency proofs from tiles hold for both roots and for no others", async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(sizes, sizes), async (pair) => {
      const [few, many] = pair.toSorted((a, b) => a - b) as [number, number];
      const root = (size: number): Promise<Uint8Array> => new TiledTree(size, log.source).root();
      const proof = await new TiledTree(many, log.source).consistency(few);
      const [earlier, later] = [
        { size: few, root: await root(few) },
        { size: many, root: await root(many) },
      ];
      expect(isConsistent(earlier, later, proof)).toBe(true);
      const isShown = few > 0 && few < many && !Number.isInteger(Math.log2(few));
      expect(beginningShown(few, later, proof)).toEqual(isShown ? earlier.root : null);
      const forged = { ...earlier, root: earlier.root.map((byte) => byte ^ 1) };
      expect(isConsistent(forged, later, proof)).toBe(false);
      const other = { ...later, root: later.root.map((byte) => byte ^ 1) };
      expect(isConsistent(earlier, other, proof)).toBe(false);
      expect(beginningShown(few, other, proof)).toBeNull();
      expect(isConsistent(earlier, later, [...proof, later.root])).toBe(false);
      if (proof.length > 0) expect(isConsistent(earlier, later, proof.slice(0, -1))).toBe(false);
      if (few > 1) expect(isConsistent({ ...earlier, size: few - 1 }, later, proof)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("anything is a verdict: sizes and hashes that no log has never throw", () => {
  const view = fc.record({
    size: fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger()),
    root: fc.uint8Array({ maxLength: 40 }),
  });
  const any = fc.tuple(view, view, fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }));
  fc.assert(
    fc.property(any, ([a, b, proof]) => {
      expect(typeof isConsistent(a, b, proof)).toBe("boolean");
      expect(beginningShown(a.size, b, proof)).toBeNull();
    }),
  );
  expect(
    isConsistent({ size: 0, root: new Uint8Array(0) }, { size: 9, root: hashes[0]! }, []),
  ).toBe(true);
});

test("the tiles of the published example of 70,000 leaves are there", () => {
  expect(log.tree.edge().map((bytes) => bytes.length / 32)).toEqual([112, 17, 1]);
  expect(tilePath({ level: 0, index: 273, width: 112 })).toBe("tile/0/273.p/112");
});
