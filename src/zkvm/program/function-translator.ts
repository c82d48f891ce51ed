/**
 * Translates one function body (spec/14-zkvm.md §4): its blocks, branches and calls. A callee's frame
 * begins at the home of its first argument, so arguments and result are where both want them.
 *
 * @module
 */

import {
  type Code,
  emptyBlockType,
  type FunctionType,
  type ValueType,
} from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { gasByOpcode } from "../../wasm/validate/gas-schedule.ts";
import type { ValidatedFunction } from "../../wasm/validate/validated-module.ts";
import { constant, frame, type Label } from "./assembler.ts";
import { BodyAssembler, scratchCells } from "./body-assembler.ts";
import { ControlStack } from "./control-stack.ts";
import { readBeforeSet } from "./definite-assignment.ts";
import { type FunctionFrame, frameOf, type ModuleScope, returnCellOf } from "./function-frame.ts";
import { takeCondition } from "./lower-condition.ts";
import type { Cells } from "./lower-numbers.ts";
import { OperandStack } from "./operand-stack.ts";
import { emitCall } from "./routines.ts";
import { StraightTranslator } from "./straight-translator.ts";

export class FunctionTranslator {
  readonly #scope: ModuleScope;
  readonly #code: Code;
  readonly #body: BodyAssembler;
  readonly #operands: OperandStack;
  readonly #control: ControlStack;
  readonly #own: ValidatedFunction;
  readonly #frame: FunctionFrame;
  readonly #straight: StraightTranslator;

  constructor(scope: ModuleScope, own: ValidatedFunction, code: Code) {
    const { rows, trap } = scope;
    this.#scope = scope;
    this.#code = code;
    this.#own = own;
    this.#frame = frameOf(own);
    const { locals, scratchBase } = this.#frame;
    const body = new BodyAssembler({ rows, trap, scratchBase });
    const operands = new OperandStack(body, scratchBase + scratchCells);
    this.#body = body;
    this.#operands = operands;
    this.#control = new ControlStack(body, operands, code);
    this.#straight = new StraightTranslator(scope, { body, operands, locals });
  }

  /** Writes the function's rows behind its label. */
  translate(label: Label): void {
    const { rows } = this.#scope;
    rows.bind(label);
    rows.spend(this.#own.entryGas);
    if (this.#own.stackCharge > 0) {
      rows.emit({ flags: ["enter"], offset: this.#own.stackCharge });
    }
    const parameterCount = this.#own.type.parameters.length;
    const shape = { parameterCount, localCount: this.#frame.locals.length };
    readBeforeSet(this.#code, shape).forEach((isRead, local) => {
      if (isRead === 0) return;
      for (const cell of this.#frame.locals[local]!.cells) this.#body.move(cell, constant(0));
    });
    this.#control.begin(this.#own.type.results[0] ?? null);
    for (let at = 0; at < this.#code.length; at++) this.#instruction(at);
    this.#body.finishAccesses();
  }

  #instruction(at: number): void {
    const opcode = this.#code.opcodes[at]!;
    const control = this.#control;
    if (!control.reachable) {
      this.#unreached(opcode, at);
      return;
    }
    this.#scope.rows.spend(gasByOpcode[opcode]!);
    const [first, second] = [this.#code.first[at]!, this.#code.second[at]!];
    switch (opcode) {
      case Op.block:
      case Op.loop:
        control.open(opcode, at, blockType(first));
        break;
      case Op.if:
        control.openIf(at, blockType(first), this.#condition(true));
        break;
      case Op.else:
        control.turn();
        break;
      case Op.end:
        this.#end();
        break;
      case Op.br:
        control.branch(first, (result) => this.#return(result));
        break;
      case Op.brIf:
        this.#branchIf(first);
        break;
      case Op.brTable:
        this.#branchTable(first);
        break;
      case Op.return:
        this.#return(this.#resultCells());
        control.leave();
        break;
      case Op.unreachable:
        this.#body.jump(this.#scope.trap);
        control.leave();
        break;
      case Op.call:
        this.#call(this.#scope.functions[first]!);
        break;
      case Op.callIndirect:
        this.#callIndirect(first);
        break;
      default:
        this.#straight.translate(opcode, first, second);
    }
  }

  /** Code that no way leads to has no rows, but its blocks still nest. */
  #unreached(opcode: number, at: number): void {
    const control = this.#control;
    if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) control.openDead(at);
    else if (opcode === Op.else) control.turn();
    else if (opcode === Op.end) this.#end();
  }

  #end(): void {
    if (this.#control.depth > 1) {
      this.#control.close();
      return;
    }
    const isReached = this.#control.closeFunction();
    if (isReached) this.#return(this.#resultCells());
  }

  #resultCells(): Cells {
    return this.#own.type.results.length === 0 ? [] : this.#operands.pop();
  }

  /** The result goes to the frame's first cells; the last half of it in the row that returns. */
  #return(result: Cells): void {
    const flags = { flags: ["return"] as const, a: frame(this.#frame.returnCell) };
    const offset = this.#own.stackCharge;
    result.forEach((cell, half) => {
      if (half < result.length - 1) this.#body.move(frame(half), cell);
    });
    const last = result.length - 1;
    const from = result[last];
    const moves = from !== undefined && !(from.kind === "frame" && from.index === last);
    if (!moves) this.#scope.rows.emit({ ...flags, offset });
    else {
      const places = { b: from, w: frame(last) };
      this.#scope.rows.emit({ ...flags, flags: ["return", "move"], ...places, offset });
    }
  }

  #condition(negate: boolean): (label: Label) => void {
    return takeCondition(this.#body, this.#operands, negate);
  }

  #branchIf(depth: number): void {
    const control = this.#control;
    if (!control.branchMoves(depth)) {
      this.#condition(false)(control.target(depth));
      return;
    }
    const skip = this.#scope.rows.label();
    this.#condition(true)(skip);
    control.branchKeeping(depth, (result) => this.#return(result));
    this.#scope.rows.bind(skip);
  }

  #branchTable(list: number): void {
    const { rows } = this.#scope;
    const labels = this.#code.lists[list]!;
    const [index] = this.#operands.pop();
    const depths = [...new Set(labels)];
    const stubs = new Map(depths.map((depth) => [depth, rows.label()]));
    const last = labels.length - 1;
    const selector = this.#body.scratch(0);
    this.#body.move(selector, index!);
    if (last > 0) {
      const inRange = rows.label();
      this.#body.branchIfBelow(selector, constant(last), inRange);
      this.#body.jump(stubs.get(labels[last]!)!);
      rows.bind(inRange);
      const table = rows.label();
      rows.emit({ flags: ["jumpIndexed"], a: selector, target: table });
      rows.bind(table);
      for (let i = 0; i < last; i++) this.#body.jump(stubs.get(labels[i]!)!);
    } else this.#body.jump(stubs.get(labels[last]!)!);
    for (const depth of depths) {
      rows.bind(stubs.get(depth)!);
      this.#control.branchKeeping(depth, (result) => this.#return(result));
    }
    this.#control.leave();
  }

  #call(callee: { readonly label: Label; readonly type: FunctionType }): void {
    const { type, label } = callee;
    const at = this.#arguments(type);
    emitCall(this.#scope.rows, { label, at, returnCell: returnCellOf(type) });
    this.#results(type);
  }

  /** All arguments come home, and whatever a callee may change; answers where they begin. */
  #arguments(type: FunctionType): number {
    const count = type.parameters.length;
    this.#operands.settleSource("global");
    this.#operands.settleLast(count);
    return this.#operands.homeOf(count);
  }

  #results(type: FunctionType): void {
    this.#operands.cut(this.#operands.length - type.parameters.length);
    const [result] = type.results;
    if (result !== undefined) this.#operands.push(result);
  }

  #callIndirect(typeIndex: number): void {
    const type = this.#scope.types[typeIndex]!;
    const element = this.#body.scratch(0);
    this.#body.move(element, this.#operands.pop()[0]!);
    const length = constant(this.#scope.tableLength);
    this.#body.branchUnlessBelow(element, length, this.#scope.trap);
    const at = this.#arguments(type);
    const returnCell = returnCellOf(type);
    this.#scope.rows.emit({
      flags: ["call", "jumpIndexed"],
      a: element,
      w: frame(at + returnCell),
      offset: returnCell,
      target: this.#scope.dispatch(typeIndex),
    });
    this.#results(type);
  }
}

function blockType(first: number): ValueType | null {
  return first === emptyBlockType ? null : ((first & 0x7f) as ValueType);
}
