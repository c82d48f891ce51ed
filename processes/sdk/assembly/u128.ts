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

/** The value of `count` characters that are all digits; at most 19. */
function digitsValue(text: string, start: i32, count: i32): u64 {
  let value: u64 = 0;
  for (let at = start; at < start + count; at++) {
    value = value * 10 + <u64>(text.charCodeAt(at) - 48);
  }
  return value;
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
    const length = text.length;
    if (length == 0 || length > 39) return null;
    if (length > 1 && text.charCodeAt(0) == 48) return null;
    for (let at = 0; at < length; at++) {
      const digit = text.charCodeAt(at);
      if (digit < 48 || digit > 57) return null;
    }
    let value = new U128(digitsValue(text, 0, min(length, digitsInWord)));
    if (length <= digitsInWord) return value;
    const second = min(length - digitsInWord, digitsInWord);
    value = value.timesTenPlus(second, digitsValue(text, digitsInWord, second));
    if (length < 39) return value;
    // The 39th digit alone can pass the top: 2^128 - 1 is 34028236692093846346337460743176821145 5.
    const last = <u64>(text.charCodeAt(38) - 48);
    const top = U128.max;
    const ceiling = new U128(0x9999_9999_9999_9999, 0x1999_9999_9999_9999);
    if (value > ceiling || (value == ceiling && last > top.low % 10)) return null;
    return value.timesTenPlus(1, last);
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
    if (this.high == 0) return this.low.toString();
    const parts = this.divide(new U128(tenToThe19));
    const rest = this - parts * new U128(tenToThe19);
    return parts.toString() + rest.low.toString().padStart(digitsInWord, "0");
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

  /** `this` × 10^digits + `value`, known to fit. */
  private timesTenPlus(digits: i32, value: u64): U128 {
    let power: u64 = 1;
    for (let at = 0; at < digits; at++) power *= 10;
    return this * new U128(power) + new U128(value);
  }
}
