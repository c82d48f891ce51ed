import fc from "fast-check";
import { expect, test } from "vitest";
import { P } from "../field/koala-bear.ts";
import { imageRoot } from "./image-root.ts";
import { StateKernel } from "./kernel.ts";
import { chunkBytes, encodeMeta, metaChunkIndex, pageBytes } from "./layout.ts";
import {
  decodeMultiproof,
  encodeMultiproof,
  type Multiproof,
  multiproofRoots,
  openedChunksMax,
  verifyMultiproof,
} from "./multiproof.ts";
import { proveChunks } from "./prove-chunks.ts";
import { StateTree } from "./state-tree.ts";

const kernel = new StateKernel();
const globals = BigUint64Array.from({ length: 9 }, (_, i) => BigInt(i) * 0x1234_5678_9abcn);
const memory = Uint8Array.from({ length: 2 * pageBytes }, (_, i) =>
  i % 5000 < 300 ? (i * 31 + (i >> 7)) & 255 : 0,
);
const tree = StateTree.build({ kernel, memory, globals });
const root = tree.root();

/** Chunks in memory, just behind it, far behind it, in the meta half and at both ends. */
const chunkIndex = fc.oneof(
  fc.integer({ min: 0, max: 64 }),
  fc.integer({ min: 0, max: memory.length / chunkBytes + 40 }),
  fc.integer({ min: metaChunkIndex, max: metaChunkIndex + 4 }),
  fc.constantFrom(0, metaChunkIndex - 1, metaChunkIndex, 2 ** 24 - 1),
);
const chunkIndices = fc
  .uniqueArray(chunkIndex, { minLength: 1, maxLength: 20 })
  .map((list) => Uint32Array.from(list).sort());

test("property: a proof of any chunks leads to the root and holds their content", () => {
  fc.assert(
    fc.property(chunkIndices, (indices) => {
      const proof = proveChunks({ kernel, tree, memory, indices });
      expect(verifyMultiproof(proof, root)).toEqual({ ok: true });
      indices.forEach((index, k) => {
        const chunk = proof.chunks.subarray(k * chunkBytes, (k + 1) * chunkBytes);
        expect(chunk).toEqual(trueChunk(index));
      });
      const bytes = encodeMultiproof(proof);
      expect(decodeMultiproof(bytes)).toEqual({ ok: true, proof });
    }),
    { numRuns: 40 },
  );
});

test("opens the page count and the globals behind it", () => {
  const indices = Uint32Array.of(metaChunkIndex, metaChunkIndex + 1, metaChunkIndex + 2);
  const { chunks } = proveChunks({ kernel, tree, memory, indices });
  const view = new DataView(chunks.buffer);
  expect(view.getBigUint64(0, true)).toBe(2n);
  globals.forEach((value, i) => {
    expect(view.getBigUint64(8 * (i + 1), true)).toBe(value);
  });
});

/** What the state holds at a chunk, from the image alone. */
function trueChunk(index: number): Uint8Array {
  const isMeta = index >= metaChunkIndex;
  const source = isMeta ? encodeMeta({ pageCount: 2, globals }) : memory;
  const start = (isMeta ? index - metaChunkIndex : index) * chunkBytes;
  const chunk = new Uint8Array(chunkBytes);
  chunk.set(source.subarray(start, start + chunkBytes));
  return chunk;
}

test("property: a flipped bit anywhere in a proof is refused, or leaves a proof of the truth", () => {
  // The second happens: one chunk of zeros far from content proves the zeros beside it as well.
  let refused = 0;
  fc.assert(
    fc.property(chunkIndices, fc.nat(), fc.nat({ max: 7 }), (indices, at, bit) => {
      const bytes = encodeMultiproof(proveChunks({ kernel, tree, memory, indices }));
      bytes[at % bytes.length]! ^= 1 << bit;
      const decoded = decodeMultiproof(bytes);
      if (!decoded.ok || !verifyMultiproof(decoded.proof, root).ok) {
        refused++;
        return;
      }
      decoded.proof.indices.forEach((index, k) => {
        const chunk = decoded.proof.chunks.subarray(k * chunkBytes, (k + 1) * chunkBytes);
        expect(chunk).toEqual(trueChunk(index));
      });
    }),
    { numRuns: 200 },
  );
  expect(refused).toBeGreaterThan(150);
});

test("property: no bytes at all make the verifier throw", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Plausible counts, so that the deeper checks are reached.
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.uint8Array({ maxLength: 3000 }))
      .map(([count, rest]) => Uint8Array.of(count, 0, 0, 0, ...rest)),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const decoded = decodeMultiproof(bytes);
      expect(decoded.ok && verifyMultiproof(decoded.proof, root).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("property: one walk gives the roots before and after, and they are the images' roots", () => {
  const writes = fc.array(
    fc.record({ at: fc.nat({ max: memory.length - 1 }), byte: fc.nat({ max: 255 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(writes, (list) => {
      const after = memory.slice();
      for (const { at, byte } of list) after[at] = byte;
      const touched = new Set(list.map(({ at }) => Math.floor(at / chunkBytes)));
      const indices = Uint32Array.from(touched).sort();
      const proof = proveChunks({ kernel, tree, memory, indices });
      const chunksAfter = Uint8Array.from(
        Array.from(indices).flatMap((index) =>
          Array.from(after.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
        ),
      );
      const contents = [proof.chunks, chunksAfter];
      expect(multiproofRoots({ ...proof, contents })).toEqual({
        ok: true,
        roots: [root, imageRoot({ memory: after, globals })],
      });
    }),
    { numRuns: 10 },
  );
});

const proof: Multiproof = proveChunks({ kernel, tree, memory, indices: Uint32Array.of(3, 4, 9) });

test("refuses indices that repeat, fall, or leave the tree", () => {
  for (const indices of [
    [3, 3, 9],
    [4, 3, 9],
    [3, 4, 2 ** 24],
  ]) {
    expect(verifyMultiproof({ ...proof, indices: Uint32Array.from(indices) }, root)).toEqual({
      ok: false,
      reason: "MULTIPROOF_CHUNK_INDEX",
    });
  }
});

test("refuses a sibling too many, one too few, and chunks that do not match their count", () => {
  const { siblings, chunks } = proof;
  for (const wrong of [
    siblings.subarray(32),
    Uint8Array.of(...siblings, ...siblings.subarray(0, 32)),
  ]) {
    expect(verifyMultiproof({ ...proof, siblings: wrong }, root)).toEqual({
      ok: false,
      reason: "MULTIPROOF_SIBLING_COUNT",
    });
  }
  expect(verifyMultiproof({ ...proof, chunks: chunks.subarray(1) }, root)).toEqual({
    ok: false,
    reason: "MULTIPROOF_CHUNK_COUNT",
  });
});

test("refuses a sibling that stands for the same element but is not below P", () => {
  const siblings = proof.siblings.slice();
  const view = new DataView(siblings.buffer);
  // Some word is small enough to have a second spelling in 32 bits.
  let at = 0;
  while (view.getUint32(at, true) + P >= 2 ** 32) at += 4;
  view.setUint32(at, view.getUint32(at, true) + P, true);
  expect(verifyMultiproof({ ...proof, siblings }, root)).toEqual({
    ok: false,
    reason: "MULTIPROOF_SIBLING_NOT_CANONICAL",
  });
});

test("refuses another root, no chunks, and a count above the limit before it allocates", () => {
  expect(verifyMultiproof(proof, new Uint8Array(32))).toEqual({
    ok: false,
    reason: "MULTIPROOF_ROOT",
  });
  expect(verifyMultiproof({ ...proof, indices: new Uint32Array(0) }, root).ok).toBe(false);
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, openedChunksMax + 1, true);
  expect(decodeMultiproof(header)).toEqual({ ok: false, reason: "MULTIPROOF_CHUNK_COUNT" });
});
