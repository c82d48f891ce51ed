/**
 * A process's stored memory: what is read back from chunks of 64 KiB and from a log of deltas, and
 * what is written to them. Every stored piece ends with a checksum against faults of the device;
 * the state root, which the caller knows, guards against everything else.
 *
 * @module
 */

import { concatBytes, u32be, u64be } from "../../../base/bytes.ts";
import type { TableReader, TableWriter } from "../engine.ts";
import { type CheckpointSave, deltaPageBytes, memoryPageBytes } from "../ports/checkpoint-store.ts";
import { readU32, slotKey } from "../schema.ts";
import { StoreError } from "../store-error.ts";

const pageRecordBytes = 4 + deltaPageBytes;
const checksumBytes = 4;

/** For each chunk the slot at which it was written plus one, or 0 where it is all zero. */
export type ChunkSlots = readonly number[];

/**
 * A 32-bit checksum of words: eight interleaved polynomials modulo 2^32 with an odd base, so that a
 * change within one of them always shows. 64 MiB take 14 ms; four FNV lanes took 22 ms, and
 * `zlib.crc32` (16 ms) is not in every Node 20.
 */
export function checksum(words: Int32Array): number {
  let [a, b, c, d, e, f, g, h] = [1, 2, 3, 4, 5, 6, 7, 8];
  let at = 0;
  for (; at + 8 <= words.length; at += 8) {
    a = (Math.imul(a, 31) + (words[at] as number)) | 0;
    b = (Math.imul(b, 31) + (words[at + 1] as number)) | 0;
    c = (Math.imul(c, 31) + (words[at + 2] as number)) | 0;
    d = (Math.imul(d, 31) + (words[at + 3] as number)) | 0;
    e = (Math.imul(e, 31) + (words[at + 4] as number)) | 0;
    f = (Math.imul(f, 31) + (words[at + 5] as number)) | 0;
    g = (Math.imul(g, 31) + (words[at + 6] as number)) | 0;
    h = (Math.imul(h, 31) + (words[at + 7] as number)) | 0;
  }
  let sum = words.length;
  for (; at < words.length; at++) sum = (Math.imul(sum, 31) + (words[at] as number)) | 0;
  for (const lane of [a, b, c, d, e, f, g, h]) sum = (Math.imul(sum, 31) + lane) | 0;
  return sum >>> 0;
}

/** Writes the pages of a delta as one value. */
export function writeDelta(tables: TableWriter, save: CheckpointSave): void {
  const value = new Uint8Array(save.pages.length * pageRecordBytes + checksumBytes);
  let offset = 0;
  for (const { index, bytes } of save.pages) {
    value.set(u32be(index), offset);
    value.set(bytes, offset + 4);
    offset += pageRecordBytes;
  }
  value.set(u32be(checksum(wordsOf(value.subarray(0, offset)))), offset);
  tables.put("checkpoint-delta", slotKey(save.process, save.slot), value);
}

/** Puts a stored delta's pages into a memory image. */
export function applyDelta(memory: Uint8Array, value: Uint8Array, slot: number): void {
  const end = value.length - checksumBytes;
  if (end < 0 || readU32(value, end) !== checksum(wordsOf(value.subarray(0, end)))) {
    throw new StoreError("STORE_CORRUPT", { slot, expected: "the checksum of a delta" });
  }
  for (let offset = 0; offset < end; offset += pageRecordBytes) {
    const at = readU32(value, offset) * deltaPageBytes;
    memory.set(value.subarray(offset + 4, offset + pageRecordBytes), at);
  }
}

/** The indexes of a stored delta's pages. */
export function* deltaPages(value: Uint8Array): Iterable<number> {
  const end = value.length - checksumBytes;
  for (let offset = 0; offset < end; offset += pageRecordBytes) yield readU32(value, offset);
}

/** Writes those chunks of a memory image that are named; gives the slots of all chunks. */
export function writeChunks(
  tables: TableWriter,
  image: { readonly process: Uint8Array; readonly slot: number; readonly memory: Uint8Array },
  changed: { readonly chunks: Iterable<number>; readonly before: ChunkSlots },
): number[] {
  const chunkCount = image.memory.length / memoryPageBytes;
  const slots = Array.from({ length: chunkCount }, (_, chunk) => changed.before[chunk] ?? 0);
  for (const chunk of changed.chunks) {
    const bytes = chunkOf(image.memory, chunk);
    if (isZero(bytes)) {
      slots[chunk] = 0;
      continue;
    }
    const value = new Uint8Array(memoryPageBytes + checksumBytes);
    value.set(bytes);
    value.set(u32be(checksum(wordsOf(bytes))), memoryPageBytes);
    tables.put("checkpoint-chunk", chunkKey(image.process, chunk, image.slot), value);
    slots[chunk] = image.slot + 1;
  }
  return slots;
}

/** A memory image from its chunks; pages that the memory grew by since are zero. */
export function readChunks(
  tables: TableReader,
  image: {
    readonly process: Uint8Array;
    readonly pageCount: number;
    readonly chunkSlots: ChunkSlots;
  },
): Uint8Array {
  const { process, pageCount, chunkSlots } = image;
  const memory = new Uint8Array(pageCount * memoryPageBytes);
  for (const [chunk, slotPlusOne] of chunkSlots.entries()) {
    if (slotPlusOne === 0) continue;
    const slot = slotPlusOne - 1;
    const key = chunkKey(process, chunk, slot);
    const stored = tables.view("checkpoint-chunk", key, (value) => {
      if (value.length !== memoryPageBytes + checksumBytes) return null;
      memory.set(value.subarray(0, memoryPageBytes), chunk * memoryPageBytes);
      return readU32(value, memoryPageBytes);
    });
    if (stored !== checksum(wordsOf(chunkOf(memory, chunk)))) {
      throw new StoreError("STORE_CORRUPT", { slot, chunk, expected: "a chunk and its checksum" });
    }
  }
  return memory;
}

/** p‖u32 chunk‖s */
export function chunkKey(process: Uint8Array, chunk: number, slot: number): Uint8Array {
  return concatBytes(process, u32be(chunk), u64be(slot));
}

function chunkOf(memory: Uint8Array, chunk: number): Uint8Array {
  return memory.subarray(chunk * memoryPageBytes, (chunk + 1) * memoryPageBytes);
}

/** The bytes as this machine's words; stored values never leave it. Copies unaligned bytes. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function isZero(bytes: Uint8Array): boolean {
  const words = wordsOf(bytes);
  for (let index = 0; index < words.length; index++) if (words[index] !== 0) return false;
  return true;
}
