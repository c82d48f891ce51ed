/**
 * The SIMD kernel of the state tree: many Poseidon2 compressions in one call, equal to those of
 * `poseidon2.ts`, and the search for blocks that differ. One instance owns one WebAssembly memory;
 * it is not shared between workers.
 *
 * Memory map: `kernels/assembly/poseidon2.ts`. The host's workspace holds a slab of chunks and,
 * behind it, their words; or two slabs to compare and, behind them, the blocks that differ.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { mul, P, pow } from "../field/koala-bear.ts";
import { stateKernelBase64 } from "./kernel.generated.ts";
import { blockBytes, blockLevels, chunkBytes } from "./layout.ts";
import { digestLength } from "./poseidon2.ts";
import {
  finalConstants,
  initialConstants,
  internalConstants,
  width,
} from "./poseidon2-constants.ts";

const parameterWords = 16;
const workspace = 2048;
// 64 KiB of chunks and their 128 KiB of words stay in the second-level cache.
const slabChunks = 2048;
const words = workspace + slabChunks * chunkBytes;

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly widen: (source: number, target: number, count: number) => void;
  readonly compress: (source: number, target: number, count: number) => void;
  readonly findDifferences: (left: number, right: number, count: number, target: number) => number;
}

/** Compresses in bulk. */
export class StateKernel {
  readonly #exports: KernelExports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;

  constructor() {
    const module = new WebAssembly.Module(decodeBase64(stateKernelBase64));
    const instance = new WebAssembly.Instance(module, {});
    this.#exports = instance.exports as unknown as KernelExports;
    this.#bytes = new Uint8Array(this.#exports.memory.buffer);
    this.#words = new Uint32Array(this.#exports.memory.buffer);
    writeParameters(this.#words);
  }

  /** Writes to `target` the root of every block of `bytes`. */
  hashBlocks(bytes: Uint8Array, target: Uint32Array): void {
    this.#hashLevels(bytes, (level, start, digests) => {
      if (level === blockLevels) target.set(digests, start);
    });
  }

  /** The digests of every level of all blocks of `bytes`: entry 0 chunks, the last entry block roots. */
  hashBlockLevels(bytes: Uint8Array): readonly Uint32Array[] {
    const levels = Array.from(
      { length: blockLevels + 1 },
      (_, level) => new Uint32Array((bytes.length / chunkBytes / 2 ** level) * digestLength),
    );
    this.#hashLevels(bytes, (level, start, digests) => levels[level]!.set(digests, start));
    return levels;
  }

  /**
   * Adds to `found` the index of every block that differs between two images, in the byte range
   * from `start` to `end` (whole blocks, at most a slab of 64 KiB).
   */
  findDifferences(
    images: { readonly left: Uint8Array; readonly right: Uint8Array },
    range: { readonly start: number; readonly end: number },
    found: number[],
  ): void {
    const { start, end } = range;
    const length = end - start;
    assert(length <= slabChunks * chunkBytes && start % blockBytes === 0, "whole blocks of a slab");
    this.#bytes.set(images.left.subarray(start, end), workspace);
    this.#bytes.set(images.right.subarray(start, end), words);
    const list = words + slabChunks * chunkBytes;
    const blockCount = length / blockBytes;
    const count = this.#exports.findDifferences(workspace, words, blockCount, list);
    for (let k = 0; k < count; k++) found.push(start / blockBytes + this.#words[list / 4 + k]!);
  }

  /** Hashes slab by slab; `visit` gets each level's digests and where they stand, in words. */
  #hashLevels(
    bytes: Uint8Array,
    visit: (level: number, start: number, digests: Uint32Array) => void,
  ): void {
    assert(bytes.length % blockBytes === 0, `not whole blocks: ${bytes.length} bytes`);
    const slabBytes = slabChunks * chunkBytes;
    for (let start = 0; start < bytes.length; start += slabBytes) {
      const slab = bytes.subarray(start, start + slabBytes);
      this.#bytes.set(slab, workspace);
      this.#exports.widen(workspace, words, slab.length / chunkBytes);
      for (let level = 0; level <= blockLevels; level++) {
        const count = slab.length / chunkBytes / 2 ** level;
        this.#exports.compress(words, words, count);
        const digests = this.#words.subarray(words / 4, words / 4 + count * digestLength);
        visit(level, (start / chunkBytes / 2 ** level) * digestLength, digests);
      }
    }
  }

  /** Writes to `target` the digest of every 16 words of `pairs`. */
  compressPairs(pairs: Uint32Array, target: Uint32Array): void {
    assert(pairs.length % width === 0, `not whole pairs: ${pairs.length} words`);
    const slabWords = slabChunks * width;
    for (let start = 0; start < pairs.length; start += slabWords) {
      const slab = pairs.subarray(start, start + slabWords);
      this.#words.set(slab, words / 4);
      this.#exports.compress(words, words, slab.length / width);
      const digests = this.#words.subarray(words / 4, words / 4 + slab.length / 2);
      target.set(digests, start / 2);
    }
  }
}

function writeParameters(memory: Uint32Array): void {
  // The kernel's memory is little-endian; this host's views of it must be.
  assert(new Uint8Array(Uint32Array.of(1).buffer)[0] === 1, "a little-endian machine");
  const radix = pow(2, 32);
  // P^-1 mod 2^32 is 1 + 2^24 + 2^31, for P = 1 - 2^24 + 2^31 and (2^24 - 2^31)^2 is 0 mod 2^32.
  const pInverse = 0x8100_0001;
  memory.fill(P, 0, 4);
  memory.fill(pInverse, 4, 8);
  memory.fill(mul(radix, radix), 8, 12);
  const constants = [...initialConstants.flat(), ...internalConstants, ...finalConstants.flat()];
  constants.forEach((constant, i) => {
    memory[parameterWords + i] = mul(constant, radix);
  });
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
