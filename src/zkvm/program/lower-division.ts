/**
 * Division of 64 bits: a call of a routine whose arguments are the operands at home
 * (spec/14-zkvm.md §4).
 *
 * @module
 */

import { i64Type } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { constant, frame } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import type { OperandStack } from "./operand-stack.ts";
import { emitCall, type Routines, routineParameters } from "./routines.ts";

const divisions: ReadonlyMap<number, { readonly signed: boolean; readonly remainder: boolean }> =
  new Map([
    [Op.i64DivU, { signed: false, remainder: false }],
    [Op.i64RemU, { signed: false, remainder: true }],
    [Op.i64DivS, { signed: true, remainder: false }],
    [Op.i64RemS, { signed: true, remainder: true }],
  ]);

/** Writes the rows of a 64-bit division; false if the instruction is none. */
export function lowerDivision(
  body: BodyAssembler,
  operands: OperandStack,
  opcode: number,
  routines: Routines,
): boolean {
  const division = divisions.get(opcode);
  if (division === undefined) return false;
  operands.settleLast(2);
  const at = operands.homeOf(2);
  operands.pop();
  operands.pop();
  const [nLow, nHigh, dLow, dHigh] = [0, 1, 2, 3].map((i) => frame(at + i));
  if (division.signed && !division.remainder) {
    const fits = body.rows.label();
    body.branchUnlessEqual(nLow!, constant(0), fits);
    body.branchUnlessEqual(nHigh!, constant(0x8000_0000), fits);
    body.branchUnlessEqual(dLow!, constant(0xffff_ffff), fits);
    body.branchIfEqual(dHigh!, constant(0xffff_ffff), body.trap);
    body.rows.bind(fits);
  }
  const label = division.signed ? routines.divideSigned : routines.divide;
  emitCall(body.rows, { label, at, returnCell: routineParameters.divide });
  const result = operands.push(i64Type);
  if (division.remainder) {
    result.forEach((cell, half) => {
      body.move(cell, frame(at + 2 + half));
    });
  }
  return true;
}
