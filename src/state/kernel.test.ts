import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../base/bytes.ts";
import { P } from "../field/koala-bear.ts";
import { StateKernel } from "./kernel.ts";
import { blockBytes, blockLevels, hashChunk } from "./layout.ts";
import { compress, compressPair } from "./poseidon2.ts";

const kernel = new StateKernel();
const element = fc.oneof(
  fc.integer({ min: 0, max: P - 1 }),
  fc.constantFrom(0, 1, P - 1, P - 2, 2 ** 24, 2 ** 24 - 1, 2 ** 30),
);

test("property: the kernel compresses pairs as the readable twin does", () => {
  const pairs = fc.array(fc.array(element, { minLength: 16, maxLength: 16 }), { maxLength: 9 });
  fc.assert(
    fc.property(pairs, (states) => {
      const digests = new Uint32Array(states.length * 8);
      kernel.compressPairs(Uint32Array.from(states.flat()), digests);
      const expected = states.flatMap((state) => Array.from(compress(Uint32Array.from(state))));
      expect(Array.from(digests)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("more pairs than a slab holds come out in their order", () => {
  const count = 2048 + 5;
  const pairs = Uint32Array.from({ length: 16 * count }, (_, i) => (i * 0x9e37_79b1) % P);
  const digests = new Uint32Array(8 * count);
  kernel.compressPairs(pairs, digests);
  for (const k of [0, 1, 2047, 2048, count - 1]) {
    const expected = compress(pairs.subarray(16 * k, 16 * k + 16));
    expect(digests.subarray(8 * k, 8 * k + 8)).toEqual(expected);
  }
});

/** The levels of one block by the readable twin, entry 0 being its chunks. */
function twinLevels(block: Uint8Array): Uint32Array[][] {
  const levels = [
    Array.from({ length: 2 ** blockLevels }, (_, k) =>
      hashChunk(block.subarray(32 * k, 32 * k + 32)),
    ),
  ];
  for (let level = 0; level < blockLevels; level++) {
    const below = levels[level]!;
    levels.push(
      Array.from({ length: below.length / 2 }, (_, k) =>
        compressPair(below[2 * k]!, below[2 * k + 1]!),
      ),
    );
  }
  return levels;
}

test("property: the kernel hashes blocks, and every level in them, as the readable twin does", () => {
  const blocks = fc
    .integer({ min: 1, max: 3 })
    .chain((count) =>
      fc.uint8Array({ minLength: count * blockBytes, maxLength: count * blockBytes }),
    );
  fc.assert(
    fc.property(blocks, (bytes) => {
      const count = bytes.length / blockBytes;
      const roots = new Uint32Array(8 * count);
      kernel.hashBlocks(bytes, roots);
      const levels = kernel.hashBlockLevels(bytes);
      for (let k = 0; k < count; k++) {
        twinLevels(bytes.subarray(k * blockBytes, (k + 1) * blockBytes)).forEach((nodes, level) => {
          const words = nodes.flatMap((node) => Array.from(node));
          const start = k * words.length;
          expect(Array.from(levels[level]!.subarray(start, start + words.length))).toEqual(words);
        });
        expect(roots.subarray(8 * k, 8 * k + 8)).toEqual(
          levels[blockLevels]!.subarray(8 * k, 8 * k + 8),
        );
      }
    }),
    { numRuns: 20 },
  );
});

test("blocks over several slabs come out in their order", () => {
  const count = 260;
  const bytes = Uint8Array.from({ length: count * blockBytes }, (_, i) => (i * 7 + (i >> 9)) & 255);
  const roots = new Uint32Array(8 * count);
  kernel.hashBlocks(bytes, roots);
  for (const k of [0, 255, 256, 259]) {
    const block = bytes.subarray(k * blockBytes, (k + 1) * blockBytes);
    expect(roots.subarray(8 * k, 8 * k + 8)).toEqual(twinLevels(block)[blockLevels]![0]);
  }
});

test("property: finds exactly the blocks that differ, in whatever byte and bit", () => {
  const flips = fc.array(
    fc.record({ at: fc.nat({ max: 3 * 65_536 - 1 }), bit: fc.integer({ min: 0, max: 7 }) }),
    { maxLength: 12 },
  );
  const left = Uint8Array.from({ length: 3 * 65_536 }, (_, i) => (i * 13) & 255);
  const range = { start: 65_536, end: 2 * 65_536 };
  fc.assert(
    fc.property(flips, (list) => {
      const right = left.slice();
      for (const { at, bit } of list) right[at]! ^= 1 << bit;
      const expected: number[] = [];
      for (let start = range.start; start < range.end; start += blockBytes) {
        const block = left.subarray(start, start + blockBytes);
        if (!equalBytes(block, right.subarray(start, start + blockBytes))) {
          expected.push(start / blockBytes);
        }
      }
      const found: number[] = [];
      kernel.findDifferences({ left, right }, range, found);
      expect(found).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
