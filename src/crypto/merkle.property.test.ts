import fc from "fast-check";
import { expect, test } from "vitest";
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
  // Certificate Transparency's reference inputs and their roots for the first 0, 1, 2, 3 and 8 leaves.
  const inputs = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const leaves = inputs.map((hex) => leafHash(Uint8Array.from(Buffer.from(hex, "hex"))));
  const rootAt = (count: number) => Buffer.from(merkleRoot(leaves.slice(0, count))).toString("hex");
  expect(rootAt(0)).toBe(Buffer.from(sha256(new Uint8Array(0))).toString("hex"));
  expect(rootAt(1)).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  expect(rootAt(2)).toBe("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  expect(rootAt(3)).toBe("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  expect(rootAt(8)).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
});
