/**
 * Writes the integers, names and vectors of the binary format, every number in its shortest form.
 *
 * @module
 */

import { utf8Bytes } from "../../base/bytes.ts";

/** A byte string that grows at its end. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, as a view that the next write may invalidate. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  s32(value: number): void {
    let rest = value | 0;
    while (rest < -0x40 || rest >= 0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** A block type: a negative code of one byte or a type index. */
  s33(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest & 0x7f);
  }

  /** A signed 64-bit integer given as two 32-bit halves. */
  s64(low: number, high: number): void {
    let restLow = low | 0;
    let restHigh = high | 0;
    for (;;) {
      const isLast = restHigh === restLow >> 31 && restLow >= -0x40 && restLow < 0x40;
      if (isLast) break;
      this.byte((restLow & 0x7f) | 0x80);
      restLow = (restLow >>> 7) | (restHigh << 25);
      restHigh >>= 7;
    }
    this.byte(restLow & 0x7f);
  }

  /** Four bytes, little-endian. */
  bits32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  name(text: string): void {
    const bytes = utf8Bytes(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  vector<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.written());
    this.#bytes = bytes;
  }
}
