/**
 * Instructions between which nothing branches (spec/14-zkvm.md §4): constants, locals, globals, `select`,
 * and whatever computes. What is a constant, a local or a global stays where it is until it changes.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { i32Type, i64Type } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { instructions } from "../../wasm/binary/opcodes.ts";
import { constant, frameCellOf } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import type { LocalCells, ModuleScope } from "./function-frame.ts";
import { takeCondition } from "./lower-condition.ts";
import { lowerDivision } from "./lower-division.ts";
import { isMemoryInstruction, lowerMemory } from "./lower-memory.ts";
import { type Cells, lowerNumber } from "./lower-numbers.ts";
import { cellsOf, type OperandStack } from "./operand-stack.ts";
import { Flag } from "./program.ts";

const signatureOf = new Map(instructions.map(({ opcode, signature }) => [opcode, signature]));

export class StraightTranslator {
  readonly #scope: ModuleScope;
  readonly #body: BodyAssembler;
  readonly #operands: OperandStack;
  readonly #locals: readonly LocalCells[];

  constructor(
    scope: ModuleScope,
    own: {
      readonly body: BodyAssembler;
      readonly operands: OperandStack;
      readonly locals: readonly LocalCells[];
    },
  ) {
    this.#scope = scope;
    this.#body = own.body;
    this.#operands = own.operands;
    this.#locals = own.locals;
  }

  /** Writes the rows of one instruction with its immediates. */
  translate(opcode: number, first: number, second: number): void {
    const operands = this.#operands;
    switch (opcode) {
      case Op.nop:
        break;
      case Op.drop:
        operands.pop();
        break;
      case Op.i32Const:
        operands.push(i32Type, [constant(first)]);
        break;
      case Op.i64Const:
        operands.push(i64Type, [constant(first), constant(second)]);
        break;
      case Op.localGet: {
        const { type, cells } = this.#locals[first]!;
        operands.push(type, cells, { kind: "local", index: first });
        break;
      }
      case Op.localSet:
        this.#setLocal(first);
        break;
      case Op.localTee:
        this.#setLocal(first);
        operands.push(this.#locals[first]!.type, this.#locals[first]!.cells, {
          kind: "local",
          index: first,
        });
        break;
      case Op.globalGet: {
        const { type, cells } = this.#scope.globals[first]!;
        operands.push(type, cells, { kind: "global", index: first });
        break;
      }
      case Op.globalSet: {
        const value = operands.pop();
        operands.settleSource("global", first);
        this.#moveAll(this.#scope.globals[first]!.cells, value);
        break;
      }
      case Op.select:
        this.#select();
        break;
      default:
        this.#compute(opcode, second);
    }
  }

  #moveAll(to: Cells, from: Cells): void {
    to.forEach((cell, half) => {
      this.#body.move(cell, from[half]!);
    });
  }

  /** The row that has just computed the value writes the local at once, where nothing else reads it. */
  #setLocal(index: number): void {
    const operands = this.#operands;
    const atHome = operands.topIsHome();
    const value = operands.pop();
    const { cells } = this.#locals[index]!;
    const [from, to] = [value[0]!, cells[0]!];
    const row = this.#body.rows.last();
    const writesIt =
      row !== null && (row.flags & Flag.wFrame) !== 0 && (row.flags & Flag.call) === 0;
    if (atHome && writesIt && row.w === frameCellOf(from) && !operands.standsFor(index)) {
      row.w = frameCellOf(to);
      return;
    }
    operands.settleSource("local", index);
    this.#moveAll(cells, value);
  }

  /** Keeps the first operand, or moves the second one over it. */
  #select(): void {
    const operands = this.#operands;
    const unlessZero = takeCondition(this.#body, operands, false);
    const second = operands.pop();
    operands.settleLast(1);
    const first = operands.pop();
    const keep = this.#body.rows.label();
    unlessZero(keep);
    this.#moveAll(first, second);
    this.#body.rows.bind(keep);
    operands.push(first.length === 2 ? i64Type : i32Type, first);
  }

  #compute(opcode: number, second: number): void {
    const operands = this.#operands;
    const signature = signatureOf.get(opcode);
    if (opcode === Op.memorySize) {
      this.#body.rows.emit({ flags: ["pages"], w: operands.push(i32Type)[0]! });
      return;
    }
    if (isMemoryInstruction(opcode)) {
      lowerMemory(this.#body, operands, { opcode, offset: second >>> 0, ...this.#scope });
      return;
    }
    assert(signature !== null && signature !== undefined, `an instruction with operands`);
    if (lowerDivision(this.#body, operands, opcode, this.#scope.routines)) return;
    const inputs = Array.from(signature.operands, () => operands.pop()).reverse();
    const type = signature.results === "I" ? i64Type : i32Type;
    const result = cellsOf(type, operands.top);
    const isKnown = lowerNumber(this.#body, { opcode, operands: inputs, result });
    assert(isKnown, `no rows for instruction ${opcode}`);
    operands.push(type);
  }
}
