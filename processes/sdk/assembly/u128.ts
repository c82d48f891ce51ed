/**
 * Amounts: unsigned integers below 2^128, written as decimal strings with one spelling each (no sign,
 * no leading zero). Every operator aborts where its result does not fit. Values never change.
 *
 * @module
 */

/** Digits that always fit u64 together. */
const digitsInWord: i32 = 19;
const tenToThe19: u64 = 10_000_000_000_000_000_000;

/** High word of the 128-bit product of two words: schoolbook over 32-bit halves. */
function multiplyHigh(left: u64, right: u64): u64 {
  const leftLow = left & 0xffff_ffff;
  const leftHigh = left >> 32;
  const rightLow = right & 0xffff_ffff;
  const rightHigh = right >> 32;
  const middle = leftHigh * rightLow + ((leftLow * rightLow) >> 32);
  const other = leftLow * rightHigh + (middle & 0xffff_ffff);
  return leftHigh * rightHigh + (middle >> 32) + (other >> 32);
}

/** Set by `digitsValue` where a character was no digit. */
let isDecimal: bool = false;

/** The value of `count` characters, at most 19; `T` is the width of a character, u8 or u16. */
function digitsValue<T>(pointer: usize, count: i32): u64 {
  let value: u64 = 0;
  let wrong: u32 = 0;
  const end = pointer + <usize>count * sizeof<T>();
  while (pointer < end) {
    const digit = <u32>load<T>(pointer) - 48;
    wrong |= <u32>(digit > 9);
    value = value * 10 + <u64>digit;
    pointer += sizeof<T>();
  }
  isDecimal = wrong == 0;
  return value;
}

/** The number that `length` characters spell, or null. */
function parse<T>(pointer: usize, length: i32): U128 | null {
  if (length == 0 || length > 39) return null;
  if (length > 1 && load<T>(pointer) == 48) return null;
  const first = digitsValue<T>(pointer, min(length, digitsInWord));
  if (!isDecimal) return null;
  if (length <= digitsInWord) return new U128(first);
  const second = min(length - digitsInWord, digitsInWord);
  pointer += <usize>digitsInWord * sizeof<T>();
  const rest = digitsValue<T>(pointer, second);
  if (!isDecimal) return null;
  const value = new U128(first) * new U128(powerOfTen(second)) + new U128(rest);
  if (length < 39) return value;
  const last = digitsValue<T>(pointer + <usize>digitsInWord * sizeof<T>(), 1);
  if (!isDecimal) return null;
  // Of 39 digits only the last can pass the top: 2^128 - 1 is ten times `ceiling`, plus 5.
  const ceiling = new U128(0x9999_9999_9999_9999, 0x1999_9999_9999_9999);
  if (value > ceiling || (value == ceiling && last > 5)) return null;
  return value * new U128(10) + new U128(last);
}

/** 10 to a power of at most 19. */
function powerOfTen(power: i32): u64 {
  let value: u64 = 1;
  for (let at = 0; at < power; at++) value *= 10;
  return value;
}

/** Decimal digits of a word. */
function wordDigits(value: u64): i32 {
  let count = 1;
  for (let bound: u64 = 10; value >= bound; bound *= 10) {
    count += 1;
    if (count == digitsInWord + 1) break;
  }
  return count;
}

/** Writes the low `count` digits of a word; `T` is the width of a character, u8 or u16. */
function storeWord<T>(value: u64, target: usize, count: i32): void {
  let pointer = target + <usize>count * sizeof<T>();
  while (pointer > target) {
    const quotient = value / 10;
    pointer -= sizeof<T>();
    store<T>(pointer, <T>(48 + value - quotient * 10));
    value = quotient;
  }
}

/** Writes the `count` digits of an amount. */
function storeDigits<T>(low: u64, high: u64, target: usize, count: i32): void {
  if (high == 0) return storeWord<T>(low, target, count);
  const amount = new U128(low, high);
  const upper = amount / new U128(tenToThe19);
  const lower = amount - upper * new U128(tenToThe19);
  const upperCount = count - digitsInWord;
  storeDigits<T>(upper.low, upper.high, target, upperCount);
  storeWord<T>(lower.low, target + <usize>upperCount * sizeof<T>(), digitsInWord);
}

@final
export class U128 {
  constructor(
    readonly low: u64 = 0,
    readonly high: u64 = 0,
  ) {}

  static get zero(): U128 {
    return new U128();
  }

  static get max(): U128 {
    return new U128(u64.MAX_VALUE, u64.MAX_VALUE);
  }

  /** 10 to the given power; aborts above 38. */
  static tenToThe(power: i32): U128 {
    let value = new U128(1);
    for (let at = 0; at < power; at++) value = value * new U128(10);
    return value;
  }

  /** The number that the text spells, or null where it spells none below 2^128. */
  static tryParse(text: string): U128 | null {
    return parse<u16>(changetype<usize>(text), text.length);
  }

  /** As `tryParse`, for UTF-8 in memory. */
  static tryParseUtf8(pointer: usize, length: i32): U128 | null {
    return parse<u8>(pointer, length);
  }

  /** The number that the text spells; aborts where it spells none. */
  static parse(text: string): U128 {
    return assert(U128.tryParse(text), "an amount is a decimal number below 2^128");
  }

  get isZero(): bool {
    return (this.low | this.high) == 0;
  }

  /** True if `this + other` fits. */
  canAdd(other: U128): bool {
    const carry = <u64>(this.low + other.low < this.low);
    const high = this.high + other.high;
    return high >= this.high && high + carry >= high;
  }

  /** The low word; aborts where the number is above 2^64 - 1. */
  toU64(): u64 {
    assert(this.high == 0, "the number is above 2^64 - 1");
    return this.low;
  }

  /** The decimal digits. */
  toString(): string {
    const count = this.digitCount;
    const text = changetype<string>(__new((<usize>count) << 1, idof<string>()));
    storeDigits<u16>(this.low, this.high, changetype<usize>(text), count);
    return text;
  }

  /** How many digits the number has. */
  get digitCount(): i32 {
    if (this.high == 0) return wordDigits(this.low);
    return (this / new U128(tenToThe19)).digitCount + digitsInWord;
  }

  /** Writes the `count` digits, one byte each, at `target`. */
  storeText(target: usize, count: i32): void {
    storeDigits<u8>(this.low, this.high, target, count);
  }

  compareTo(other: U128): i32 {
    if (this.high != other.high) return this.high < other.high ? -1 : 1;
    return this.low == other.low ? 0 : this.low < other.low ? -1 : 1;
  }

  equals(other: U128): bool {
    return this.low == other.low && this.high == other.high;
  }

  // Operators take null too, so that `amount == null` asks what it says.
  @operator("==")
  static same(left: U128 | null, right: U128 | null): bool {
    if (!left) return !right;
    return !right ? false : left.equals(right);
  }

  @operator("!=")
  static differ(left: U128 | null, right: U128 | null): bool {
    return !U128.same(left, right);
  }

  @operator("<")
  isBelow(other: U128): bool {
    return this.compareTo(other) < 0;
  }

  @operator(">")
  isAbove(other: U128): bool {
    return this.compareTo(other) > 0;
  }

  @operator("<=")
  isAtMost(other: U128): bool {
    return this.compareTo(other) <= 0;
  }

  @operator(">=")
  isAtLeast(other: U128): bool {
    return this.compareTo(other) >= 0;
  }

  @operator("+")
  add(other: U128): U128 {
    assert(this.canAdd(other), "the sum is above 2^128 - 1");
    const low = this.low + other.low;
    return new U128(low, this.high + other.high + <u64>(low < this.low));
  }

  @operator("-")
  subtract(other: U128): U128 {
    assert(this >= other, "the difference is below zero");
    return new U128(this.low - other.low, this.high - other.high - <u64>(this.low < other.low));
  }

  @operator("*")
  multiply(other: U128): U128 {
    assert(this.high == 0 || other.high == 0, "the product is above 2^128 - 1");
    const wide = this.high == 0 ? other : this;
    const word = this.high == 0 ? this.low : other.low;
    const carry = multiplyHigh(wide.low, word);
    const high = wide.high * word;
    assert(
      multiplyHigh(wide.high, word) == 0 && high + carry >= high,
      "the product is above 2^128 - 1",
    );
    return new U128(wide.low * word, high + carry);
  }

  /** The quotient, rounded down. */
  @operator("/")
  divide(other: U128): U128 {
    assert(!other.isZero, "division by zero");
    if ((this.high | other.high) == 0) return new U128(this.low / other.low);
    // One bit a round: at most 128 rounds, about 3,000 gas. Amounts are divided rarely.
    let quotientLow: u64 = 0;
    let quotientHigh: u64 = 0;
    let low: u64 = 0;
    let high: u64 = 0;
    for (let bit = 127; bit >= 0; bit--) {
      const word = bit >= 64 ? this.high : this.low;
      const carried = high >> 63;
      high = (high << 1) | (low >> 63);
      low = (low << 1) | ((word >> <u64>(bit & 63)) & 1);
      quotientHigh = (quotientHigh << 1) | (quotientLow >> 63);
      quotientLow <<= 1;
      if (carried || high > other.high || (high == other.high && low >= other.low)) {
        high = high - other.high - <u64>(low < other.low);
        low -= other.low;
        quotientLow |= 1;
      }
    }
    return new U128(quotientLow, quotientHigh);
  }

  @operator("%")
  remainder(other: U128): U128 {
    return this - (this / other) * other;
  }
}
