/**
 * Writes canonical bytes (spec/02-encoding.md): nil, booleans, unsigned integers in their shortest
 * form, UTF-8 text, byte strings and arrays. What is written is canonical by construction, but for
 * one thing that the caller owes: an array header is followed by exactly as many values.
 *
 * @module
 */

import { Address } from "./address";
import { headMax, storeArrayHead, storeBytesHead, storeTextHead, storeUint } from "./heads";
import { countOf, storeUtf8, utf8Length } from "./utf8";

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

  nil(): Writer {
    store<u8>(this.room(1), 0xc0);
    this.used += 1;
    return this;
  }

  bool(value: bool): Writer {
    store<u8>(this.room(1), value ? 0xc3 : 0xc2);
    this.used += 1;
    return this;
  }

  uint(value: u64): Writer {
    this.used += storeUint(this.room(headMax), value);
    return this;
  }

  text(value: string): Writer {
    const length = utf8Length(changetype<usize>(value), countOf(changetype<usize>(value)));
    const target = this.room(headMax + length);
    const head = storeTextHead(target, length);
    storeUtf8(changetype<usize>(value), countOf(changetype<usize>(value)), target + <usize>head);
    this.used += head + length;
    return this;
  }

  bytes(value: Uint8Array): Writer {
    const target = this.room(headMax + value.length);
    const head = storeBytesHead(target, value.length);
    memory.copy(target + <usize>head, value.dataStart, <usize>value.length);
    this.used += head + value.length;
    return this;
  }

  /** The 32 bytes of an address as a byte string. */
  address(value: Address): Writer {
    const target = this.room(headMax + 32);
    const head = storeBytesHead(target, 32);
    value.store(target + <usize>head);
    this.used += head + 32;
    return this;
  }

  /** The header of an array; exactly `count` values follow. */
  array(count: i32): Writer {
    assert(count >= 0, "an array has at least no values");
    this.used += storeArrayHead(this.room(headMax), count);
    return this;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    const copy = new Uint8Array(this.used);
    memory.copy(copy.dataStart, changetype<usize>(this.buffer), <usize>this.used);
    return copy;
  }

  /** Where the next byte goes; `length` bytes are free there. */
  private room(length: i32): usize {
    const end = this.used + length;
    assert(end >= this.used, "more than 2^31 - 1 bytes");
    if (end > this.buffer.byteLength) {
      const larger = new ArrayBuffer(max(end, this.buffer.byteLength * 2));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.buffer), <usize>this.used);
      this.buffer = larger;
    }
    return changetype<usize>(this.buffer) + <usize>this.used;
  }
}
