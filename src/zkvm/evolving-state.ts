/**
 * The state of a run from segment to segment (spec/14-zkvm.md §6): an image, the tree over it, and what
 * of both a segment opens. The image that it begins with is not changed.
 *
 * @module
 */

import type { StateKernel } from "../state/kernel.ts";
import { blockBytes, chunkBytes, encodeMeta, metaChunkIndex } from "../state/layout.ts";
import { proveChunks } from "../state/prove-chunks.ts";
import { type MemoryBlocks, StateTree } from "../state/state-tree.ts";
import { chunkWords, type StateBoundary } from "./evidence.ts";
import { imageAfter, type StateImage } from "./machine/image-after.ts";
import { placeMask } from "./machine/memory.ts";
import type { RunRecord } from "./machine/run-record.ts";
import { metaCell } from "./program/address-space.ts";

const blockWords = blockBytes / 4;

export class EvolvingState {
  readonly #kernel: StateKernel;
  readonly #tree: StateTree;
  #image: StateImage;

  constructor(kernel: StateKernel, image: StateImage) {
    this.#kernel = kernel;
    this.#tree = StateTree.build({ kernel, memory: image.memory, globals: image.globals });
    this.#image = image;
  }

  get image(): StateImage {
    return this.#image;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** These chunks as they are, and as the segment left them; before `advance`. */
  open(run: RunRecord, indices: Uint32Array): StateBoundary {
    const { memory } = this.#image;
    const proof = proveChunks({ kernel: this.#kernel, tree: this.#tree, memory, indices });
    const post = new Uint8Array(proof.chunks.length);
    const after = new DataView(post.buffer);
    const times = new Uint32Array(indices.length * chunkWords);
    indices.forEach((index, chunk) => {
      for (let word = 0; word < chunkWords; word++) {
        const cell = index * chunkWords + word;
        times[chunk * chunkWords + word] = run.memory.pageOf(cell).times[cell & placeMask]!;
        after.setUint32(chunk * chunkBytes + 4 * word, run.memory.word(cell), true);
      }
    });
    const meta = indices.indexOf(metaChunkIndex) * chunkBytes;
    const pages = encodeMeta({ pageCount: run.pages, globals: new BigUint64Array() });
    post.set(pages.subarray(0, 8), meta);
    return { indices, pre: proof.chunks, post, siblings: proof.siblings, times };
  }

  /** Goes on to what the segment left. */
  advance(run: RunRecord): void {
    this.#image = imageAfter(this.#image, run);
    const { memory, globals } = this.#image;
    const blocks = touchedBlocks(run, memory);
    this.#tree.apply([{ blocks, pageCount: run.pages, globals }]);
  }
}

function touchedBlocks(run: RunRecord, memory: Uint8Array): MemoryBlocks {
  const touched = new Set<number>();
  for (const cell of run.memory.touchedStateCells()) {
    if (cell < metaCell) touched.add(Math.floor(cell / blockWords));
  }
  const indices = Uint32Array.from(touched);
  const bytes = new Uint8Array(indices.length * blockBytes);
  indices.forEach((index, k) => {
    bytes.set(memory.subarray(index * blockBytes, (index + 1) * blockBytes), k * blockBytes);
  });
  return { indices, bytes };
}
