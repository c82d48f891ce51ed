/**
 * Dirty tracking: one bit for each 64 KiB chunk of memory modulo 64, in the global `$dirty`. It has
 * no effect that the process can see, so it is not part of the specification.
 *
 * What the host may rely on after an entry, trap or not: every byte that was written lies in a chunk
 * c with bit (c mod 64) set, or in the first 4 KiB of the chunk after such a chunk. The second half
 * of the promise lets a store mark the chunk of its base address alone: the static offset is not
 * added while it is below 4088, and a store across the chunk's end needs no second bit.
 *
 * Page-exact maps inside the process's memory would be open to the process, and a second memory
 * needs a newer engine than Node 20's.
 *
 * @module
 */

import { Op } from "../binary/op.ts";
import type { Emitter } from "./emitter.ts";

/** Bytes after a dirty chunk that may be dirty without a bit of their own. */
export const spillBytes = 4096;

/** log2 of the bytes of a chunk. */
export const logChunkBytes = 16;

/** Offsets above this are added to the address before it is marked: a store has 8 bytes at most. */
export const foldedOffsetMax: number = spillBytes - 8;

/** Marks the store at the address in local `address` plus the static `offset`. */
export function emitMarkStore(
  emitter: Emitter,
  dirty: number,
  store: { readonly address: number; readonly offset: number },
): void {
  emitter.globalGet(dirty);
  emitter.i64(1);
  emitter.localGet(store.address);
  if (store.offset > foldedOffsetMax) {
    // A sum beyond 2^32 wraps to a wrong chunk, but then the store itself traps.
    emitter.i32(store.offset);
    emitter.op(Op.i32Add);
  }
  emitter.i32(logChunkBytes);
  // The shift takes its count modulo 64, which is the rotation of the mask.
  emitter.op(Op.i32ShrU, Op.i64ExtendI32U, Op.i64Shl, Op.i64Or);
  emitter.globalSet(dirty);
}

/**
 * Marks `length` bytes from `address` (two i32 locals, kept; `chunks` is a third, changed). The
 * range wraps around the 64 bits: its mask is the low bits rotated, not shifted. A range that
 * reaches beyond the memory marks nonsense, and the instruction itself traps.
 */
export function emitMarkRange(
  emitter: Emitter,
  dirty: number,
  locals: { readonly address: number; readonly length: number; readonly chunks: number },
): void {
  const { address, length, chunks } = locals;
  emitter.localGet(length);
  emitter.if();
  // chunks = last chunk − first chunk, so one less than their number.
  emitter.localGet(address);
  emitter.localGet(length);
  emitter.op(Op.i32Add);
  emitter.i32(1);
  emitter.op(Op.i32Sub);
  emitter.i32(logChunkBytes);
  emitter.op(Op.i32ShrU);
  emitter.localGet(address);
  emitter.i32(logChunkBytes);
  emitter.op(Op.i32ShrU, Op.i32Sub);
  emitter.localSet(chunks);
  emitter.globalGet(dirty);
  // (2^(chunks+1) − 1) rotated; the shift count must stay below 64, else every bit is set.
  emitter.i64(-1);
  emitter.i64(2);
  emitter.localGet(chunks);
  emitter.op(Op.i64ExtendI32U, Op.i64Shl);
  emitter.i64(1);
  emitter.op(Op.i64Sub);
  emitter.localGet(address);
  emitter.i32(logChunkBytes);
  emitter.op(Op.i32ShrU, Op.i64ExtendI32U, Op.i64Rotl);
  emitter.localGet(chunks);
  emitter.i32(62);
  emitter.op(Op.i32GtU, Op.select, Op.i64Or);
  emitter.globalSet(dirty);
  emitter.end();
}
