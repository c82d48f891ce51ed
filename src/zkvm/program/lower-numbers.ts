/**
 * Integer instructions as rows (spec/14-zkvm.md §4): 32 bits directly, 64 bits as pairs of halves,
 * low half first. The places of the result may be those of the first operand, half by half, and no
 * others; so what is still to be read is never written first.
 *
 * @module
 */

import { Op } from "../../wasm/binary/op.ts";
import { constant, type Place } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import { lowerWide } from "./lower-wide-numbers.ts";

const signBit = 0x8000_0000;

/** One cell, or two for 64 bits. */
export type Cells = readonly Place[];

/** The cells of operands and result, and of nothing else. */
export interface NumberInput {
  readonly opcode: number;
  readonly operands: readonly Cells[];
  readonly result: Cells;
}

type Lowering = (body: BodyAssembler, w: Place, a: Place, b: Place) => void;

function dividing(remainder: boolean): Lowering {
  return (body, w, a, b) => {
    trapOnZero(body, b);
    body.operate(remainder ? "remainder" : "divide", w, a, b);
  };
}

export function trapOnZero(body: BodyAssembler, divisor: Place): void {
  if (divisor.kind === "constant" && divisor.value !== 0) return;
  body.branchIfEqual(divisor, constant(0), body.trap);
}

/** mask = all ones where x is negative; magnitude = |x| as an unsigned number. */
function magnitude(body: BodyAssembler, x: Place, mask: Place, into: Place): void {
  body.operate("multiplyHigh", mask, x, constant(2));
  body.subtract(mask, constant(0), mask);
  body.operate("xor", into, x, mask);
  body.subtract(into, into, mask);
}

/** Quotient or remainder towards zero, by magnitudes; the remainder has the dividend's sign. */
function dividingSigned(remainder: boolean): Lowering {
  return (body, w, a, b) => {
    trapOnZero(body, b);
    if (!remainder) {
      const fits = body.rows.label();
      body.branchUnlessEqual(b, constant(0xffff_ffff), fits);
      body.branchIfEqual(a, constant(signBit), body.trap);
      body.rows.bind(fits);
    }
    const [signA, absA, signB, absB] = [0, 1, 2, 3].map((i) => body.scratch(i)) as Four;
    magnitude(body, a, signA, absA);
    magnitude(body, b, signB, absB);
    body.operate(remainder ? "remainder" : "divide", absA, absA, absB);
    if (!remainder) body.operate("xor", signA, signA, signB);
    body.operate("xor", absA, absA, signA);
    body.subtract(w, absA, signA);
  };
}

type Four = [Place, Place, Place, Place];

/** 2^(b mod 32), known or computed into the scratch cell. */
function powerOf(body: BodyAssembler, b: Place, cell: number): Place {
  if (b.kind === "constant") return constant(2 ** (b.value & 31));
  const power = body.scratch(cell);
  body.operate("powerOfTwo", power, b);
  return power;
}

function negated(body: BodyAssembler, b: Place, cell: number): Place {
  if (b.kind === "constant") return constant(-b.value);
  const negative = body.scratch(cell);
  body.subtract(negative, constant(0), b);
  return negative;
}

const shiftLeft: Lowering = (body, w, a, b) => {
  body.operate("multiply", w, a, powerOf(body, b, 0));
};

const shiftRightUnsigned: Lowering = (body, w, a, b) => {
  body.operate("divide", w, a, powerOf(body, b, 0));
};

/** Shifted by 2^31 the numbers are unsigned, and so is their quotient by a power of two. */
const shiftRightSigned: Lowering = (body, w, a, b) => {
  const [power, moved, origin] = [powerOf(body, b, 0), body.scratch(1), body.scratch(2)];
  body.add(moved, a, constant(signBit));
  body.operate("divide", moved, moved, power);
  if (power.kind === "constant") body.subtract(w, moved, constant(signBit / power.value));
  else {
    body.operate("divide", origin, constant(signBit), power);
    body.subtract(w, moved, origin);
  }
};

const rotateLeft: Lowering = (body, w, a, b) => {
  const [power, high] = [powerOf(body, b, 0), body.scratch(1)];
  body.operate("multiplyHigh", high, a, power);
  body.operate("multiply", w, a, power);
  body.add(w, w, high);
};

const rotateRight: Lowering = (body, w, a, b) => rotateLeft(body, w, a, negated(body, b, 2));

function extending(mask: number, sign: number): Lowering {
  return (body, w, a) => {
    body.operate("and", w, a, constant(mask));
    body.operate("xor", w, w, constant(sign));
    body.subtract(w, w, constant(sign));
  };
}

/**
 * a <= b, or its negation: a < b + 1 where b is a constant and b + 1 no overflow, for then no constant
 * stands on the left; else not b < a.
 */
function lessOrEqual(signed: boolean, negate: boolean): Lowering {
  const largest = signed ? 0x7fff_ffff : 0xffff_ffff;
  return (body, w, a, b) => {
    if (b.kind === "constant" && b.value !== largest) {
      less(signed, negate)(body, w, a, constant(b.value + 1));
    } else less(signed, !negate)(body, w, b, a);
  };
}

function less(signed: boolean, negate: boolean): Lowering {
  if (!signed) return (body, w, a, b) => body.below(w, a, b, negate);
  const name = negate ? "notBelowSigned" : "belowSigned";
  return (body, w, a, b) => body.operate(name, w, a, b);
}

const lowerings: ReadonlyMap<number, Lowering> = new Map<number, Lowering>([
  [Op.i32Eqz, (body, w, a) => body.equal(w, a, constant(0))],
  [Op.i32Eq, (body, w, a, b) => body.equal(w, a, b)],
  [Op.i32Ne, (body, w, a, b) => body.equal(w, a, b, true)],
  [Op.i32LtS, less(true, false)],
  [Op.i32LtU, less(false, false)],
  [Op.i32GeS, less(true, true)],
  [Op.i32GeU, less(false, true)],
  [Op.i32LeS, lessOrEqual(true, false)],
  [Op.i32LeU, lessOrEqual(false, false)],
  [Op.i32GtS, lessOrEqual(true, true)],
  [Op.i32GtU, lessOrEqual(false, true)],
  [Op.i32Clz, (body, w, a) => body.operate("clz", w, a)],
  [Op.i32Ctz, (body, w, a) => body.operate("ctz", w, a)],
  [Op.i32Popcnt, (body, w, a) => body.operate("popcnt", w, a)],
  [Op.i32Add, (body, w, a, b) => body.add(w, a, b)],
  [Op.i32Sub, (body, w, a, b) => body.subtract(w, a, b)],
  [Op.i32Mul, (body, w, a, b) => body.operate("multiply", w, a, b)],
  [Op.i32DivU, dividing(false)],
  [Op.i32RemU, dividing(true)],
  [Op.i32DivS, dividingSigned(false)],
  [Op.i32RemS, dividingSigned(true)],
  [Op.i32And, (body, w, a, b) => body.operate("and", w, a, b)],
  [Op.i32Or, (body, w, a, b) => body.operate("or", w, a, b)],
  [Op.i32Xor, (body, w, a, b) => body.operate("xor", w, a, b)],
  [Op.i32Shl, shiftLeft],
  [Op.i32ShrU, shiftRightUnsigned],
  [Op.i32ShrS, shiftRightSigned],
  [Op.i32Rotl, rotateLeft],
  [Op.i32Rotr, rotateRight],
  [Op.i32Extend8S, extending(0xff, 0x80)],
  [Op.i32Extend16S, extending(0xffff, 0x8000)],
]);

/** Writes the rows of an integer instruction; false if it is none. */
export function lowerNumber(body: BodyAssembler, input: NumberInput): boolean {
  const lowering = lowerings.get(input.opcode);
  if (lowering === undefined) return lowerWide(body, input);
  const [first, second] = input.operands;
  lowering(body, input.result[0]!, first![0]!, second?.[0] ?? constant(0));
  return true;
}
