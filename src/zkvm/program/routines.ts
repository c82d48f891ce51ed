/**
 * Routines that the translator adds to every program (spec/14-zkvm.md §4): fill, copy and division of
 * 64 bits. They are called like functions and cost what the instruction that calls them costs.
 *
 * @module
 */

import {
  type Assembler,
  constant,
  frame,
  type Label,
  type Place,
  unprovableLabel,
} from "./assembler.ts";
import { BodyAssembler } from "./body-assembler.ts";
import { type AccessBytes, Advice } from "./program.ts";

/** Where the routines begin. */
export interface Routines {
  readonly fill: Label;
  readonly copy: Label;
  readonly divide: Label;
  readonly divideSigned: Label;
}

const zero = constant(0);

/** Cells of a routine's arguments; its return place follows them. */
export const routineParameters = { fill: 3, copy: 3, divide: 4, divideSigned: 4 } as const;

function begin(rows: Assembler, trap: Label, label: Label, parameters: number): BodyAssembler {
  rows.bind(label);
  return new BodyAssembler({ rows, trap, scratchBase: parameters + 1 });
}

function finish(body: BodyAssembler, parameters: number): void {
  body.rows.emit({ flags: ["return"], a: frame(parameters) });
  body.finishAccesses();
}

/** Pays for `count` bytes: one gas for each started four. */
function payForBytes(body: BodyAssembler, count: Place): void {
  const [words, rest] = [body.scratch(2), body.scratch(3)];
  body.operate("divide", words, count, constant(4));
  body.operate("and", rest, count, constant(3));
  body.equal(rest, rest, zero, true);
  body.add(words, words, rest);
  body.rows.emit({ flags: ["charge"], a: words });
}

/** Traps unless `count` bytes from `start` lie in memory. */
function checkRange(body: BodyAssembler, start: Place, count: Place): void {
  const [end, size] = [body.scratch(2), body.scratch(3)];
  body.add(end, start, count);
  body.branchIfBelow(end, start, body.trap);
  body.rows.emit({ flags: ["pages"], w: size });
  body.operate("multiply", size, size, constant(65_536));
  body.branchIfBelow(size, end, body.trap);
}

/** Repeats `step` while at least `bytes` bytes are left. */
function whileLeft(body: BodyAssembler, left: Place, bytes: number, step: () => void): void {
  const [again, end] = [body.rows.label(), body.rows.label()];
  body.branchIfBelow(left, constant(bytes), end);
  body.rows.bind(again);
  step();
  body.subtract(left, left, constant(bytes));
  body.branchUnlessBelow(left, constant(bytes), again);
  body.rows.bind(end);
}

function writeFill(rows: Assembler, trap: Label, label: Label): void {
  const body = begin(rows, trap, label, routineParameters.fill);
  const [to, value, count] = [frame(0), frame(1), frame(2)];
  payForBytes(body, count);
  checkRange(body, to, count);
  const [align, aligned, word] = [rows.label(), rows.label(), body.scratch(4)];
  rows.bind(align);
  body.branchIfEqual(count, zero, aligned);
  body.operate("and", word, to, constant(3));
  body.branchIfEqual(word, zero, aligned);
  body.store(value, to, 0, 1);
  body.add(to, to, constant(1));
  body.subtract(count, count, constant(1));
  body.jump(align);
  rows.bind(aligned);
  body.operate("and", word, value, constant(0xff));
  body.operate("multiply", word, word, constant(0x0101_0101));
  for (const words of [4, 1]) {
    whileLeft(body, count, 4 * words, () => {
      for (let i = 0; i < words; i++) body.store(word, to, 4 * i, 4);
      body.add(to, to, constant(4 * words));
    });
  }
  whileLeft(body, count, 1, () => {
    body.store(value, to, 0, 1);
    body.add(to, to, constant(1));
  });
  finish(body, routineParameters.fill);
}

/** Copies upwards, or downwards from the ends, `units` accesses of `bytes` bytes at a time. */
function copyLoop(
  body: BodyAssembler,
  shape: { readonly bytes: AccessBytes; readonly units: number; readonly up: boolean },
): void {
  const [to, from, count, word] = [frame(0), frame(1), frame(2), body.scratch(4)];
  const { bytes, units, up } = shape;
  const step = constant(bytes * units);
  whileLeft(body, count, bytes * units, () => {
    if (!up) {
      body.subtract(to, to, step);
      body.subtract(from, from, step);
    }
    for (let i = 0; i < units; i++) {
      const offset = bytes * (up ? i : units - 1 - i);
      body.load(word, from, offset, bytes);
      body.store(word, to, offset, bytes);
    }
    if (up) {
      body.add(to, to, step);
      body.add(from, from, step);
    }
  });
}

/** All loops of one direction: words or halves where both addresses allow, then bytes. */
function copyInDirection(body: BodyAssembler, up: boolean): void {
  const { rows } = body;
  const [both, bits] = [body.scratch(5), body.scratch(6)];
  const [halves, bytes] = [rows.label(), rows.label()];
  body.operate("or", both, frame(0), frame(1));
  body.operate("and", bits, both, constant(3));
  body.branchUnlessEqual(bits, zero, halves);
  copyLoop(body, { bytes: 4, units: 4, up });
  copyLoop(body, { bytes: 4, units: 1, up });
  body.jump(bytes);
  rows.bind(halves);
  body.operate("and", bits, both, constant(1));
  body.branchUnlessEqual(bits, zero, bytes);
  copyLoop(body, { bytes: 2, units: 4, up });
  rows.bind(bytes);
  copyLoop(body, { bytes: 1, units: 1, up });
}

function writeCopy(rows: Assembler, trap: Label, label: Label): void {
  const body = begin(rows, trap, label, routineParameters.copy);
  const [to, from, count] = [frame(0), frame(1), frame(2)];
  payForBytes(body, count);
  checkRange(body, to, count);
  checkRange(body, from, count);
  const [down, end] = [rows.label(), rows.label()];
  body.branchIfBelow(from, to, down);
  copyInDirection(body, true);
  body.jump(end);
  rows.bind(down);
  body.add(to, to, count);
  body.add(from, from, count);
  copyInDirection(body, false);
  rows.bind(end);
  finish(body, routineParameters.copy);
}

/**
 * (n, d) to (n div d, n mod d), unsigned. Quotient q and remainder r are advice, taken only if
 * q d + r = n over the integers and r < d: of every product and sum what would be lost must be zero.
 */
function writeDivide(rows: Assembler, trap: Label, label: Label): void {
  const body = begin(rows, trap, label, routineParameters.divide);
  const cell = (index: number): Place => body.scratch(index);
  const [nLow, nHigh, dLow, dHigh] = [frame(0), frame(1), frame(2), frame(3)];
  const [qLow, qHigh, rLow, rHigh] = [cell(0), cell(1), cell(2), cell(3)];
  body.operate("or", cell(4), dLow, dHigh);
  body.branchIfEqual(cell(4), zero, trap);
  const advise = (w: Place, operation: number): void =>
    rows.emit({ flags: ["advise"], operation, w });
  advise(qLow, Advice.quotientLow);
  advise(qHigh, Advice.quotientHigh);
  advise(rLow, Advice.remainderLow);
  advise(rHigh, Advice.remainderHigh);
  const mustBeZero = (place: Place): void => body.branchUnlessEqual(place, zero, unprovableLabel);
  const [low, high, product, check] = [cell(4), cell(5), cell(6), cell(7)];
  body.operate("multiply", low, qLow, dLow);
  body.operate("multiplyHigh", high, qLow, dLow);
  for (const [x, y] of [
    [qLow, dHigh],
    [qHigh, dLow],
  ] as const) {
    body.operate("multiplyHigh", check, x, y);
    mustBeZero(check);
    body.operate("multiply", product, x, y);
    body.add(high, high, product);
    body.branchIfBelow(high, product, unprovableLabel);
  }
  body.operate("multiply", check, qHigh, dHigh);
  mustBeZero(check);
  body.operate("multiplyHigh", check, qHigh, dHigh);
  mustBeZero(check);
  body.add(low, low, rLow);
  body.below(check, low, rLow);
  body.add(high, high, rHigh);
  body.branchIfBelow(high, rHigh, unprovableLabel);
  body.add(high, high, check);
  body.branchIfBelow(high, check, unprovableLabel);
  body.branchUnlessEqual(low, nLow, unprovableLabel);
  body.branchUnlessEqual(high, nHigh, unprovableLabel);
  const smaller = rows.label();
  body.branchIfBelow(rHigh, dHigh, smaller);
  body.branchUnlessEqual(rHigh, dHigh, unprovableLabel);
  body.branchUnlessBelow(rLow, dLow, unprovableLabel);
  rows.bind(smaller);
  [qLow, qHigh, rLow, rHigh].forEach((from, i) => {
    body.move(frame(i), from);
  });
  finish(body, routineParameters.divide);
}

/** value = (value ^ mask) - mask, on 64 bits. */
function negateUnder(body: BodyAssembler, low: Place, high: Place, mask: Place): void {
  const borrow = body.scratch(4);
  body.operate("xor", low, low, mask);
  body.operate("xor", high, high, mask);
  body.below(borrow, low, mask);
  body.subtract(low, low, mask);
  body.subtract(high, high, mask);
  body.subtract(high, high, borrow);
}

/** As the unsigned one on magnitudes; the remainder has the dividend's sign. */
function writeDivideSigned(rows: Assembler, trap: Label, label: Label, divide: Label): void {
  const parameters = routineParameters.divideSigned;
  const body = begin(rows, trap, label, parameters);
  const [maskN, maskD] = [body.scratch(0), body.scratch(1)];
  const operands = parameters + 1 + 6;
  for (const [index, mask] of [maskN, maskD].entries()) {
    const [low, high] = [frame(2 * index), frame(2 * index + 1)];
    body.operate("multiplyHigh", mask, high, constant(2));
    body.subtract(mask, zero, mask);
    negateUnder(body, low, high, mask);
    body.move(frame(operands + 2 * index), low);
    body.move(frame(operands + 2 * index + 1), high);
  }
  emitCall(rows, { label: divide, at: operands, returnCell: routineParameters.divide });
  body.operate("xor", maskD, maskD, maskN);
  for (const [index, mask] of [maskD, maskN].entries()) {
    const [low, high] = [frame(2 * index), frame(2 * index + 1)];
    body.move(low, frame(operands + 2 * index));
    body.move(high, frame(operands + 2 * index + 1));
    negateUnder(body, low, high, mask);
  }
  finish(body, parameters);
}

/** Calls what is at the label: its frame begins at cell `at`, its way back is written behind its arguments. */
export function emitCall(
  rows: Assembler,
  call: { readonly label: Label; readonly at: number; readonly returnCell: number },
): void {
  rows.emit({
    flags: ["call", "jump"],
    w: frame(call.at + call.returnCell),
    offset: call.returnCell,
    target: call.label,
  });
}

export function writeRoutines(rows: Assembler, trap: Label): Routines {
  const routines: Routines = {
    fill: rows.label(),
    copy: rows.label(),
    divide: rows.label(),
    divideSigned: rows.label(),
  };
  writeFill(rows, trap, routines.fill);
  writeCopy(rows, trap, routines.copy);
  writeDivide(rows, trap, routines.divide);
  writeDivideSigned(rows, trap, routines.divideSigned, routines.divide);
  return routines;
}
