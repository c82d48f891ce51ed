import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../base/bytes.ts";
import { imageRoot } from "./image-root.ts";
import { StateKernel } from "./kernel.ts";
import { blockBytes, pageBytes } from "./layout.ts";
import { type StateChange, StateTree } from "./state-tree.ts";

const kernel = new StateKernel();

interface Image {
  memory: Uint8Array;
  globals: BigUint64Array;
}

/** What a step does to the image: writes, then perhaps growth, then perhaps a global. */
const step = fc.record({
  writes: fc.array(
    fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    { maxLength: 6 },
  ),
  grow: fc.constantFrom(0, 0, 0, 1, 3),
  setGlobal: fc.option(
    fc.record({ index: fc.nat(), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  ),
});
const scenario = fc.record({
  pages: fc.integer({ min: 0, max: 2 }),
  globalCount: fc.constantFrom(0, 1, 3, 4, 70),
  steps: fc.array(step, { maxLength: 6 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The image after a step; the one before stays as it is. */
function advance(image: Image, { writes, grow, setGlobal }: Step): Image {
  const memory = new Uint8Array(image.memory.length + grow * pageBytes);
  memory.set(image.memory);
  const globals = image.globals.slice();
  for (const { at, bytes } of writes) {
    if (memory.length === 0) continue;
    bytes.forEach((byte, i) => {
      memory[(at + i) % memory.length] = byte;
    });
  }
  if (setGlobal !== null && globals.length > 0) {
    globals[setGlobal.index % globals.length] = setGlobal.value;
  }
  return { memory, globals };
}

/** The blocks of `after` that differ from those of `before`. */
function difference(before: Image, after: Image): StateChange {
  const indices: number[] = [];
  const contents: Uint8Array[] = [];
  const old = new Uint8Array(after.memory.length);
  old.set(before.memory);
  for (let start = 0; start < after.memory.length; start += blockBytes) {
    const block = after.memory.subarray(start, start + blockBytes);
    if (equalBytes(block, old.subarray(start, start + blockBytes))) continue;
    indices.push(start / blockBytes);
    contents.push(block);
  }
  return {
    blocks: {
      indices: Uint32Array.from(indices),
      bytes: Uint8Array.from(contents.flatMap((content) => Array.from(content))),
    },
    pageCount: after.memory.length / pageBytes,
    globals: after.globals,
  };
}

test("property: the incremental root is the root of the whole image, for each result of a batch", () => {
  fc.assert(
    fc.property(scenario, fc.nat({ max: 6 }), ({ pages, globalCount, steps }, split) => {
      let image: Image = {
        memory: Uint8Array.from({ length: pages * pageBytes }, (_, i) => (i % 5000 === 0 ? i : 0)),
        globals: new BigUint64Array(globalCount),
      };
      const tree = StateTree.build({ kernel, ...image });
      expect(tree.root()).toEqual(imageRoot(image));
      const changes: StateChange[] = [];
      const expected: Uint8Array[] = [];
      for (const each of steps) {
        const after = advance(image, each);
        changes.push(difference(image, after));
        expected.push(imageRoot(after));
        image = after;
      }
      // Two batches, cut anywhere: the roots do not depend on how results are grouped.
      const roots = [...tree.apply(changes.slice(0, split)), ...tree.apply(changes.slice(split))];
      expect(roots).toEqual(expected);
      expect(tree.root()).toEqual(imageRoot(image));
      expect(StateTree.build({ kernel, ...image }).root()).toEqual(tree.root());
    }),
    { numRuns: 25 },
  );
});

test("a result that changes nothing has the root before it", () => {
  const image = { memory: new Uint8Array(pageBytes), globals: BigUint64Array.of(7n) };
  const tree = StateTree.build({ kernel, ...image });
  const before = tree.root();
  const none = difference(image, image);
  expect(tree.apply([none, none])).toEqual([before, before]);
});

test("page count, a zero page and a zero global each move the root", () => {
  const roots = [
    imageRoot({ memory: new Uint8Array(0), globals: new BigUint64Array(1) }),
    imageRoot({ memory: new Uint8Array(pageBytes), globals: new BigUint64Array(1) }),
    imageRoot({ memory: new Uint8Array(pageBytes), globals: BigUint64Array.of(1n) }),
    imageRoot({ memory: new Uint8Array(pageBytes).fill(1, 0, 1), globals: new BigUint64Array(1) }),
  ];
  expect(new Set(roots.map(String)).size).toBe(roots.length);
});

test("a block outside memory, out of order or without content is our own mistake", () => {
  const tree = StateTree.build({
    kernel,
    memory: new Uint8Array(pageBytes),
    globals: new BigUint64Array(0),
  });
  const change = (indices: number[], blockCount: number): StateChange => ({
    blocks: {
      indices: Uint32Array.from(indices),
      bytes: new Uint8Array(blockCount * blockBytes),
    },
    pageCount: 1,
    globals: new BigUint64Array(0),
  });
  expect(() => tree.apply([change([256], 1)])).toThrow("block outside memory");
  expect(() => tree.apply([change([3, 3], 2)])).toThrow("strictly increase");
  expect(() => tree.apply([change([3], 2)])).toThrow("as many blocks as indices");
});

test("a tree takes about a quarter of the image it stands for", () => {
  const memory = new Uint8Array(16 * pageBytes).fill(1);
  const tree = StateTree.build({ kernel, memory, globals: new BigUint64Array(3) });
  expect(tree.byteLength / memory.length).toBeLessThan(0.3);
});
