/**
 * The type check of a function body: the standard's algorithm (WebAssembly §3.3 and its appendix),
 * complete, with the process profile's bounds on the way. What an engine accepts decides nothing.
 * Linear in the size of the body, but for `br_table`, which is linear in its labels.
 *
 * @module
 */

import type { WasmError, WasmErrorCode } from "../binary/error.ts";
import { type Code, i32Type, type WasmFunction } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { instructionName } from "../binary/opcodes.ts";
import { blockTypeOf, sameTypes } from "./block-types.ts";
import { checkLocals, limitExceeded } from "./check-locals.ts";
import { indexOutOfRange, type ModuleContext } from "./module-context.ts";
import { OperandStack, type Position, positionError, type TypeList } from "./operand-stack.ts";
import { alignmentMax, signatureAt } from "./signatures.ts";

/** What a body's check finds out beside that it is valid. */
export interface CheckedBody {
  readonly localTypes: Uint8Array;
  readonly operandsMax: number;
}

/** Checks the module's own function number `index`; throws `WasmError`. */
export function checkFunction(context: ModuleContext, index: number): CheckedBody {
  return new BodyCheck(context, index).run();
}

class BodyCheck {
  readonly #context: ModuleContext;
  readonly #body: WasmFunction;
  readonly #code: Code;
  readonly #position: Position;
  readonly #stack: OperandStack;
  readonly #results: TypeList;
  #localTypes: Uint8Array = new Uint8Array(0);

  constructor(context: ModuleContext, index: number) {
    this.#context = context;
    this.#body = context.module.functions[index]!;
    this.#code = this.#body.code;
    const functionIndex = context.importedFunctions + index;
    this.#results = context.functionTypes[functionIndex]!.results;
    this.#position = { offset: this.#body.offset, opcode: Op.block, function: functionIndex };
    this.#stack = new OperandStack(this.#position);
  }

  run(): CheckedBody {
    this.#localTypes = checkLocals(this.#context, this.#body, this.#position);
    const { length, opcodes, offsets } = this.#code;
    const stack = this.#stack;
    const floats = this.#context.options.floats;
    const operandsMax = this.#context.options.limits?.operandStack ?? Number.POSITIVE_INFINITY;
    stack.enter(Op.block, [], this.#results);
    for (let i = 0; i < length; i++) {
      const opcode = opcodes[i]!;
      this.#position.offset = offsets[i]!;
      this.#position.opcode = opcode;
      const signature = signatureAt(opcode);
      if (signature === null) {
        this.#instruction(opcode, i);
      } else {
        if (signature.isFloat && !floats) throw this.#floatForbidden(opcode);
        if (signature.needsMemory) this.#checkMemory(opcode, i);
        const { operands, result } = signature;
        for (let k = operands.length - 1; k >= 0; k--) stack.pop(operands[k]!);
        if (result !== 0) stack.push(result);
      }
      if (stack.heightMax > operandsMax)
        throw limitExceeded(this.#position, "operandStack", operandsMax, stack.heightMax);
    }
    return { localTypes: this.#localTypes, operandsMax: stack.heightMax };
  }

  #checkMemory(opcode: number, i: number): void {
    if (this.#context.memories.length === 0) throw this.#index(opcode, "memory", 0, 0);
    const maximum = alignmentMax(opcode);
    if (maximum === null) return;
    const alignment = this.#code.first[i]! >>> 0;
    if (alignment <= maximum) return;
    throw this.#error("ALIGNMENT_TOO_LARGE", `at most ${maximum}`, alignment);
  }

  /** The instructions whose types depend on where they stand. */
  #instruction(opcode: number, i: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case Op.localGet:
        stack.push(this.#local(opcode, i));
        break;
      case Op.localSet:
        stack.pop(this.#local(opcode, i));
        break;
      case Op.localTee: {
        const type = this.#local(opcode, i);
        stack.pop(type);
        stack.push(type);
        break;
      }
      case Op.globalGet:
        stack.push(this.#global(opcode, i, false));
        break;
      case Op.globalSet:
        stack.pop(this.#global(opcode, i, true));
        break;
      case Op.drop:
        stack.pop(0);
        break;
      case Op.select:
        this.#select();
        break;
      case Op.call:
        this.#call(opcode, i);
        break;
      case Op.callIndirect:
        this.#callIndirect(opcode, i);
        break;
      default:
        this.#control(opcode, i);
    }
  }

  #control(opcode: number, i: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case Op.unreachable:
        stack.setUnreachable();
        break;
      case Op.if:
        stack.pop(i32Type);
        this.#enter(opcode, i);
        break;
      case Op.block:
      case Op.loop:
        this.#enter(opcode, i);
        break;
      case Op.else: {
        const frame = stack.leave();
        stack.enter(opcode, frame.parameters, frame.results);
        break;
      }
      case Op.end:
        this.#end();
        break;
      case Op.br:
        stack.popAll(this.#label(opcode, this.#code.first[i]! >>> 0));
        stack.setUnreachable();
        break;
      case Op.brIf:
        stack.pop(i32Type);
        this.#branchIf(this.#label(opcode, this.#code.first[i]! >>> 0));
        break;
      case Op.brTable:
        this.#branchTable(opcode, i);
        break;
      case Op.return:
        stack.popAll(this.#results);
        stack.setUnreachable();
        break;
      default:
        throw this.#unsupported(opcode);
    }
  }

  #local(opcode: number, i: number): number {
    const index = this.#code.first[i]! >>> 0;
    const type = this.#localTypes[index];
    if (type === undefined) throw this.#index(opcode, "local", index, this.#localTypes.length);
    return type;
  }

  #global(opcode: number, i: number, isWritten: boolean): number {
    const index = this.#code.first[i]! >>> 0;
    const global = this.#context.globals[index];
    if (global === undefined) {
      throw this.#index(opcode, "global", index, this.#context.globals.length);
    }
    if (isWritten && !global.mutable) {
      throw this.#error("GLOBAL_IMMUTABLE", "a mutable global", index);
    }
    return global.type;
  }

  #select(): void {
    const stack = this.#stack;
    stack.pop(i32Type);
    const right = stack.pop(0);
    const left = stack.pop(right);
    stack.push(left === 0 ? right : left);
  }

  #call(opcode: number, i: number): void {
    const index = this.#code.first[i]! >>> 0;
    const type = this.#context.functionTypes[index];
    if (type === undefined) {
      throw this.#index(opcode, "function", index, this.#context.functionTypes.length);
    }
    this.#stack.popAll(type.parameters);
    this.#stack.pushAll(type.results);
  }

  #callIndirect(opcode: number, i: number): void {
    const { module, tables } = this.#context;
    const typeIndex = this.#code.first[i]! >>> 0;
    const table = this.#code.second[i]! >>> 0;
    const type = module.types[typeIndex];
    if (type === undefined) throw this.#index(opcode, "type", typeIndex, module.types.length);
    if (table >= tables.length) throw this.#index(opcode, "table", table, tables.length);
    this.#stack.pop(i32Type);
    this.#stack.popAll(type.parameters);
    this.#stack.pushAll(type.results);
  }

  #enter(opcode: number, i: number): void {
    const { parameters, results } = blockTypeOf(
      this.#context,
      this.#code.first[i]!,
      this.#position,
    );
    this.#stack.popAll(parameters);
    this.#stack.enter(opcode, parameters, results);
    const limits = this.#context.options.limits;
    // The body itself is the outermost frame and does not count.
    const nesting = this.#stack.frames.length - 1;
    if (limits !== null && nesting > limits.nesting) {
      throw limitExceeded(this.#position, "nesting", limits.nesting, nesting);
    }
  }

  #end(): void {
    const stack = this.#stack;
    const frame = stack.leave();
    // Without an `else` the parameters fall through as the results.
    if (frame.opcode === Op.if && !sameTypes(frame.parameters, frame.results)) {
      throw stack.error("TYPE_MISMATCH", "an else, or equal parameters and results", "no else");
    }
    if (stack.frames.length > 0) stack.pushAll(frame.results);
  }

  /** The types that a branch to the label carries. */
  #label(opcode: number, depth: number): TypeList {
    const frames = this.#stack.frames;
    const frame = frames[frames.length - 1 - depth];
    if (frame === undefined) throw this.#index(opcode, "label", depth, frames.length);
    return frame.opcode === Op.loop ? frame.parameters : frame.results;
  }

  #branchIf(types: TypeList): void {
    this.#stack.popAll(types);
    this.#stack.pushAll(types);
  }

  #branchTable(opcode: number, i: number): void {
    const stack = this.#stack;
    const labels = this.#code.lists[this.#code.first[i]!]!;
    const limits = this.#context.options.limits;
    if (limits !== null && labels.length > limits.branchLabels) {
      throw limitExceeded(this.#position, "branchLabels", limits.branchLabels, labels.length);
    }
    stack.pop(i32Type);
    const byDefault = this.#label(opcode, labels.at(-1)!);
    for (const depth of labels) {
      const types = this.#label(opcode, depth);
      if (types.length !== byDefault.length) {
        throw stack.error("TYPE_MISMATCH", `${byDefault.length} values`, types.length);
      }
      stack.checkLabel(types);
    }
    stack.popAll(byDefault);
    stack.setUnreachable();
  }

  #floatForbidden(opcode: number): WasmError {
    return this.#error("FLOAT_FORBIDDEN", "integers only", instructionName(opcode));
  }

  #unsupported(opcode: number): WasmError {
    return this.#error(
      "FEATURE_UNSUPPORTED",
      "an instruction of the language",
      instructionName(opcode),
    );
  }

  #index(opcode: number, space: string, got: number, size: number): WasmError {
    const { offset } = this.#position;
    const item = `${instructionName(opcode)} ${space}`;
    return indexOutOfRange(item, got, size, offset, this.#position.function);
  }

  #error(code: WasmErrorCode, expected: string | number, got: string | number): WasmError {
    return positionError(this.#position, code, { expected, got });
  }
}
