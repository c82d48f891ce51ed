/**
 * Translates one function body (spec/14-zkvm.md §4). Its frame: parameters, the return place, other
 * locals, scratch, then the operands' homes; a callee's frame begins at the home of its first
 * argument, so arguments and result are where both want them.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import {
  type Code,
  emptyBlockType,
  type FunctionType,
  i32Type,
  i64Type,
  type ValueType,
} from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { instructions } from "../../wasm/binary/opcodes.ts";
import { gasByOpcode } from "../../wasm/validate/gas-schedule.ts";
import type { ValidatedFunction } from "../../wasm/validate/validated-module.ts";
import { type Assembler, constant, frame, type Label, type Place } from "./assembler.ts";
import { BodyAssembler, scratchCells } from "./body-assembler.ts";
import { ControlStack } from "./control-stack.ts";
import { readBeforeSet } from "./definite-assignment.ts";
import { lowerDivision } from "./lower-division.ts";
import { isMemoryInstruction, lowerMemory } from "./lower-memory.ts";
import { type Cells, lowerNumber } from "./lower-numbers.ts";
import { cellsOf, OperandStack } from "./operand-stack.ts";
import { Flag, Operation } from "./program.ts";
import { emitCall, type Routines } from "./routines.ts";

/** What all functions of a module share. */
export interface ModuleScope {
  readonly rows: Assembler;
  readonly trap: Label;
  readonly routines: Routines;
  readonly functions: readonly { readonly label: Label; readonly type: FunctionType }[];
  readonly types: readonly FunctionType[];
  /** A global's cells, or the constants that it holds. */
  readonly globals: readonly { readonly type: ValueType; readonly cells: Cells }[];
  /** Elements of the table, and where the calls through it for a type begin. */
  readonly tableLength: number;
  dispatch(typeIndex: number): Label;
  /** Pages that memory may grow to. */
  readonly pagesMax: number;
}

const signatureOf = new Map(instructions.map(({ opcode, signature }) => [opcode, signature]));

function widthOf(type: ValueType): number {
  return type === i64Type ? 2 : 1;
}

function cellCount(types: readonly ValueType[]): number {
  return types.reduce((sum, type) => sum + widthOf(type), 0);
}

/** Where a callee finds its way back: behind its parameters, and behind its result. */
export function returnCellOf(type: FunctionType): number {
  return Math.max(cellCount(type.parameters), cellCount(type.results));
}

export class FunctionTranslator {
  readonly #scope: ModuleScope;
  readonly #code: Code;
  readonly #body: BodyAssembler;
  readonly #operands: OperandStack;
  readonly #control: ControlStack;
  readonly #own: ValidatedFunction;
  readonly #locals: readonly { readonly type: ValueType; readonly cells: Cells }[];
  readonly #returnCell: number;

  constructor(scope: ModuleScope, own: ValidatedFunction, code: Code) {
    this.#scope = scope;
    this.#code = code;
    this.#own = own;
    const parameters = own.type.parameters.length;
    this.#returnCell = returnCellOf(own.type);
    let cell = 0;
    this.#locals = Array.from(own.localTypes, (type, index) => {
      if (index === parameters) cell = this.#returnCell + 1;
      cell += widthOf(type as ValueType);
      return {
        type: type as ValueType,
        cells: cellsOf(type as ValueType, cell - widthOf(type as ValueType)),
      };
    });
    const scratchBase = Math.max(cell, this.#returnCell + 1);
    this.#body = new BodyAssembler({ rows: scope.rows, trap: scope.trap, scratchBase });
    this.#operands = new OperandStack(this.#body, scratchBase + scratchCells);
    this.#control = new ControlStack(this.#body, this.#operands, code);
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
    const shape = { parameterCount, localCount: this.#locals.length };
    readBeforeSet(this.#code, shape).forEach((isRead, local) => {
      if (isRead === 0) return;
      for (const cell of this.#locals[local]!.cells) this.#body.move(cell, constant(0));
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
        this.#straight(opcode, first, second);
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
    const flags = { flags: ["return"] as const, a: frame(this.#returnCell) };
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

  /**
   * Turns the condition on top into a branch to `label` (taken where it is not zero, or with `negate`
   * where it is): the row that computed it, if it is the last one, or a row of its own.
   */
  #condition(negate: boolean): (label: Label) => void {
    const atHome = this.#operands.topIsHome();
    const [cell] = this.#operands.pop();
    assert(cell !== undefined, "a condition has one cell");
    return (label) => {
      const row = this.#scope.rows.last();
      const compares = Flag.equal + Flag.below;
      const isOwn =
        row !== null && atHome && (row.flags & Flag.wFrame) !== 0 && row.w === cellOf(cell);
      const signed = (row?.flags ?? 0) & Flag.operate && isSignedComparison(row?.operation ?? 0);
      if (row !== null && isOwn && ((row.flags & compares) !== 0 || signed)) {
        if (negate && signed) row.operation = oppositeComparison(row.operation);
        else if (negate) row.flags ^= Flag.negate;
        this.#scope.rows.turnIntoBranch(row, label);
      } else if (negate) this.#body.branchIfEqual(cell, constant(0), label);
      else this.#body.branchUnlessEqual(cell, constant(0), label);
    };
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

  #straight(opcode: number, first: number, second: number): void {
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
    const row = this.#scope.rows.last();
    const writesIt =
      row !== null && (row.flags & Flag.wFrame) !== 0 && (row.flags & Flag.call) === 0;
    if (atHome && writesIt && row.w === cellOf(from) && !operands.standsFor(index)) {
      row.w = cellOf(to);
      return;
    }
    operands.settleSource("local", index);
    this.#moveAll(cells, value);
  }

  /** Keeps the first operand, or moves the second one over it. */
  #select(): void {
    const operands = this.#operands;
    const unlessZero = this.#condition(false);
    const second = operands.pop();
    operands.settleLast(1);
    const first = operands.pop();
    const keep = this.#scope.rows.label();
    unlessZero(keep);
    this.#moveAll(first, second);
    this.#scope.rows.bind(keep);
    operands.push(first.length === 2 ? i64Type : i32Type, first);
  }

  #compute(opcode: number, second: number): void {
    const operands = this.#operands;
    const signature = signatureOf.get(opcode);
    if (opcode === Op.memorySize) {
      this.#scope.rows.emit({ flags: ["pages"], w: operands.push(i32Type)[0]! });
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

function blockType(first: number): ValueType | null {
  return first === emptyBlockType ? null : ((first & 0x7f) as ValueType);
}

function cellOf(place: Place): number {
  return place.kind === "frame" ? place.index : -1;
}

function isSignedComparison(operation: number): boolean {
  return operation === Operation.belowSigned || operation === Operation.notBelowSigned;
}

function oppositeComparison(operation: number): number {
  return operation === Operation.belowSigned ? Operation.notBelowSigned : Operation.belowSigned;
}
