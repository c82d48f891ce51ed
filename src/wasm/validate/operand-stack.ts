/**
 * The operand stack and control stack of the standard's validation algorithm (WebAssembly, appendix
 * "Validation Algorithm"). Value types are their bytes; 0 is the unknown type of dead code.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { WasmError, type WasmErrorCode } from "../binary/error.ts";
import type { ValueType } from "../binary/module.ts";
import { instructionName } from "../binary/opcodes.ts";
import { typeName } from "./module-context.ts";

/** Types by which a label or block is entered or left; usually none or one. */
export type TypeList = readonly ValueType[];

export interface ControlFrame {
  readonly opcode: number;
  readonly parameters: TypeList;
  readonly results: TypeList;
  /** Height of the operand stack below the frame. */
  readonly height: number;
  unreachable: boolean;
}

/** Where in the module the current instruction stands. */
export interface Position {
  offset: number;
  opcode: number;
  readonly function: number;
}

export class OperandStack {
  readonly position: Position;
  readonly frames: ControlFrame[] = [];
  #types: Uint8Array = new Uint8Array(256);
  #height = 0;
  #heightMax = 0;
  #floor = 0;
  #unreachable = false;

  constructor(position: Position) {
    this.position = position;
  }

  /** The greatest height so far. */
  get heightMax(): number {
    return this.#heightMax;
  }

  push(type: number): void {
    if (this.#height === this.#types.length) {
      const types = new Uint8Array(2 * this.#height);
      types.set(this.#types);
      this.#types = types;
    }
    this.#types[this.#height++] = type;
    if (this.#height > this.#heightMax) this.#heightMax = this.#height;
  }

  /** Takes a value of the expected type (0 for any); returns the type that it has, 0 if unknown. */
  pop(expected: number): number {
    if (this.#height === this.#floor) {
      if (this.#unreachable) return 0;
      throw this.error("STACK_HEIGHT", typeName(expected), "nothing");
    }
    const got = this.#types[--this.#height]!;
    if (got === expected || expected === 0 || got === 0) return got;
    throw this.error("TYPE_MISMATCH", typeName(expected), typeName(got));
  }

  pushAll(types: TypeList): void {
    for (const type of types) this.push(type);
  }

  popAll(types: TypeList): void {
    for (let i = types.length - 1; i >= 0; i--) this.pop(types[i]!);
  }

  /** Checks that the operands fit the label and leaves them as they are, unknown ones unknown. */
  checkLabel(types: TypeList): void {
    const popped: number[] = [];
    for (let i = types.length - 1; i >= 0; i--) popped.push(this.pop(types[i]!));
    for (const type of popped.reverse()) this.push(type);
  }

  enter(opcode: number, parameters: TypeList, results: TypeList): void {
    this.frames.push({ opcode, parameters, results, height: this.#height, unreachable: false });
    this.#floor = this.#height;
    this.#unreachable = false;
    this.pushAll(parameters);
  }

  /** Leaves the innermost frame: its results must be there, and nothing else. */
  leave(): ControlFrame {
    const frame = this.frames.at(-1);
    assert(frame !== undefined, "the decoder pairs every end");
    this.popAll(frame.results);
    if (this.#height !== this.#floor) {
      throw this.error("STACK_HEIGHT", this.#floor, this.#height);
    }
    this.frames.pop();
    const outer = this.frames.at(-1);
    this.#floor = outer?.height ?? 0;
    this.#unreachable = outer?.unreachable ?? false;
    return frame;
  }

  /** What follows in this frame cannot be reached. */
  setUnreachable(): void {
    this.#height = this.#floor;
    this.#unreachable = true;
    const frame = this.frames.at(-1);
    if (frame !== undefined) frame.unreachable = true;
  }

  error(
    code: "STACK_HEIGHT" | "TYPE_MISMATCH",
    expected: string | number,
    got: string | number,
  ): WasmError {
    return positionError(this.position, code, { expected, got });
  }
}

/** An error at the current instruction; `item` if it is about something else than that. */
export function positionError(
  position: Position,
  code: WasmErrorCode,
  fields: { readonly expected: string | number; readonly got: string | number; item?: string },
): WasmError {
  const { offset, opcode, function: index } = position;
  return new WasmError(code, { offset, item: instructionName(opcode), function: index, ...fields });
}
