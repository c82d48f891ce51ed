/**
 * Reads the integers, names and vectors of the binary format (WebAssembly §5.2), strictly: a LEB128
 * number has at most ⌈bits/7⌉ bytes and no stray bits in its last one, names are UTF-8, and nothing
 * is read beyond the limit. Every refusal carries the offset of the item's first byte.
 *
 * @module
 */

import { utf8Text } from "../../base/bytes.ts";
import { WasmError, type WasmErrorCode } from "./error.ts";

/** A cursor over the module's bytes; `limit` is the end of the section or body being read. */
export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
  limit: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.offset = 0;
    this.limit = bytes.length;
  }

  byte(): number {
    if (this.offset >= this.limit) throw this.#end(1);
    return this.bytes[this.offset++]!;
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.limit - this.offset) throw this.#end(length);
    const taken = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return taken;
  }

  /** An unsigned 32-bit LEB128. */
  u32(): number {
    const first = this.bytes[this.offset]!;
    if (first < 0x80 && this.offset < this.limit) {
      this.offset++;
      return first;
    }
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) throw leb128Invalid(start, "u32");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw leb128Invalid(start, "u32");
  }

  /** A signed 32-bit LEB128. */
  s32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const last = this.byte();
    // The last byte holds bits 28…31; its upper three bits must repeat the sign.
    if (last > 0x7f || (last > 0x07 && last < 0x78)) throw leb128Invalid(start, "s32");
    return value | (last << 28);
  }

  /** A signed 33-bit LEB128, the form of block types. */
  s33(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const last = this.byte();
    // Bits 28…32; the upper two bits of the seven must repeat bit 32.
    if (last > 0x7f || (last > 0x0f && last < 0x70)) throw leb128Invalid(start, "s33");
    const low = (value | (last << 28)) >>> 0;
    return last & 0x10 ? low - 2 ** 32 : low;
  }

  /** A signed 64-bit LEB128 as two signed 32-bit halves, low first. */
  s64(): readonly [low: number, high: number] {
    const start = this.offset;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return (byte & 0x40) === 0 ? [low, high] : signExtend(low, high, shift + 7);
    }
    const last = this.byte();
    if (last !== 0x00 && last !== 0x7f) throw leb128Invalid(start, "s64");
    return [low, high | (last << 31)];
  }

  /** Four bytes, little-endian, as a signed integer. */
  bits32(): number {
    const four = this.take(4);
    return four[0]! | (four[1]! << 8) | (four[2]! << 16) | (four[3]! << 24);
  }

  /** A name: a length and that many bytes of UTF-8. */
  name(): string {
    const start = this.offset;
    const text = utf8Text(this.take(this.u32()));
    if (text === null) {
      throw new WasmError("UTF8_INVALID", { offset: start, expected: "UTF-8", got: "other bytes" });
    }
    return text;
  }

  /** A vector: a count, then that many items. Every item takes a byte at least. */
  vector<Item>(readItem: () => Item): Item[] {
    const start = this.offset;
    const count = this.u32();
    if (count > this.limit - this.offset) {
      throw new WasmError("UNEXPECTED_END", {
        offset: start,
        expected: `${count} items`,
        got: `${this.limit - this.offset} bytes`,
      });
    }
    const items: Item[] = [];
    for (let i = 0; i < count; i++) items.push(readItem());
    return items;
  }

  #end(length: number): WasmError {
    return new WasmError("UNEXPECTED_END", {
      offset: this.offset,
      expected: `${length} more bytes`,
      got: `${this.limit - this.offset}`,
    });
  }
}

function leb128Invalid(offset: number, expected: string): WasmError {
  return new WasmError("LEB128_INVALID", { offset, expected, got: "too many bits" });
}

function signExtend(low: number, high: number, bits: number): readonly [number, number] {
  if (bits < 32) return [low | (-1 << bits), -1];
  return [low, bits === 32 ? -1 : high | (-1 << (bits - 32))];
}

/** The error of a byte that stands for nothing known at its place. */
export function unknownForm(offset: number, expected: string, got: number): WasmError {
  return formError("FORM_UNKNOWN", offset, expected, got);
}

/** An error whose `got` is a byte. */
export function formError(
  code: WasmErrorCode,
  offset: number,
  expected: string,
  got: number,
): WasmError {
  return new WasmError(code, { offset, expected, got: `0x${got.toString(16)}` });
}
