/**
 * The chips' operations on plain numbers (spec/14-zkvm.md §3): what an `operate` row gives.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { Operation } from "../program/program.ts";

/** The upper half of the 64-bit product of two unsigned numbers. */
function multiplyHigh(a: number, b: number): number {
  return Number((BigInt(a) * BigInt(b)) >> 32n);
}

function ones(x: number): number {
  let count = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The result for unsigned operands, unsigned. Divisors are not zero: the program checks before. */
export function operate(operation: number, a: number, b: number): number {
  switch (operation) {
    case Operation.and:
      return (a & b) >>> 0;
    case Operation.or:
      return (a | b) >>> 0;
    case Operation.xor:
      return (a ^ b) >>> 0;
    case Operation.belowSigned:
      return (a | 0) < (b | 0) ? 1 : 0;
    case Operation.notBelowSigned:
      return (a | 0) < (b | 0) ? 0 : 1;
    case Operation.clz:
      return Math.clz32(a);
    case Operation.ctz:
      return a === 0 ? 32 : 31 - Math.clz32(a & -a);
    case Operation.popcnt:
      return ones(a);
    case Operation.powerOfTwo:
      return 2 ** (a & 31);
    case Operation.multiply:
      return Math.imul(a, b) >>> 0;
    case Operation.multiplyHigh:
      return multiplyHigh(a, b);
    case Operation.divide:
      assert(b !== 0, "the program has checked the divisor");
      return Math.floor(a / b);
    default:
      assert(operation === Operation.remainder && b !== 0, "a known operation, a checked divisor");
      return a % b;
  }
}
