/**
 * Checkpoints of a process's state: a full one, then what changed since, in pages of 4 KiB
 * (spec/06-execution.md §1). They come back from a disk, so shape and state root are checked before
 * anything runs on them.
 *
 * @module
 */

import { equalBytes, toHex } from "../base/bytes.ts";
import { CodedError } from "../base/error.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import type { ProcessImage } from "./process-instance.ts";
import type { ProcessModule } from "./process-module.ts";

/** Bytes of a page of a checkpoint; sixteen make a page of WebAssembly. */
export const checkpointPageBytes = 4096;

/** Some state: page `indices[k]` of memory is at 4096 k of `pages`. */
export interface Checkpoint {
  /** Pages of WebAssembly, 64 KiB each. */
  readonly pageCount: number;
  /** All mutable globals. */
  readonly globals: BigUint64Array;
  /** Strictly increasing. */
  readonly indices: Uint32Array;
  readonly pages: Uint8Array;
}

export type CheckpointErrorCode = "CHECKPOINT_SHAPE" | "CHECKPOINT_ROOT";

/** A checkpoint is not one of this module, or not of the state that it should be of. */
export class CheckpointError extends CodedError<CheckpointErrorCode> {
  override readonly name = "CheckpointError";
}

/** The checkpoint that holds these pages of an image. */
export function takeCheckpoint(
  image: { readonly memory: Uint8Array; readonly globals: BigUint64Array },
  indices: Uint32Array,
): Checkpoint {
  const pages = new Uint8Array(indices.length * checkpointPageBytes);
  indices.forEach((index, k) => {
    const start = index * checkpointPageBytes;
    pages.set(image.memory.subarray(start, start + checkpointPageBytes), k * checkpointPageBytes);
  });
  const pageCount = image.memory.length / memoryPageBytes;
  return { pageCount, globals: image.globals.slice(), indices, pages };
}

/** The pages of a memory that are not all zero: what a full checkpoint must hold. */
export function nonZeroPages(memory: Uint8Array): Uint32Array {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const pageWords = checkpointPageBytes / 4;
  const indices: number[] = [];
  for (let start = 0; start < words.length; start += pageWords) {
    let word = start;
    while (word < start + pageWords && words[word] === 0) word++;
    if (word < start + pageWords) indices.push(start / pageWords);
  }
  return Uint32Array.from(indices);
}

/**
 * The state after a full checkpoint and those that followed it, in their order. Throws
 * `CHECKPOINT_SHAPE` where they cannot be checkpoints of a process of this module.
 */
export function imageOf(checkpoints: readonly Checkpoint[], module: ProcessModule): ProcessImage {
  let pageCount = module.instrumented.initialPages;
  for (const checkpoint of checkpoints) {
    checkShape(checkpoint, { module, pageCountMin: pageCount });
    pageCount = checkpoint.pageCount;
  }
  const last = checkpoints.at(-1);
  if (last === undefined) throw new CheckpointError("CHECKPOINT_SHAPE", { expected: 1, got: 0 });
  const memory = new Uint8Array(pageCount * memoryPageBytes);
  for (const { indices, pages } of checkpoints) {
    indices.forEach((index, k) => {
      const page = pages.subarray(k * checkpointPageBytes, (k + 1) * checkpointPageBytes);
      memory.set(page, index * checkpointPageBytes);
    });
  }
  return { memory, globals: last.globals.slice() };
}

/** Throws `CHECKPOINT_ROOT` unless the roots are equal. */
export function checkRoot(expected: Uint8Array, got: Uint8Array): void {
  if (equalBytes(expected, got)) return;
  throw new CheckpointError("CHECKPOINT_ROOT", { expected: toHex(expected), got: toHex(got) });
}

function checkShape(
  { pageCount, globals, indices, pages }: Checkpoint,
  { module, pageCountMin }: { readonly module: ProcessModule; readonly pageCountMin: number },
): void {
  const { mutableGlobals, pagesMax } = module.instrumented;
  // A process never shrinks: each count is at least the one before it.
  if (!Number.isInteger(pageCount) || pageCount < pageCountMin || pageCount > pagesMax) {
    refuse("pageCount", `${pageCountMin} to ${pagesMax}`, pageCount);
  }
  if (globals.length !== mutableGlobals.length) {
    refuse("globals", mutableGlobals.length, globals.length);
  }
  if (pages.length !== indices.length * checkpointPageBytes) {
    refuse("pages", indices.length * checkpointPageBytes, pages.length);
  }
  const end = pageCount * (memoryPageBytes / checkpointPageBytes);
  for (let k = 0; k < indices.length; k++) {
    const least = k === 0 ? 0 : indices[k - 1]! + 1;
    if (indices[k]! < least || indices[k]! >= end) {
      refuse("indices", `${least} to ${end - 1}`, indices[k]!);
    }
  }
}

function refuse(field: string, expected: string | number, got: string | number): never {
  throw new CheckpointError("CHECKPOINT_SHAPE", { field, expected, got });
}
