/**
 * The 32-byte ids of spec/02-encoding.md: addresses of keys, ids of processes, messages and modules,
 * written as 43 characters of unpadded base64url with one spelling each.
 *
 * @module
 */

import { digitTable, valueTable } from "./base64url";

/** Characters of an address in text. */
const textLength: i32 = 43;

/** Above 63 once `digits5` met a character that is no digit. */
let notDigits: u64 = 0;

/** The value of one base64url digit; `T` is the width of a character, u8 or u16. */
function digitAt<T>(pointer: usize): u64 {
  const character = <u32>load<T>(pointer);
  if (sizeof<T>() > 1 && character > 255) return 255;
  return <u64>load<u8>(valueTable + <usize>character);
}

/** Ten digits, 60 bits. */
function digits10<T>(pointer: usize): u64 {
  return (digits5<T>(pointer) << 30) | digits5<T>(pointer + 5 * sizeof<T>());
}

// Written out: 11 gas a digit; as a loop it was 27.
function digits5<T>(pointer: usize): u64 {
  const first = digitAt<T>(pointer);
  const second = digitAt<T>(pointer + sizeof<T>());
  const third = digitAt<T>(pointer + 2 * sizeof<T>());
  const fourth = digitAt<T>(pointer + 3 * sizeof<T>());
  const fifth = digitAt<T>(pointer + 4 * sizeof<T>());
  notDigits |= first | second | third | fourth | fifth;
  return (first << 24) | (second << 18) | (third << 12) | (fourth << 6) | fifth;
}

function storeDigit<T>(value: u64, target: usize): void {
  store<T>(target, <T>load<u8>(digitTable + <usize>(value & 63)));
}

/** Writes the low ten digits of `bits` at `target`, the most significant first. */
function storeDigits10<T>(bits: u64, target: usize): void {
  const step = sizeof<T>();
  storeDigit<T>(bits >> 54, target);
  storeDigit<T>(bits >> 48, target + step);
  storeDigit<T>(bits >> 42, target + 2 * step);
  storeDigit<T>(bits >> 36, target + 3 * step);
  storeDigit<T>(bits >> 30, target + 4 * step);
  storeDigit<T>(bits >> 24, target + 5 * step);
  storeDigit<T>(bits >> 18, target + 6 * step);
  storeDigit<T>(bits >> 12, target + 7 * step);
  storeDigit<T>(bits >> 6, target + 8 * step);
  storeDigit<T>(bits, target + 9 * step);
}

/** 32 bytes as four big-endian words, so that words compare as the bytes do. Never changes. */
@final
export class Address {
  constructor(
    readonly word0: u64 = 0,
    readonly word1: u64 = 0,
    readonly word2: u64 = 0,
    readonly word3: u64 = 0,
  ) {}

  /** The address whose 32 bytes lie at `pointer`. */
  static load(pointer: usize): Address {
    return new Address(
      bswap(load<u64>(pointer)),
      bswap(load<u64>(pointer, 8)),
      bswap(load<u64>(pointer, 16)),
      bswap(load<u64>(pointer, 24)),
    );
  }

  /** The address of exactly 32 bytes; aborts for any other length. */
  static fromBytes(bytes: Uint8Array): Address {
    assert(bytes.length == 32, "an address has 32 bytes");
    return Address.load(bytes.dataStart);
  }

  /** The address that the text spells, or null where it spells none. */
  static tryParse(text: string): Address | null {
    return text.length == textLength ? decode<u16>(changetype<usize>(text)) : null;
  }

  /** The address that the text spells; aborts where it spells none. */
  static parse(text: string): Address {
    return assert(Address.tryParse(text), "an address is 43 characters of base64url");
  }

  /** As `tryParse`, for UTF-8 in memory. */
  static tryParseUtf8(pointer: usize, length: i32): Address | null {
    return length == textLength ? decode<u8>(pointer) : null;
  }

  /** Writes the 32 bytes at `target`. */
  store(target: usize): void {
    store<u64>(target, bswap(this.word0));
    store<u64>(target, bswap(this.word1), 8);
    store<u64>(target, bswap(this.word2), 16);
    store<u64>(target, bswap(this.word3), 24);
  }

  /** Writes the 43 characters at `target`, one byte each. */
  storeText(target: usize): void {
    encode<u8>(this, target);
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(32);
    this.store(bytes.dataStart);
    return bytes;
  }

  /** The 43 characters of base64url. */
  toString(): string {
    const text = changetype<string>(__new((<usize>textLength) << 1, idof<string>()));
    encode<u16>(this, changetype<usize>(text));
    return text;
  }

  /** The order of the bytes: below zero, zero or above zero. */
  compareTo(other: Address): i32 {
    if (this.word0 != other.word0) return this.word0 < other.word0 ? -1 : 1;
    if (this.word1 != other.word1) return this.word1 < other.word1 ? -1 : 1;
    if (this.word2 != other.word2) return this.word2 < other.word2 ? -1 : 1;
    return this.word3 == other.word3 ? 0 : this.word3 < other.word3 ? -1 : 1;
  }

  equals(other: Address): bool {
    return (
      this.word0 == other.word0 &&
      this.word1 == other.word1 &&
      this.word2 == other.word2 &&
      this.word3 == other.word3
    );
  }

  // Operators take null too, so that `address == null` asks what it says.
  @operator("==")
  static same(left: Address | null, right: Address | null): bool {
    if (!left) return !right;
    return !right ? false : left.equals(right);
  }

  @operator("!=")
  static differ(left: Address | null, right: Address | null): bool {
    return !Address.same(left, right);
  }
}

// 43 digits are 258 bits: words end after digits 10⅔, 21⅓, 32 and 42⅔, the last two bits are spare.
function decode<T>(pointer: usize): Address | null {
  const step = sizeof<T>();
  notDigits = 0;
  const first = digits10<T>(pointer);
  const tenth = digitAt<T>(pointer + 10 * step);
  const second = digits10<T>(pointer + 11 * step);
  const middle = digitAt<T>(pointer + 21 * step);
  const third = digits10<T>(pointer + 22 * step);
  const fourth = digits10<T>(pointer + 32 * step);
  const last = digitAt<T>(pointer + 42 * step);
  if ((notDigits | tenth | middle | last) > 63 || (last & 3) != 0) return null;
  return new Address(
    (first << 4) | (tenth >> 2),
    (tenth << 62) | (second << 2) | (middle >> 4),
    (middle << 60) | third,
    (fourth << 4) | (last >> 2),
  );
}

function encode<T>(address: Address, target: usize): void {
  const step = sizeof<T>();
  storeDigits10<T>(address.word0 >> 4, target);
  storeDigit<T>((address.word0 << 2) | (address.word1 >> 62), target + 10 * step);
  storeDigits10<T>(address.word1 >> 2, target + 11 * step);
  storeDigit<T>((address.word1 << 4) | (address.word2 >> 60), target + 21 * step);
  storeDigits10<T>(address.word2, target + 22 * step);
  storeDigits10<T>(address.word3 >> 4, target + 32 * step);
  storeDigit<T>(address.word3 << 2, target + 42 * step);
}
