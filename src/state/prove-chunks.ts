/**
 * Makes multiproofs (spec/12-state.md §5) from a state tree and the image that it stands for.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { StateKernel } from "./kernel.ts";
import { blockBytes, blockLevels, chunkBytes, digestBytes } from "./layout.ts";
import { digestByteLength, type Multiproof, siblingCount, visitPairs } from "./multiproof.ts";
import { digestLength } from "./poseidon2.ts";
import { metaBlockIndex, type StateTree } from "./state-tree.ts";

/**
 * Opens the chunks at `indices` (strictly increasing). `memory` must be the image of the state that
 * `tree` has the root of; memory beyond it reads as zeros.
 */
export function proveChunks(options: {
  readonly kernel: StateKernel;
  readonly tree: StateTree;
  readonly memory: Uint8Array;
  readonly indices: Uint32Array;
}): Multiproof {
  const { kernel, tree, memory, indices } = options;
  const blocks = openedBlocks(indices);
  const contents = new Uint8Array(blocks.length * blockBytes);
  blocks.forEach((block, k) => {
    const isMeta = block >= metaBlockIndex;
    const source = isMeta ? tree.meta : memory;
    const start = (isMeta ? block - metaBlockIndex : block) * blockBytes;
    contents.set(source.subarray(start, start + blockBytes), k * blockBytes);
  });
  const levels = kernel.hashBlockLevels(contents);
  const places = new Map(blocks.map((block, k) => [block, k]));
  const placeOf = (block: number): number => {
    const place = places.get(block);
    assert(place !== undefined, `block not opened: ${block}`);
    return place;
  };
  /** The digest of a node; below the level of blocks its block is among the opened ones. */
  const node = (level: number, index: number): Uint32Array => {
    if (level >= blockLevels) return tree.node(level, index);
    const perBlock = 2 ** (blockLevels - level);
    const start = placeOf(Math.floor(index / perBlock)) * perBlock + (index % perBlock);
    return levels[level]!.subarray(start * digestLength, (start + 1) * digestLength);
  };
  const siblings = new Uint8Array(siblingCount(indices) * digestByteLength);
  let used = 0;
  visitPairs(indices, (level, index, hasSibling) => {
    if (hasSibling) return;
    siblings.set(digestBytes(node(level, index ^ 1)), used);
    used += digestByteLength;
  });
  const chunks = new Uint8Array(indices.length * chunkBytes);
  indices.forEach((index, k) => {
    const start =
      placeOf(index >>> blockLevels) * blockBytes + (index % 2 ** blockLevels) * chunkBytes;
    chunks.set(contents.subarray(start, start + chunkBytes), k * chunkBytes);
  });
  return { indices, chunks, siblings };
}

function openedBlocks(indices: Uint32Array): number[] {
  const blocks: number[] = [];
  for (const index of indices) {
    const block = index >>> blockLevels;
    if (blocks.at(-1) !== block) blocks.push(block);
  }
  return blocks;
}
