/**
 * The decoder of the canonical encoding (`codec.ts`, spec/02-encoding.md). What decodes re-encodes to
 * the same bytes: every longer spelling is refused.
 *
 * @module
 */

import { utf8Text } from "../base/bytes.ts";
import type { Canonical } from "./codec.ts";
import { ProtocolError, type ProtocolErrorCode } from "./errors.ts";
import { canonicalBytesMax, canonicalValuesMax, codecDepthMax } from "./limits.ts";

/**
 * What becomes of byte strings: `copies`, or views of the bytes that are decoded, for who has those
 * bytes alone and lets go of all soon. Short ones are always copied, so that an id that is kept does
 * not hold a whole request.
 */
export type ByteStrings = "copies" | "views";

const copiedBytesMax = 64;

/**
 * The value of canonical bytes. Throws `CODEC_TOO_LARGE`, `CODEC_MALFORMED` or `CODEC_NOT_CANONICAL`
 * with the offset.
 */
export function decodeCanonical(
  bytes: Uint8Array,
  bytesMax: number = canonicalBytesMax,
  byteStrings: ByteStrings = "copies",
): Canonical {
  if (bytes.length > bytesMax) {
    throw new ProtocolError("CODEC_TOO_LARGE", { expected: bytesMax, got: bytes.length });
  }
  const reader = new Reader(bytes, byteStrings);
  const value = reader.value(1);
  reader.end();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #copiedMax: number;
  #offset = 0;
  #valuesLeft = canonicalValuesMax;

  constructor(bytes: Uint8Array, byteStrings: ByteStrings) {
    this.#bytes = bytes;
    this.#copiedMax = byteStrings === "copies" ? bytes.length : copiedBytesMax;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) {
      this.#refuse("CODEC_MALFORMED", "the end", "trailing bytes");
    }
  }

  value(depth: number): Canonical {
    if (depth > codecDepthMax)
      this.#refuse("CODEC_MALFORMED", `depth up to ${codecDepthMax}`, "deeper");
    this.#valuesLeft--;
    const head = this.#uint(1);
    if (head < 0x80) return head;
    if (head >= 0x90 && head <= 0x9f) return this.#array(head & 0x0f, depth);
    if (head >= 0xa0 && head <= 0xbf) return this.#string(head & 0x1f);
    return this.#wideValue(head, depth);
  }

  #wideValue(head: number, depth: number): Canonical {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#uint(1));
      case 0xc5:
        return this.#binary(this.#shortest(2, 0x100));
      case 0xc6:
        return this.#binary(this.#shortest(4, 0x1_0000));
      case 0xcc:
        return this.#shortest(1, 0x80);
      case 0xcd:
        return this.#shortest(2, 0x100);
      case 0xce:
        return this.#shortest(4, 0x1_0000);
      case 0xcf:
        return this.#uint64();
      case 0xd9:
        return this.#string(this.#shortest(1, 32));
      case 0xda:
        return this.#string(this.#shortest(2, 0x100));
      case 0xdb:
        return this.#string(this.#shortest(4, 0x1_0000));
      case 0xdc:
        return this.#array(this.#shortest(2, 16), depth);
      case 0xdd:
        return this.#array(this.#shortest(4, 0x1_0000), depth);
      default:
        return this.#refuse("CODEC_NOT_CANONICAL", "a canonical head", `0x${head.toString(16)}`);
    }
  }

  #uint(width: 1 | 2 | 4): number {
    this.#need(width);
    const at = this.#offset;
    this.#offset += width;
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** An integer of the given width that no shorter form could have held. */
  #shortest(width: 1 | 2 | 4, min: number): number {
    const value = this.#uint(width);
    if (value < min)
      this.#refuse("CODEC_NOT_CANONICAL", "the shortest form", `${value} in ${width} bytes`);
    return value;
  }

  #uint64(): number | bigint {
    this.#need(8);
    const value = this.#view.getBigUint64(this.#offset);
    this.#offset += 8;
    if (value < 0x1_0000_0000n) {
      this.#refuse("CODEC_NOT_CANONICAL", "the shortest form", `${value} in 8 bytes`);
    }
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  #string(length: number): string {
    const bytes = this.#take(length);
    const word = length <= wordBytesMax ? asciiWord(bytes) : null;
    const text = word ?? utf8Text(bytes);
    return text ?? this.#refuse("CODEC_NOT_CANONICAL", "UTF-8", "ill-formed text");
  }

  #binary(length: number): Uint8Array {
    const part = this.#take(length);
    return length <= this.#copiedMax ? part.slice() : part;
  }

  #array(length: number, depth: number): Canonical[] {
    // Every item takes at least one byte, so a length beyond the rest is refused before allocation.
    this.#need(length);
    // Bytes alone are no bound: 8 MiB of empty byte strings took 7 s and 1 GB (Node 20.20).
    if (length > this.#valuesLeft) {
      this.#refuse("CODEC_TOO_LARGE", `${canonicalValuesMax} values`, "more");
    }
    const items: Canonical[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  #take(length: number): Uint8Array {
    this.#need(length);
    const part = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return part;
  }

  #need(count: number): void {
    const left = this.#bytes.length - this.#offset;
    if (count > left) this.#refuse("CODEC_MALFORMED", `${count} more bytes`, `${left}`);
  }

  #refuse(code: ProtocolErrorCode, expected: string, got: string): never {
    throw new ProtocolError(code, { expected, got, offset: this.#offset });
  }
}

/** So long a string is read faster by itself than by TextDecoder, if it is ASCII. */
const wordBytesMax = 48;

/** The text of ASCII bytes; null where there are others. */
function asciiWord(bytes: Uint8Array): string | null {
  let text = "";
  let at = 0;
  // Four at a time: each piece of a text is an object.
  for (; at + 4 <= bytes.length; at += 4) {
    const [a, b] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
    const [c, d] = [bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
    if ((a | b | c | d) >= 0x80) return null;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}
