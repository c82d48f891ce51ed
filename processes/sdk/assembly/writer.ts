/**
 * Writes canonical bytes (spec/02-encoding.md): nil, booleans, unsigned integers in their shortest
 * form, UTF-8 text, byte strings and arrays. What is written is canonical by construction, but for
 * one thing that the caller owes: an array header is followed by exactly as many values.
 *
 * @module
 */

import { Address } from "./address";
import { isAscii, storeAscii, storeUtf8, utf8Length } from "./utf8";

/** A growing buffer of canonical bytes. */
@final
export class Writer {
  private buffer: ArrayBuffer;
  private used: i32 = 0;

  constructor(capacity: i32 = 64) {
    this.buffer = new ArrayBuffer(capacity);
  }

  /** Bytes written so far. */
  get length(): i32 {
    return this.used;
  }

  /** Where the bytes begin; holds until the next write. */
  get pointer(): usize {
    return changetype<usize>(this.buffer);
  }

  nil(): Writer {
    store<u8>(this.reserve(1), 0xc0);
    return this;
  }

  bool(value: bool): Writer {
    store<u8>(this.reserve(1), value ? 0xc3 : 0xc2);
    return this;
  }

  uint(value: u64): Writer {
    if (value < 0x80) {
      store<u8>(this.reserve(1), <u8>value);
    } else if (value <= 0xff) {
      this.head8(0xcc, <u32>value);
    } else if (value <= 0xffff) {
      this.head16(0xcd, <u32>value);
    } else if (value <= 0xffff_ffff) {
      this.head32(0xce, <u32>value);
    } else {
      const target = this.reserve(9);
      store<u8>(target, 0xcf);
      store<u64>(target, bswap(value), 1);
    }
    return this;
  }

  text(value: string): Writer {
    this.textHeader(utf8Length(value));
    return this.rawText(value);
  }

  bytes(value: Uint8Array): Writer {
    return this.bytesAt(value.dataStart, value.length);
  }

  /** A byte string from memory. */
  bytesAt(pointer: usize, length: i32): Writer {
    this.bytesHeader(length);
    return this.raw(pointer, length);
  }

  /** The 32 bytes of an address as a byte string. */
  address(value: Address): Writer {
    this.bytesHeader(32);
    value.store(this.reserve(32));
    return this;
  }

  /** The header of an array; exactly `count` values follow. */
  array(count: i32): Writer {
    assert(count >= 0, "an array has at least no values");
    if (count < 16) store<u8>(this.reserve(1), <u8>(0x90 | count));
    else if (count <= 0xffff) this.head16(0xdc, <u32>count);
    else this.head32(0xdd, <u32>count);
    return this;
  }

  /** The header of text of `length` bytes, which follow by `raw` or `rawText`. */
  textHeader(length: i32): void {
    if (length < 32) store<u8>(this.reserve(1), <u8>(0xa0 | length));
    else if (length <= 0xff) this.head8(0xd9, <u32>length);
    else if (length <= 0xffff) this.head16(0xda, <u32>length);
    else this.head32(0xdb, <u32>length);
  }

  /** The header of a byte string of `length` bytes, which follow by `raw` or `rawText`. */
  bytesHeader(length: i32): void {
    if (length <= 0xff) this.head8(0xc4, <u32>length);
    else if (length <= 0xffff) this.head16(0xc5, <u32>length);
    else this.head32(0xc6, <u32>length);
  }

  /** Bytes without a header. */
  raw(pointer: usize, length: i32): Writer {
    memory.copy(this.reserve(length), pointer, <usize>length);
    return this;
  }

  /** The UTF-8 of text without a header. */
  rawText(value: string): Writer {
    if (isAscii(value)) {
      storeAscii(value, this.reserve(value.length));
    } else {
      const length = utf8Length(value);
      storeUtf8(value, this.reserve(length));
    }
    return this;
  }

  /** The 43 characters of an address without a header. */
  rawAddress(value: Address): Writer {
    value.storeText(this.reserve(43));
    return this;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    const copy = new Uint8Array(this.used);
    memory.copy(copy.dataStart, this.pointer, <usize>this.used);
    return copy;
  }

  /** Begins again; a buffer above `capacityKept` bytes is let go. */
  reset(capacityKept: i32): void {
    this.used = 0;
    if (this.buffer.byteLength > capacityKept) this.buffer = new ArrayBuffer(capacityKept);
  }

  private head8(tag: u8, value: u32): void {
    const target = this.reserve(2);
    store<u8>(target, tag);
    store<u8>(target, <u8>value, 1);
  }

  private head16(tag: u8, value: u32): void {
    const target = this.reserve(3);
    store<u8>(target, tag);
    store<u16>(target, bswap(<u16>value), 1);
  }

  private head32(tag: u8, value: u32): void {
    const target = this.reserve(5);
    store<u8>(target, tag);
    store<u32>(target, bswap(value), 1);
  }

  /** Room for `length` more bytes; where they go. */
  private reserve(length: i32): usize {
    const start = this.used;
    const end = start + length;
    assert(end >= start, "more than 2^31 - 1 bytes");
    if (end > this.buffer.byteLength) this.grow(end);
    this.used = end;
    return changetype<usize>(this.buffer) + <usize>start;
  }

  private grow(needed: i32): void {
    const larger = new ArrayBuffer(max(needed, this.buffer.byteLength * 2));
    memory.copy(changetype<usize>(larger), this.pointer, <usize>this.used);
    this.buffer = larger;
  }
}
