/**
 * The canonical encoding (spec/02-encoding.md): a strict subset of MessagePack with exactly one
 * byte string per value. Nil, booleans, unsigned integers below 2^64 in their shortest form, UTF-8
 * strings, byte strings, arrays; never maps, floats, negative integers or extensions.
 *
 * Records are hashed and stored as received; encode → hash happens only where a record is made. The
 * decoder is in `decode.ts`.
 *
 * @module
 */

import { utf8Bytes } from "../base/bytes.ts";
import { codecDepthMax } from "./limits.ts";

/** A value of the canonical encoding. Integers below 2^53 are numbers, the rest of u64 bigints. */
export type Canonical =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Canonical[];

const loneSurrogate = /\p{Surrogate}/u;
const u64Max = 2n ** 64n - 1n;

/** The one encoding of the value. Throws a `TypeError` for a value outside the set: our own mistake. */
export function encodeCanonical(value: Canonical): Uint8Array {
  const writer = new Writer(roomFor(value));
  writer.value(value, 1);
  return writer.finish();
}

/** As many bytes as the value's encoding has; at least as many where text in it is not ASCII. */
function roomFor(value: Canonical): number {
  if (typeof value === "string") {
    if (!isAscii(value)) return 5 + 3 * value.length;
    return value.length + (value.length < 32 ? 1 : lengthRoom(value.length, 0x100));
  }
  if (value instanceof Uint8Array) return value.length + lengthRoom(value.length, 0x100);
  if (Array.isArray(value)) {
    let room = value.length < 16 ? 1 : lengthRoom(value.length, 0);
    for (const item of value) room += roomFor(item as Canonical);
    return room;
  }
  if (typeof value === "number") return value < 0x80 ? 1 : 1 + integerRoom(value);
  return typeof value === "bigint" ? 9 : 1;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** The bytes of a head with a length: there is a form with one byte of length below `narrowEnd`. */
function lengthRoom(length: number, narrowEnd: number): number {
  if (length < narrowEnd) return 2;
  return length < 0x1_0000 ? 3 : 5;
}

function integerRoom(value: number): number {
  if (value < 0x100) return 1;
  if (value < 0x1_0000) return 2;
  return value < 0x1_0000_0000 ? 4 : 8;
}

class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #length = 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  finish(): Uint8Array {
    // Most records hold no text; theirs is not copied once more.
    if (this.#length === this.#bytes.length) return this.#bytes;
    return this.#bytes.slice(0, this.#length);
  }

  value(value: Canonical, depth: number): void {
    if (depth > codecDepthMax) throw new TypeError(`deeper than ${codecDepthMax}`);
    if (value === null) this.#byte(0xc0);
    else if (value === false) this.#byte(0xc2);
    else if (value === true) this.#byte(0xc3);
    else if (typeof value === "number") this.#integer(value);
    else if (typeof value === "bigint") this.#bigInteger(value);
    else if (typeof value === "string") this.#string(value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (Array.isArray(value)) {
      this.#head(value.length, arrayForm);
      for (const item of value) this.value(item as Canonical, depth + 1);
    } else throw new TypeError(`no canonical form for ${typeof value}`);
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw new TypeError(`not an unsigned integer below 2^53: ${value}`);
    }
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#bytePair(0xcc, value);
    else if (value < 0x1_0000) {
      this.#byte(0xcd);
      this.#view.setUint16(this.#length, value);
      this.#length += 2;
    } else if (value < 0x1_0000_0000) this.#wide32(0xce, value);
    else this.#wide64(BigInt(value));
  }

  #bigInteger(value: bigint): void {
    if (value < 0n || value > u64Max)
      throw new TypeError(`not an unsigned 64-bit integer: ${value}`);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) this.#integer(Number(value));
    else this.#wide64(value);
  }

  #string(text: string): void {
    if (isAscii(text)) {
      // Most strings are short words: three times as fast as through TextEncoder.
      this.#head(text.length, stringForm);
      for (let i = 0; i < text.length; i++) this.#byte(text.charCodeAt(i));
      return;
    }
    // TextEncoder would write U+FFFD for a lone surrogate: two texts, one byte string.
    if (loneSurrogate.test(text)) throw new TypeError("a string with a lone surrogate");
    const bytes = utf8Bytes(text);
    this.#head(bytes.length, stringForm);
    this.#raw(bytes);
  }

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, binaryForm);
    this.#raw(bytes);
  }

  #head(length: number, form: HeadForm): void {
    if (form.fix !== null && length <= form.fixMax) this.#byte(form.fix | length);
    else if (form.wide8 !== null && length < 0x100) this.#bytePair(form.wide8, length);
    else if (length < 0x1_0000) {
      this.#byte(form.wide16);
      this.#view.setUint16(this.#length, length);
      this.#length += 2;
    } else this.#wide32(form.wide32, length);
  }

  #byte(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }

  #bytePair(first: number, second: number): void {
    this.#byte(first);
    this.#byte(second);
  }

  #wide32(head: number, value: number): void {
    this.#byte(head);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  #wide64(value: bigint): void {
    this.#byte(0xcf);
    this.#view.setBigUint64(this.#length, value);
    this.#length += 8;
  }

  #raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

interface HeadForm {
  readonly fix: number | null;
  readonly fixMax: number;
  readonly wide8: number | null;
  readonly wide16: number;
  readonly wide32: number;
}

const arrayForm: HeadForm = { fix: 0x90, fixMax: 15, wide8: null, wide16: 0xdc, wide32: 0xdd };
const stringForm: HeadForm = { fix: 0xa0, fixMax: 31, wide8: 0xd9, wide16: 0xda, wide32: 0xdb };
const binaryForm: HeadForm = { fix: null, fixMax: -1, wide8: 0xc4, wide16: 0xc5, wide32: 0xc6 };
