import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { merkleVectorLeaves, merkleVectorRoots } from "../testing/merkle-vectors.ts";
import { sha256 } from "./hash.ts";
import { leafHash, merklePath, merklePaths, merkleRoot, rootOfPath } from "./merkle.ts";

const tree = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 40 })
  .map((leaves) => leaves.map(leafHash));
const place = tree.chain((leaves) =>
  fc.tuple(fc.constant(leaves), fc.nat({ max: leaves.length - 1 })),
);

test("property: every leaf's path leads to the root", () => {
  fc.assert(
    fc.property(place, ([leaves, index]) => {
      const path = { index, count: leaves.length, siblings: merklePath(leaves, index) };
      expect(rootOfPath(leaves[index]!, path)).toEqual(merkleRoot(leaves));
    }),
  );
});

test("property: all paths at once are the paths one by one", () => {
  fc.assert(
    fc.property(tree, (leaves) => {
      expect(merklePaths(leaves)).toEqual(leaves.map((_, index) => merklePath(leaves, index)));
    }),
  );
  expect(merklePaths([])).toEqual([]);
});

test("property: a path at another index or count leads elsewhere or nowhere", () => {
  fc.assert(
    fc.property(place, fc.nat(50), fc.nat(50), ([leaves, index], otherIndex, otherCount) => {
      fc.pre(otherIndex !== index);
      const siblings = merklePath(leaves, index);
      fc.pre(new Set(leaves.map(String)).size === leaves.length);
      const path = { index: otherIndex, count: leaves.length, siblings };
      expect(rootOfPath(leaves[index]!, path)).not.toEqual(merkleRoot(leaves));
      const longer = {
        index,
        count: otherCount,
        siblings: [...siblings, siblings[0] ?? leaves[0]!],
      };
      expect(rootOfPath(leaves[index]!, longer)).not.toEqual(merkleRoot(leaves));
    }),
  );
});

test("answers null for paths that no tree has", () => {
  const leaf = leafHash(new Uint8Array(1));
  for (const path of [
    { index: 1, count: 1, siblings: [] },
    { index: -1, count: 2, siblings: [leaf] },
    { index: 0, count: 0, siblings: [] },
    { index: 0.5, count: 2, siblings: [leaf] },
    { index: 0, count: Number.NaN, siblings: [] },
    { index: 0, count: 3, siblings: [leaf] },
  ]) {
    expect(rootOfPath(leaf, path), JSON.stringify(path)).toBeNull();
  }
});

test("has the roots of RFC 6962's own test tree", () => {
  const leaves = merkleVectorLeaves.map((hex) => leafHash(fromHex(hex) as Uint8Array));
  const rootAt = (count: number) => toHex(merkleRoot(leaves.slice(0, count)));
  expect(rootAt(0)).toBe(toHex(sha256(new Uint8Array(0))));
  expect(merkleVectorRoots.map((_, i) => rootAt(i + 1))).toEqual(merkleVectorRoots);
});
