/**
 * Writes injected instructions: a `CodeBuilder` with one short method for each form that the
 * instrumenter needs. Injected instructions have offset 0, the originals keep theirs.
 *
 * @module
 */

import { CodeBuilder } from "../binary/code-builder.ts";
import { type Code, emptyBlockType } from "../binary/module.ts";
import { Op } from "../binary/op.ts";

/** The block type of an `if` that leaves an i32. */
const i32BlockType = -1;

export class Emitter {
  readonly #builder: CodeBuilder = new CodeBuilder();

  /** Copies the instruction at `index` as it is. */
  copy(code: Code, index: number): void {
    const opcode = code.opcodes[index]!;
    let first = code.first[index]!;
    if (opcode === Op.brTable) first = this.#builder.lists.push(code.lists[first]!) - 1;
    this.#builder.append(opcode, first, code.second[index]!, code.offsets[index]!);
  }

  /** An instruction with up to two immediates, standing for the original at `offset`. */
  at(offset: number, opcode: number, first = 0, second = 0): void {
    this.#builder.append(opcode, first, second, offset);
  }

  op(...opcodes: readonly number[]): void {
    for (const opcode of opcodes) this.at(0, opcode);
  }

  localGet(index: number): void {
    this.at(0, Op.localGet, index);
  }

  localSet(index: number): void {
    this.at(0, Op.localSet, index);
  }

  localTee(index: number): void {
    this.at(0, Op.localTee, index);
  }

  globalGet(index: number): void {
    this.at(0, Op.globalGet, index);
  }

  globalSet(index: number): void {
    this.at(0, Op.globalSet, index);
  }

  i32(value: number): void {
    this.at(0, Op.i32Const, value | 0);
  }

  /** An i64 constant from a number of at most 32 bits and a sign. */
  i64(value: number): void {
    this.at(0, Op.i64Const, value | 0, value < 0 ? -1 : 0);
  }

  /** Pops a condition; opens an `if` without result. */
  if(): void {
    this.at(0, Op.if, emptyBlockType);
  }

  /** Pops a condition; opens an `if` that leaves an i32. */
  ifI32(): void {
    this.at(0, Op.if, i32BlockType);
  }

  else(): void {
    this.op(Op.else);
  }

  end(): void {
    this.op(Op.end);
  }

  /** Pops a condition and traps if it holds. */
  trapIf(): void {
    this.if();
    this.op(Op.unreachable, Op.end);
  }

  take(): Code {
    return this.#builder.take();
  }
}
