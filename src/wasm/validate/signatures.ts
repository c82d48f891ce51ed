/**
 * The instruction table in the form that the type check reads fastest: operand types, at most one
 * result, and what else must hold, by opcode.
 *
 * @module
 */

import { f32Type, f64Type, i32Type, i64Type } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { instructions } from "../binary/opcodes.ts";

export interface Signature {
  readonly operands: Uint8Array;
  /** The result's type, 0 for none. */
  readonly result: number;
  readonly isFloat: boolean;
  readonly needsMemory: boolean;
}

const letters: Readonly<Record<string, number>> = {
  i: i32Type,
  I: i64Type,
  f: f32Type,
  F: f64Type,
};

/** `memory.init` and `data.drop` have a signature in the standard; the language leaves them out. */
const left: ReadonlySet<number> = new Set([Op.memoryInit, Op.dataDrop]);

const table: readonly (Signature | null)[] = ((): (Signature | null)[] => {
  const signatures = new Array<Signature | null>(512).fill(null);
  for (const { opcode, name, immediate, signature, isFloat } of instructions) {
    if (signature === null || left.has(opcode)) continue;
    signatures[slotOf(opcode)] = {
      operands: Uint8Array.from(signature.operands, (letter) => letters[letter] ?? 0),
      result: letters[signature.results] ?? 0,
      isFloat,
      needsMemory: immediate === "memory" || name.startsWith("memory."),
    };
  }
  return signatures;
})();

function slotOf(opcode: number): number {
  return opcode >= 0xfc00 ? 256 + (opcode & 0xff) : opcode;
}

/** The signature of an instruction whose types do not depend on context, else null. */
export function signatureAt(opcode: number): Signature | null {
  return table[slotOf(opcode)] ?? null;
}

/** The greatest alignment (log2) of a load or store: its own width; null for other instructions. */
export function alignmentMax(opcode: number): number | null {
  if (opcode < Op.i32Load || opcode > Op.i64Store32) return null;
  return widths[opcode - Op.i32Load] ?? null;
}

/** log2 of the bytes that each load and store moves, from `i32.load` to `i64.store32`. */
const widths: readonly number[] = [
  2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2,
];
