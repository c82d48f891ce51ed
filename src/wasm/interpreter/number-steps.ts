/**
 * Integer arithmetic (WebAssembly §4.3.2). Operands arrive signed, as the value stack holds them,
 * and results may leave unreduced: storing into the stack's typed arrays takes them modulo 2^32 or
 * 2^64.
 *
 * @module
 */

import { Op } from "../binary/op.ts";
import type { Step } from "./execution.ts";
import { Trap } from "./trap.ts";

type Row<Operation> = readonly [opcode: number, operation: Operation];

const i32Unary: readonly Row<(value: number) => number>[] = [
  [Op.i32Eqz, (value) => (value === 0 ? 1 : 0)],
  [Op.i32Clz, Math.clz32],
  // The lowest set bit alone has 31 − ctz leading zeros; of zero there are 32, not −1.
  [Op.i32Ctz, (value) => (value === 0 ? 32 : 31 - Math.clz32(value & -value))],
  [Op.i32Popcnt, (value) => onesOf((value >>> 0).toString(2))],
  [Op.i32Extend8S, (value) => (value << 24) >> 24],
  [Op.i32Extend16S, (value) => (value << 16) >> 16],
];

const i32Binary: readonly Row<(left: number, right: number) => number>[] = [
  [Op.i32Add, (left, right) => left + right],
  [Op.i32Sub, (left, right) => left - right],
  [Op.i32Mul, Math.imul],
  [Op.i32DivS, (left, right) => quotient32(left, right)],
  [Op.i32DivU, (left, right) => (left >>> 0) / divisor32(right >>> 0)],
  [Op.i32RemS, (left, right) => left % divisor32(right)],
  [Op.i32RemU, (left, right) => (left >>> 0) % divisor32(right >>> 0)],
  [Op.i32And, (left, right) => left & right],
  [Op.i32Or, (left, right) => left | right],
  [Op.i32Xor, (left, right) => left ^ right],
  // JavaScript takes shift counts modulo 32, as WebAssembly does.
  [Op.i32Shl, (left, right) => left << right],
  [Op.i32ShrS, (left, right) => left >> right],
  [Op.i32ShrU, (left, right) => left >>> right],
  [Op.i32Rotl, (left, right) => (left << right) | (left >>> -right)],
  [Op.i32Rotr, (left, right) => (left >>> right) | (left << -right)],
];

const i32Relations: readonly Row<(left: number, right: number) => boolean>[] = [
  [Op.i32Eq, (left, right) => left === right],
  [Op.i32Ne, (left, right) => left !== right],
  [Op.i32LtS, (left, right) => left < right],
  [Op.i32LtU, (left, right) => left >>> 0 < right >>> 0],
  [Op.i32GtS, (left, right) => left > right],
  [Op.i32GtU, (left, right) => left >>> 0 > right >>> 0],
  [Op.i32LeS, (left, right) => left <= right],
  [Op.i32LeU, (left, right) => left >>> 0 <= right >>> 0],
  [Op.i32GeS, (left, right) => left >= right],
  [Op.i32GeU, (left, right) => left >>> 0 >= right >>> 0],
];

const i64Unary: readonly Row<(value: bigint) => bigint>[] = [
  [Op.i64Clz, (value) => BigInt(64 - digitsOf(value).length)],
  [Op.i64Ctz, (value) => (value === 0n ? 64n : BigInt(trailingZeros(digitsOf(value))))],
  [Op.i64Popcnt, (value) => BigInt(onesOf(digitsOf(value)))],
  [Op.i64Extend8S, (value) => BigInt.asIntN(8, value)],
  [Op.i64Extend16S, (value) => BigInt.asIntN(16, value)],
  [Op.i64Extend32S, (value) => BigInt.asIntN(32, value)],
];

const i64Binary: readonly Row<(left: bigint, right: bigint) => bigint>[] = [
  [Op.i64Add, (left, right) => left + right],
  [Op.i64Sub, (left, right) => left - right],
  [Op.i64Mul, (left, right) => left * right],
  [Op.i64DivS, (left, right) => quotient64(left, right)],
  [Op.i64DivU, (left, right) => unsigned(left) / divisor64(unsigned(right))],
  [Op.i64RemS, (left, right) => left % divisor64(right)],
  [Op.i64RemU, (left, right) => unsigned(left) % divisor64(unsigned(right))],
  [Op.i64And, (left, right) => left & right],
  [Op.i64Or, (left, right) => left | right],
  [Op.i64Xor, (left, right) => left ^ right],
  [Op.i64Shl, (left, right) => left << (right & 63n)],
  [Op.i64ShrS, (left, right) => left >> (right & 63n)],
  [Op.i64ShrU, (left, right) => unsigned(left) >> (right & 63n)],
  [Op.i64Rotl, (left, right) => rotated(left, right & 63n)],
  [Op.i64Rotr, (left, right) => rotated(left, -right & 63n)],
];

const i64Relations: readonly Row<(left: bigint, right: bigint) => boolean>[] = [
  [Op.i64Eq, (left, right) => left === right],
  [Op.i64Ne, (left, right) => left !== right],
  [Op.i64LtS, (left, right) => left < right],
  [Op.i64LtU, (left, right) => unsigned(left) < unsigned(right)],
  [Op.i64GtS, (left, right) => left > right],
  [Op.i64GtU, (left, right) => unsigned(left) > unsigned(right)],
  [Op.i64LeS, (left, right) => left <= right],
  [Op.i64LeU, (left, right) => unsigned(left) <= unsigned(right)],
  [Op.i64GeS, (left, right) => left >= right],
  [Op.i64GeU, (left, right) => unsigned(left) >= unsigned(right)],
];

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** Binary digits without leading zeros; none for zero. */
function digitsOf(value: bigint): string {
  return value === 0n ? "" : unsigned(value).toString(2);
}

function onesOf(digits: string): number {
  return digits.replaceAll("0", "").length;
}

function trailingZeros(digits: string): number {
  return digits.length - 1 - digits.lastIndexOf("1");
}

function rotated(value: bigint, left: bigint): bigint {
  return (unsigned(value) << left) | (unsigned(value) >> (64n - left));
}

function divisor32(value: number): number {
  if (value === 0) throw new Trap("DIVISION_BY_ZERO");
  return value;
}

function divisor64(value: bigint): bigint {
  if (value === 0n) throw new Trap("DIVISION_BY_ZERO");
  return value;
}

/** The only quotient that does not fit is that of the least number by −1. */
function quotient32(left: number, right: number): number {
  if (left === -(2 ** 31) && right === -1) throw new Trap("INTEGER_OVERFLOW");
  return left / divisor32(right);
}

function quotient64(left: bigint, right: bigint): bigint {
  if (left === -(2n ** 63n) && right === -1n) throw new Trap("INTEGER_OVERFLOW");
  return left / divisor64(right);
}

function binary32(operation: (left: number, right: number) => number): Step {
  return ({ stack }) => {
    const right = stack.popI32();
    stack.pushI32(operation(stack.popI32(), right));
  };
}

function binary64(operation: (left: bigint, right: bigint) => bigint): Step {
  return ({ stack }) => {
    const right = stack.popI64();
    stack.pushI64(operation(stack.popI64(), right));
  };
}

function relation64(holds: (left: bigint, right: bigint) => boolean): Step {
  return ({ stack }) => {
    const right = stack.popI64();
    stack.pushI32(holds(stack.popI64(), right) ? 1 : 0);
  };
}

export const numberSteps: readonly (readonly [opcode: number, step: Step])[] = [
  ...i32Unary.map(([opcode, operation]): [number, Step] => [
    opcode,
    ({ stack }) => stack.pushI32(operation(stack.popI32())),
  ]),
  ...i32Binary.map(([opcode, operation]): [number, Step] => [opcode, binary32(operation)]),
  ...i32Relations.map(([opcode, holds]): [number, Step] => [
    opcode,
    binary32((left, right) => (holds(left, right) ? 1 : 0)),
  ]),
  ...i64Unary.map(([opcode, operation]): [number, Step] => [
    opcode,
    ({ stack }) => stack.pushI64(operation(stack.popI64())),
  ]),
  ...i64Binary.map(([opcode, operation]): [number, Step] => [opcode, binary64(operation)]),
  ...i64Relations.map(([opcode, holds]): [number, Step] => [opcode, relation64(holds)]),
  [Op.i64Eqz, ({ stack }) => stack.pushI32(stack.popI64() === 0n ? 1 : 0)],
  [Op.i32WrapI64, ({ stack }) => stack.pushI32(Number(BigInt.asIntN(32, stack.popI64())))],
  [Op.i64ExtendI32S, ({ stack }) => stack.pushI64(BigInt(stack.popI32()))],
  [Op.i64ExtendI32U, ({ stack }) => stack.pushI64(BigInt(stack.popU32()))],
];
