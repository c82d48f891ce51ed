import fc from "fast-check";
import { expect, test } from "vitest";
import { type LayoutNode, layoutTree, stepTo } from "./tree-layout.ts";

const sizes = { nodeWidth: 200, nodeHeight: 60, gapX: 40, gapY: 12 };

/** A tree as the cause of each message but the first; causes come before. */
const causes = fc
  .array(fc.nat(), { maxLength: 120 })
  .map((picks) => picks.map((pick, i) => pick % (i + 1)));

function treeOf(parents: readonly number[]): Map<string, LayoutNode> {
  const caused = Array.from({ length: parents.length + 1 }, (): string[] => []);
  for (const [i, parent] of parents.entries()) caused[parent]?.push(`m${i + 1}`);
  return new Map(caused.map((ids, i) => [`m${i}`, { id: `m${i}`, caused: ids }]));
}

test("property: no message stands on another, and all stand in the picture", () => {
  fc.assert(
    fc.property(causes, (parents) => {
      const { placed, width, height } = layoutTree("m0", treeOf(parents), sizes);
      expect(placed.length).toBe(parents.length + 1);
      for (const [i, one] of placed.entries()) {
        expect(one.x + sizes.nodeWidth).toBeLessThanOrEqual(width);
        expect(one.y + sizes.nodeHeight).toBeLessThanOrEqual(height);
        for (const other of placed.slice(i + 1)) {
          const beside = Math.abs(one.x - other.x) >= sizes.nodeWidth;
          const apart = Math.abs(one.y - other.y) >= sizes.nodeHeight + sizes.gapY;
          expect(beside || apart, `${one.id} and ${other.id}`).toBe(true);
        }
      }
    }),
  );
});

test("property: a cause stands a column left of what it caused, beside the first and above the others", () => {
  fc.assert(
    fc.property(causes, (parents) => {
      const { placed } = layoutTree("m0", treeOf(parents), sizes);
      const byId = new Map(placed.map((one) => [one.id, one]));
      for (const one of placed) {
        const children = placed.filter(({ cause }) => cause === one.id);
        for (const { x } of children) expect(x).toBe(one.x + sizes.nodeWidth + sizes.gapX);
        if (one.cause !== null) expect(byId.has(one.cause)).toBe(true);
        const heights = children.map(({ y }) => y);
        expect(heights).toEqual([...heights].sort((a, b) => a - b));
        expect(heights[0] ?? one.y).toBe(one.y);
      }
    }),
  );
});

test("a chain of a thousand messages and more is laid out", () => {
  const chain = treeOf(Array.from({ length: 5000 }, (_, i) => i));
  const { placed, height } = layoutTree("m0", chain, sizes);
  expect(placed.at(-1)).toMatchObject({ id: "m5000", depth: 5000, y: 0 });
  expect(height).toBe(60);
});

test("a messenger that names a message twice, or in a circle, is drawn all the same", () => {
  const nodes = new Map([
    ["a", { id: "a", caused: ["b", "c", "b"] }],
    ["b", { id: "b", caused: ["a"] }],
    ["c", { id: "c", caused: ["b", "gone"] }],
  ]);
  expect(layoutTree("a", nodes, sizes).placed.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("keys lead to the cause, to what was caused, and along the order of reading", () => {
  const layout = layoutTree("m0", treeOf([0, 0, 1]), sizes);
  expect(layout.placed.map(({ id }) => id)).toEqual(["m0", "m1", "m3", "m2"]);
  const steps = [
    ["m0", "ArrowRight", "m1"],
    ["m1", "ArrowRight", "m3"],
    ["m3", "ArrowRight", "m3"],
    ["m3", "ArrowLeft", "m1"],
    ["m3", "ArrowDown", "m2"],
    ["m2", "ArrowDown", "m2"],
    ["m2", "ArrowUp", "m3"],
    ["m0", "ArrowLeft", "m0"],
    ["m3", "Home", "m0"],
    ["m0", "End", "m2"],
  ] as const;
  for (const [from, key, to] of steps) expect(stepTo(layout, from, key), `${from} ${key}`).toBe(to);
});
