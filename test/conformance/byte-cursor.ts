/**
 * Reading and writing the WebAssembly binary format's integers, for the test-only pass alone. It
 * shares no code with src/wasm/binary, so that a fault there cannot hide itself here.
 *
 * @module
 */

/** A position in a byte string; reading past the end throws. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  byte(): number {
    if (this.offset >= this.end) throw new RangeError(`module ends at ${this.end}`);
    return this.bytes[this.offset++] as number;
  }

  take(length: number): Uint8Array {
    if (this.offset + length > this.end) throw new RangeError(`module ends at ${this.end}`);
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  u32(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** A signed integer of at most 33 bits, as block types have it. */
  s33(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return (byte & 64) === 0 ? value : value - factor * 128;
    }
  }

  /** Steps over an integer of any width. */
  skipInteger(): void {
    while (this.byte() >= 128);
  }

  name(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.take(this.u32()));
  }

  /** The elements of a vector, each read by `read`. */
  vector<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    for (let count = this.u32(); count > 0; count--) items.push(read());
    return items;
  }
}

/** An unsigned integer in its shortest LEB128 form. */
export function u32Bytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** A count, then the elements. */
export function vectorBytes(items: readonly (readonly number[] | Uint8Array)[]): number[] {
  const bytes = u32Bytes(items.length);
  for (const item of items) for (const byte of item) bytes.push(byte);
  return bytes;
}

/** A length, then the bytes. */
export function sizedBytes(bytes: readonly number[] | Uint8Array): number[] {
  const sized = u32Bytes(bytes.length);
  for (const byte of bytes) sized.push(byte);
  return sized;
}
