/**
 * 64-bit instructions on pairs of 32-bit halves (spec/14-zkvm.md §4). Division is not here: it is a
 * routine of its own.
 *
 * @module
 */

import { Op } from "../../wasm/binary/op.ts";
import { constant, type Place } from "./assembler.ts";
import type { BodyAssembler, OperationName } from "./body-assembler.ts";
import type { Cells, NumberInput } from "./lower-numbers.ts";

const zero = constant(0);

/** A 64-bit value: low and high half. */
interface Pair {
  readonly low: Place;
  readonly high: Place;
}

type WideLowering = (body: BodyAssembler, w: Pair, a: Pair, b: Pair) => void;

function bitwise(name: OperationName): WideLowering {
  return (body, w, a, b) => {
    body.operate(name, w.low, a.low, b.low);
    body.operate(name, w.high, a.high, b.high);
  };
}

const add: WideLowering = (body, w, a, b) => {
  const carry = body.scratch(0);
  body.add(w.low, a.low, b.low);
  body.below(carry, w.low, b.low);
  body.add(w.high, a.high, b.high);
  body.add(w.high, w.high, carry);
};

const subtract: WideLowering = (body, w, a, b) => {
  const borrow = body.scratch(0);
  body.below(borrow, a.low, b.low);
  body.subtract(w.low, a.low, b.low);
  body.subtract(w.high, a.high, b.high);
  body.subtract(w.high, w.high, borrow);
};

const multiply: WideLowering = (body, w, a, b) => {
  const [high, cross] = [body.scratch(0), body.scratch(1)];
  body.operate("multiplyHigh", high, a.low, b.low);
  body.operate("multiply", cross, a.low, b.high);
  body.add(high, high, cross);
  body.operate("multiply", cross, a.high, b.low);
  body.operate("multiply", w.low, a.low, b.low);
  body.add(w.high, high, cross);
};

/** w.low = 1 if a = b. */
function equal(negate: boolean): WideLowering {
  return (body, w, a, b) => {
    const [low, high] = [body.scratch(0), body.scratch(1)];
    body.operate("xor", low, a.low, b.low);
    body.operate("xor", high, a.high, b.high);
    body.operate("or", low, low, high);
    body.equal(w.low, low, zero, negate);
  };
}

/** w.low = 1 if a < b. */
function below(options: {
  readonly signed: boolean;
  readonly swap: boolean;
  readonly negate: boolean;
}): WideLowering {
  return (body, w, a, b) => {
    const [x, y] = options.swap ? [b, a] : [a, b];
    const [high, same, low] = [body.scratch(0), body.scratch(1), body.scratch(2)];
    if (options.signed) body.operate("belowSigned", high, x.high, y.high);
    else body.below(high, x.high, y.high);
    body.equal(same, x.high, y.high);
    body.below(low, x.low, y.low);
    body.operate("and", same, same, low);
    body.operate("or", high, high, same);
    if (options.negate) body.equal(w.low, high, zero);
    else body.move(w.low, high);
  };
}

/** Chooses by bit 5 of the count: shifts of 32 and more move whole halves. */
function choose(
  body: BodyAssembler,
  count: Place,
  cases: { readonly small: () => void; readonly large: () => void },
): void {
  if (count.kind === "constant") {
    if ((count.value & 32) === 0) cases.small();
    else cases.large();
    return;
  }
  const [bit, small, end] = [body.scratch(9), body.rows.label(), body.rows.label()];
  body.operate("and", bit, count, constant(32));
  body.branchIfEqual(bit, zero, small);
  cases.large();
  body.jump(end);
  body.rows.bind(small);
  cases.small();
  body.rows.bind(end);
}

function power(body: BodyAssembler, count: Place, cell: number): Place {
  if (count.kind === "constant") return constant(2 ** (count.value & 31));
  body.operate("powerOfTwo", body.scratch(cell), count);
  return body.scratch(cell);
}

/** The negative of a count, in a scratch cell that the shifts leave alone. */
function opposite(body: BodyAssembler, count: Place): Place {
  if (count.kind === "constant") return constant(-count.value);
  body.subtract(body.scratch(8), zero, count);
  return body.scratch(8);
}

const shiftLeft: WideLowering = (body, w, a, { low: count }) => {
  const factor = power(body, count, 0);
  const [low, high, moved] = [body.scratch(1), body.scratch(2), body.scratch(3)];
  body.operate("multiply", low, a.low, factor);
  body.operate("multiplyHigh", high, a.low, factor);
  body.operate("multiply", moved, a.high, factor);
  body.add(high, high, moved);
  choose(body, count, {
    small: () => {
      body.move(w.low, low);
      body.move(w.high, high);
    },
    large: () => {
      body.move(w.low, zero);
      body.move(w.high, low);
    },
  });
};

const shiftRight: WideLowering = (body, w, a, { low: count }) => {
  const negative = count.kind === "constant" ? constant(-count.value) : body.scratch(4);
  if (count.kind !== "constant") body.subtract(negative, zero, count);
  const [divisor, factor] = [power(body, count, 0), power(body, negative, 5)];
  const [low, high, moved] = [body.scratch(1), body.scratch(2), body.scratch(3)];
  body.operate("divide", high, a.high, divisor);
  // What falls off the high half; times 2^(32 - count), or times 1 where nothing does.
  body.operate("remainder", moved, a.high, divisor);
  body.operate("multiply", moved, moved, factor);
  body.operate("divide", low, a.low, divisor);
  body.add(low, low, moved);
  choose(body, count, {
    small: () => {
      body.move(w.low, low);
      body.move(w.high, high);
    },
    large: () => {
      body.move(w.low, high);
      body.move(w.high, zero);
    },
  });
};

/** Of a negative number the complement is shifted, and what comes out is complemented. */
const shiftRightSigned: WideLowering = (body, w, a, b) => {
  const mask = body.scratch(7);
  const turned = { low: body.scratch(6), high: body.scratch(10) };
  body.operate("multiplyHigh", mask, a.high, constant(2));
  body.subtract(mask, zero, mask);
  const masks = { low: mask, high: mask };
  bitwise("xor")(body, turned, a, masks);
  shiftRight(body, turned, turned, b);
  bitwise("xor")(body, w, turned, masks);
};

/** x rotated by n is x shifted left by n, or with it shifted right by -n; twice x where n is 0. */
function rotate(left: boolean): WideLowering {
  return (body, w, a, { low: count }) => {
    const other = opposite(body, count);
    const [leftCount, rightCount] = left ? [count, other] : [other, count];
    const shifted = { low: body.scratch(6), high: body.scratch(7) };
    const rest = { low: body.scratch(10), high: body.scratch(0) };
    shiftLeft(body, shifted, a, { low: leftCount, high: zero });
    shiftRight(body, rest, a, { low: rightCount, high: zero });
    bitwise("or")(body, w, shifted, rest);
  };
}

function leading(name: "clz" | "ctz"): WideLowering {
  return (body, w, a) => {
    const [outer, inner] = name === "clz" ? [a.high, a.low] : [a.low, a.high];
    const [rest, end, count] = [body.rows.label(), body.rows.label(), body.scratch(0)];
    body.branchIfEqual(outer, zero, rest);
    body.operate(name, count, outer);
    body.jump(end);
    body.rows.bind(rest);
    body.operate(name, count, inner);
    body.add(count, count, constant(32));
    body.rows.bind(end);
    body.move(w.low, count);
    body.move(w.high, zero);
  };
}

const popcnt: WideLowering = (body, w, a) => {
  const [low, high] = [body.scratch(0), body.scratch(1)];
  body.operate("popcnt", low, a.low);
  body.operate("popcnt", high, a.high);
  body.add(w.low, low, high);
  body.move(w.high, zero);
};

/** The high half full of the low half's sign. */
function signHalf(body: BodyAssembler, w: Pair): void {
  const sign = body.scratch(0);
  body.operate("multiplyHigh", sign, w.low, constant(2));
  body.subtract(w.high, zero, sign);
}

function extend(bits: 8 | 16): WideLowering {
  const sign = constant(2 ** (bits - 1));
  return (body, w, a) => {
    body.operate("and", w.low, a.low, constant(2 ** bits - 1));
    body.operate("xor", w.low, w.low, sign);
    body.subtract(w.low, w.low, sign);
    signHalf(body, w);
  };
}

const extendSigned: WideLowering = (body, w, a) => {
  body.move(w.low, a.low);
  signHalf(body, w);
};

const extendUnsigned: WideLowering = (body, w, a) => {
  body.move(w.low, a.low);
  body.move(w.high, zero);
};

const relation = (signed: boolean, swap: boolean, negate: boolean): WideLowering =>
  below({ signed, swap, negate });

const lowerings: ReadonlyMap<number, WideLowering> = new Map([
  [Op.i64Eqz, (body, w, a) => equal(false)(body, w, a, { low: zero, high: zero })],
  [Op.i64Eq, equal(false)],
  [Op.i64Ne, equal(true)],
  [Op.i64LtS, relation(true, false, false)],
  [Op.i64LtU, relation(false, false, false)],
  [Op.i64GtS, relation(true, true, false)],
  [Op.i64GtU, relation(false, true, false)],
  [Op.i64LeS, relation(true, true, true)],
  [Op.i64LeU, relation(false, true, true)],
  [Op.i64GeS, relation(true, false, true)],
  [Op.i64GeU, relation(false, false, true)],
  [Op.i64Clz, leading("clz")],
  [Op.i64Ctz, leading("ctz")],
  [Op.i64Popcnt, popcnt],
  [Op.i64Add, add],
  [Op.i64Sub, subtract],
  [Op.i64Mul, multiply],
  [Op.i64And, bitwise("and")],
  [Op.i64Or, bitwise("or")],
  [Op.i64Xor, bitwise("xor")],
  [Op.i64Shl, shiftLeft],
  [Op.i64ShrS, shiftRightSigned],
  [Op.i64ShrU, shiftRight],
  [Op.i64Rotl, rotate(true)],
  [Op.i64Rotr, rotate(false)],
  [Op.i32WrapI64, (body, w, a) => body.move(w.low, a.low)],
  [Op.i64ExtendI32S, extendSigned],
  [Op.i64ExtendI32U, extendUnsigned],
  [Op.i64Extend8S, extend(8)],
  [Op.i64Extend16S, extend(16)],
  [Op.i64Extend32S, extendSigned],
] satisfies [number, WideLowering][]);

function pairOf(cells: Cells | undefined): Pair {
  return { low: cells?.[0] ?? zero, high: cells?.[1] ?? zero };
}

/** Writes the rows of a 64-bit instruction; false if it is none. */
export function lowerWide(body: BodyAssembler, input: NumberInput): boolean {
  const lowering = lowerings.get(input.opcode);
  if (lowering === undefined) return false;
  const [first, second] = input.operands;
  lowering(body, pairOf(input.result), pairOf(first), pairOf(second));
  return true;
}
