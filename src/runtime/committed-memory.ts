/**
 * The memory image as of the last committed result, kept beside the live memory of a hot instance
 * (spec/06-execution.md §1). Comparing the two within the chunks that the dirty mask names finds
 * what a result changed; copying back undoes it.
 *
 * All comparison is of integers: as doubles, -0 would equal 0 and a changed byte be missed.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { StateKernel } from "../state/kernel.ts";
import { blockBytes } from "../state/layout.ts";
import type { MemoryBlocks } from "../state/state-tree.ts";
import { logChunkBytes, spillBytes } from "../wasm/instrument/dirty-mask.ts";

const blockWords = blockBytes / 4;

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The byte ranges that may differ, in order and without overlap, each of at most one chunk. */
function dirtyRanges(mask: bigint, byteLength: number): readonly ByteRange[] {
  const low = Number(mask & 0xffff_ffffn);
  const high = Number((mask >> 32n) & 0xffff_ffffn);
  const chunkCount = byteLength >>> logChunkBytes;
  const ranges: ByteRange[] = [];
  let previous = false;
  for (let chunk = 0; chunk < chunkCount; chunk++) {
    const bit = chunk & 63;
    const dirty = (((bit < 32 ? low : high) >>> (bit & 31)) & 1) === 1;
    const start = chunk * 2 ** logChunkBytes;
    if (dirty) ranges.push({ start, end: start + 2 ** logChunkBytes });
    else if (previous) ranges.push({ start, end: start + spillBytes });
    previous = dirty;
  }
  return ranges;
}

/** True if the blocks at word `start` of both images hold the same. */
function equalBlocks(left: Int32Array, right: Int32Array, start: number): boolean {
  for (let i = start; i < start + blockWords; i += 4) {
    const difference =
      (left[i]! ^ right[i]!) |
      (left[i + 1]! ^ right[i + 1]!) |
      (left[i + 2]! ^ right[i + 2]!) |
      (left[i + 3]! ^ right[i + 3]!);
    if (difference !== 0) return false;
  }
  return true;
}

/** The dirty mask of a write of `length` bytes at `start` by the host. */
export function maskOfWrite(start: number, length: number): bigint {
  if (length === 0) return 0n;
  const first = start >>> logChunkBytes;
  const last = (start + length - 1) >>> logChunkBytes;
  if (last - first >= 63) return 2n ** 64n - 1n;
  let mask = 0n;
  for (let chunk = first; chunk <= last; chunk++) mask |= 1n << BigInt(chunk & 63);
  return mask;
}

/** Copies `source` over `target` (as long) where they differ, so that untouched pages stay so. */
export function copyDifferences(target: Uint8Array, source: Uint8Array): void {
  assert(target.length === source.length, "images of one length");
  const targetWords = new Int32Array(target.buffer, target.byteOffset, target.length / 4);
  const sourceWords = new Int32Array(source.buffer, source.byteOffset, source.length / 4);
  for (let start = 0; start < targetWords.length; start += blockWords) {
    if (equalBlocks(targetWords, sourceWords, start)) continue;
    target.set(source.subarray(start * 4, start * 4 + blockBytes), start * 4);
  }
}

/** A memory image that follows the live memory from commit to commit. */
export class CommittedMemory {
  readonly #kernel: StateKernel;
  #bytes: Uint8Array<ArrayBuffer>;

  /** Takes `image` (whole pages) as its own. */
  constructor(kernel: StateKernel, image: Uint8Array<ArrayBuffer>) {
    this.#kernel = kernel;
    this.#bytes = image;
  }

  /** The image; valid until the next commit that grew it. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Takes over what differs in `live`, of which `mask` names every dirty chunk, and answers it.
   * Memory that has grown counts as zeros before.
   */
  commit(live: ArrayBuffer, mask: bigint): MemoryBlocks {
    this.#grow(live.byteLength);
    const liveBytes = new Uint8Array(live);
    const images = { left: liveBytes, right: this.#bytes };
    const found: number[] = [];
    for (const range of dirtyRanges(mask, live.byteLength)) {
      this.#kernel.findDifferences(images, range, found);
    }
    const bytes = new Uint8Array(found.length * blockBytes);
    found.forEach((index, k) => {
      const start = index * blockBytes;
      bytes.set(liveBytes.subarray(start, start + blockBytes), k * blockBytes);
      this.#bytes.set(liveBytes.subarray(start, start + blockBytes), start);
    });
    return { indices: Uint32Array.from(found), bytes };
  }

  /** Undoes in `live`, which must not have grown, what happened since the last commit. */
  rollback(live: ArrayBuffer, mask: bigint): void {
    assert(live.byteLength === this.#bytes.length, "a memory of the committed size");
    const liveBytes = new Uint8Array(live);
    for (const { start, end } of dirtyRanges(mask, live.byteLength)) {
      liveBytes.set(this.#bytes.subarray(start, end), start);
    }
  }

  #grow(byteLength: number): void {
    if (byteLength === this.#bytes.length) return;
    const grown = new Uint8Array(byteLength);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
