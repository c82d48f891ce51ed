/**
 * Loads, stores, growth, copy and fill (spec/14-zkvm.md §4). What is wider than a word is accessed
 * word by word: a failed evaluation leaves nothing behind, so half a store does no harm.
 *
 * @module
 */

import { i32Type, i64Type } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { gasPerPage } from "../../wasm/validate/gas-schedule.ts";
import { constant, type Place } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import { cellsOf, type OperandStack } from "./operand-stack.ts";
import type { AccessBytes } from "./program.ts";
import { emitCall, type Routines, routineParameters } from "./routines.ts";

interface MemoryInstruction {
  readonly opcode: number;
  readonly offset: number;
  readonly routines: Routines;
  readonly pagesMax: number;
}

interface LoadShape {
  readonly bytes: AccessBytes | 8;
  readonly signed: boolean;
  readonly wide: boolean;
}

const loads: ReadonlyMap<number, LoadShape> = new Map<number, LoadShape>([
  [Op.i32Load, { bytes: 4, signed: false, wide: false }],
  [Op.i32Load8S, { bytes: 1, signed: true, wide: false }],
  [Op.i32Load8U, { bytes: 1, signed: false, wide: false }],
  [Op.i32Load16S, { bytes: 2, signed: true, wide: false }],
  [Op.i32Load16U, { bytes: 2, signed: false, wide: false }],
  [Op.i64Load, { bytes: 8, signed: false, wide: true }],
  [Op.i64Load8S, { bytes: 1, signed: true, wide: true }],
  [Op.i64Load8U, { bytes: 1, signed: false, wide: true }],
  [Op.i64Load16S, { bytes: 2, signed: true, wide: true }],
  [Op.i64Load16U, { bytes: 2, signed: false, wide: true }],
  [Op.i64Load32S, { bytes: 4, signed: true, wide: true }],
  [Op.i64Load32U, { bytes: 4, signed: false, wide: true }],
]);

const stores: ReadonlyMap<number, AccessBytes | 8> = new Map<number, AccessBytes | 8>([
  [Op.i32Store, 4],
  [Op.i32Store8, 1],
  [Op.i32Store16, 2],
  [Op.i64Store, 8],
  [Op.i64Store8, 1],
  [Op.i64Store16, 2],
  [Op.i64Store32, 4],
]);

export function isMemoryInstruction(opcode: number): boolean {
  const others: readonly number[] = [Op.memoryGrow, Op.memoryCopy, Op.memoryFill];
  return loads.has(opcode) || stores.has(opcode) || others.includes(opcode);
}

export function lowerMemory(
  body: BodyAssembler,
  operands: OperandStack,
  instruction: MemoryInstruction,
): void {
  const { opcode, offset } = instruction;
  const load = loads.get(opcode);
  const bytes = stores.get(opcode);
  if (load !== undefined) lowerLoad(body, operands, load, offset);
  else if (bytes !== undefined) {
    const value = operands.pop();
    const [address] = operands.pop();
    body.store(value[0]!, address!, offset, bytes === 8 ? 4 : bytes);
    if (bytes === 8) body.store(value[1]!, address!, offset + 4, 4);
  } else if (opcode === Op.memoryGrow) lowerGrow(body, operands, instruction.pagesMax);
  else {
    const { fill, copy } = instruction.routines;
    operands.settleLast(3);
    const at = operands.homeOf(3);
    for (let i = 0; i < 3; i++) operands.pop();
    const label = opcode === Op.memoryFill ? fill : copy;
    emitCall(body.rows, { label, at, returnCell: routineParameters.fill });
  }
}

function lowerLoad(
  body: BodyAssembler,
  operands: OperandStack,
  shape: LoadShape,
  offset: number,
): void {
  const [address] = operands.pop();
  const type = shape.wide ? i64Type : i32Type;
  const [low, high] = cellsOf(type, operands.top);
  if (shape.bytes === 8) {
    // The high word first: the address may lie where the low word goes.
    body.load(high!, address!, offset + 4, 4);
    body.load(low!, address!, offset, 4);
  } else {
    body.load(low!, address!, offset, shape.bytes);
    if (shape.signed && shape.bytes < 4) {
      const sign = constant(2 ** (8 * shape.bytes - 1));
      body.operate("xor", low!, low!, sign);
      body.subtract(low!, low!, sign);
    }
    if (high !== undefined) fillHigh(body, low!, high, shape.signed);
  }
  operands.push(type);
}

function fillHigh(body: BodyAssembler, low: Place, high: Place, signed: boolean): void {
  if (!signed) {
    body.move(high, constant(0));
    return;
  }
  body.operate("multiplyHigh", body.scratch(0), low, constant(2));
  body.subtract(high, constant(0), body.scratch(0));
}

/**
 * Growth by so many pages costs more gas than any evaluation may have, so it is a failure at once; the
 * gas of less is a number below 2^30, which the machine can charge.
 */
const pagesRefused: number = 2 ** 20;

function lowerGrow(body: BodyAssembler, operands: OperandStack, pagesMax: number): void {
  const [pages] = operands.pop();
  const [result] = operands.push(i32Type);
  const [asked, gas, before, after] = [0, 1, 2, 3].map((i) => body.scratch(i)) as [
    Place,
    Place,
    Place,
    Place,
  ];
  body.move(asked, pages!);
  body.branchUnlessBelow(asked, constant(pagesRefused), body.trap);
  body.operate("multiply", gas, asked, constant(gasPerPage));
  body.rows.emit({ flags: ["charge"], a: gas });
  body.rows.emit({ flags: ["pages"], w: before });
  body.add(after, before, asked);
  const [refused, end] = [body.rows.label(), body.rows.label()];
  body.branchUnlessBelow(after, constant(pagesMax + 1), refused);
  body.rows.emit({ flags: ["grow"], a: after });
  body.move(result!, before);
  body.jump(end);
  body.rows.bind(refused);
  body.move(result!, constant(0xffff_ffff));
  body.rows.bind(end);
}
