/**
 * The state tree of one process (spec/12-state.md §4): a fixed-depth Poseidon2 tree whose root moves
 * from result to result by hashing only what changed.
 *
 * The tree keeps digests, not content. Its lowest kept level is that of blocks (8 chunks, 256
 * bytes), so it takes a quarter of the image it stands for; a change of one chunk hashes its block
 * again (15 compressions) and the 21 levels above. Blocks of 512 bytes halved the memory and took a
 * quarter more time on messages of an AssemblyScript process (6 places changed by each, 125 µs
 * against 96); pages of 4 KiB would hash 255 for each place.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { StateKernel } from "./kernel.ts";
import {
  blockBytes,
  blockLevels,
  digestBytes,
  encodeMeta,
  metaChunkIndex,
  pageBytes,
  pageCountMax,
  treeDepth,
  zeroDigests,
} from "./layout.ts";
import { NodeLevel } from "./node-level.ts";
import { digestLength } from "./poseidon2.ts";

/** Content of memory blocks: `bytes` holds block `indices[k]` at 256 k; indices strictly increase. */
export interface MemoryBlocks {
  readonly indices: Uint32Array;
  readonly bytes: Uint8Array;
}

/** What one result changed: the blocks that differ, and page count and globals as they are after. */
export interface StateChange {
  readonly blocks: MemoryBlocks;
  readonly pageCount: number;
  readonly globals: BigUint64Array;
}

/** Nodes of one level that changed, for several results one after the other. */
interface ChangedNodes {
  /** Positions in the level; within one result strictly increasing. */
  readonly indices: Uint32Array;
  /** Where each result's nodes end in `indices`. */
  readonly ends: readonly number[];
  readonly digests: Uint32Array;
}

const levelCount = treeDepth - blockLevels;
/** Index of the first block that is not memory. */
export const metaBlockIndex: number = metaChunkIndex / 2 ** blockLevels;

/** A process's state as digests. */
export class StateTree {
  readonly #kernel: StateKernel;
  /** Level 0 holds the blocks, the last level the root. */
  readonly #levels: readonly NodeLevel[];
  #meta: Uint8Array;

  private constructor(kernel: StateKernel, levels: readonly NodeLevel[], meta: Uint8Array) {
    this.#kernel = kernel;
    this.#levels = levels;
    this.#meta = meta;
  }

  /** The tree of a memory image (whole pages) and the mutable globals beside it. */
  static build(options: {
    readonly kernel: StateKernel;
    readonly memory: Uint8Array;
    readonly globals: BigUint64Array;
  }): StateTree {
    const { kernel, memory, globals } = options;
    const pageCount = memory.length / pageBytes;
    assert(Number.isInteger(pageCount), `not whole pages: ${memory.length} bytes`);
    const tree = new StateTree(kernel, emptyLevels(), new Uint8Array(0));
    tree.apply([{ blocks: nonZeroBlocks(memory), pageCount, globals }]);
    return tree;
  }

  /** A tree of its own over the same state: hashes nothing. */
  copy(): StateTree {
    const levels = this.#levels.map((level) => level.copy());
    return new StateTree(this.#kernel, levels, this.#meta.slice());
  }

  /** The root, 32 bytes. */
  root(): Uint8Array {
    return digestBytes(this.#levels[levelCount]!.read(0));
  }

  /** Bytes that this tree keeps. */
  get byteLength(): number {
    return this.#levels.reduce((sum, level) => sum + level.byteLength, this.#meta.length);
  }

  /**
   * Applies changes in their order and answers the root after each. Level by level all changes are
   * hashed together, so that several small ones fill the kernel's four lanes.
   */
  apply(changes: readonly StateChange[]): Uint8Array[] {
    if (changes.length === 0) return [];
    let changed = this.#changedBlocks(changes);
    for (let level = 0; level < levelCount; level++) changed = this.#raise(level, changed);
    const root = this.#levels[levelCount]!;
    return changed.ends.map((end, k) => {
      if (end > (changed.ends[k - 1] ?? 0)) root.write(0, changed.digests, end - 1);
      return this.root();
    });
  }

  /** The digest of the node at `index` on `level`, from 3 (blocks) to 24 (the root). */
  node(level: number, index: number): Uint32Array {
    assert(level >= blockLevels && level <= treeDepth, `no such level: ${level}`);
    return this.#levels[level - blockLevels]!.read(index);
  }

  /** The bytes behind the meta half of the tree, in whole blocks. */
  get meta(): Uint8Array {
    return this.#meta;
  }

  #changedBlocks(changes: readonly StateChange[]): ChangedNodes {
    const contents: Uint8Array[] = [];
    const indices: number[] = [];
    const ends: number[] = [];
    for (const change of changes) {
      checkBlocks(change);
      for (const index of change.blocks.indices) indices.push(index);
      contents.push(change.blocks.bytes);
      const meta = encodeMeta(change, blockBytes);
      assert(this.#meta.length === 0 || this.#meta.length === meta.length, "globals are fixed");
      for (let start = 0; start < meta.length; start += blockBytes) {
        const block = meta.subarray(start, start + blockBytes);
        if (equalBytes(block, this.#meta.subarray(start, start + blockBytes))) continue;
        indices.push(metaBlockIndex + start / blockBytes);
        contents.push(block);
      }
      this.#meta = meta;
      ends.push(indices.length);
    }
    const digests = new Uint32Array(indices.length * digestLength);
    let hashed = 0;
    for (const content of contents) {
      this.#kernel.hashBlocks(content, digests.subarray(hashed));
      hashed += (content.length / blockBytes) * digestLength;
    }
    return { indices: Uint32Array.from(indices), ends, digests };
  }

  /** Writes one level's changed nodes, result by result, and hashes the parents they lead to. */
  #raise(level: number, changed: ChangedNodes): ChangedNodes {
    const nodes = this.#levels[level]!;
    const parents = new Uint32Array(changed.indices.length);
    const pairs = new Uint32Array(changed.indices.length * 2 * digestLength);
    let count = 0;
    let from = 0;
    const ends: number[] = [];
    for (const end of changed.ends) {
      for (let k = from; k < end; k++) nodes.write(changed.indices[k]!, changed.digests, k);
      const first = count;
      for (let k = from; k < end; k++) {
        const parent = changed.indices[k]! >>> 1;
        if (count > first && parents[count - 1] === parent) continue;
        nodes.readPair(parent, pairs, count);
        parents[count++] = parent;
      }
      ends.push(count);
      from = end;
    }
    const digests = new Uint32Array(count * digestLength);
    this.#kernel.compressPairs(pairs.subarray(0, count * 2 * digestLength), digests);
    return { indices: parents.subarray(0, count), ends, digests };
  }
}

function emptyLevels(): readonly NodeLevel[] {
  return Array.from(
    { length: levelCount + 1 },
    (_, level) =>
      new NodeLevel({
        zero: zeroDigests[level + blockLevels]!,
        metaIndex: Math.ceil(metaBlockIndex / 2 ** level),
      }),
  );
}

function checkBlocks({ blocks, pageCount }: StateChange): void {
  const { indices, bytes } = blocks;
  assert(bytes.length === indices.length * blockBytes, "as many blocks as indices");
  assert(pageCount <= pageCountMax, `page count out of range: ${pageCount}`);
  const end = (pageCount * pageBytes) / blockBytes;
  for (let k = 0; k < indices.length; k++) {
    assert(k === 0 || indices[k - 1]! < indices[k]!, "block indices strictly increase");
    assert(indices[k]! < end, `block outside memory: ${indices[k]}`);
  }
}

/** The blocks of a memory image that are not all zero. */
function nonZeroBlocks(memory: Uint8Array): MemoryBlocks {
  const aligned = memory.byteOffset % 4 === 0 ? memory : memory.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const blockWords = blockBytes / 4;
  const indices: number[] = [];
  for (let start = 0; start < words.length; start += blockWords) {
    let word = start;
    while (word < start + blockWords && words[word] === 0) word++;
    if (word < start + blockWords) indices.push(start / blockWords);
  }
  const bytes = new Uint8Array(indices.length * blockBytes);
  indices.forEach((index, k) => {
    bytes.set(memory.subarray(index * blockBytes, (index + 1) * blockBytes), k * blockBytes);
  });
  return { indices: Uint32Array.from(indices), bytes };
}
