/**
 * The smallest process, as a decoded module that a test changes in one place and encodes: for the
 * refusals of the validator and for code written by hand.
 *
 * @module
 */

import { CodeBuilder } from "../wasm/binary/code-builder.ts";
import {
  type Code,
  i32Type,
  i64Type,
  type ValueType,
  type WasmFunction,
  type WasmModule,
} from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";

/** An instruction as `[opcode, first, second]`, or `[br_table, labels]`. */
export type InstructionWords = readonly [
  opcode: number,
  first?: number | readonly number[],
  second?: number,
];

/** A sequence of instructions; the final `end` is added. */
export function codeOf(...words: readonly InstructionWords[]): Code {
  return codeFrom(words);
}

function codeFrom(words: readonly InstructionWords[]): Code {
  const builder = new CodeBuilder();
  for (const [opcode, first = 0, second = 0] of words) {
    const immediate =
      typeof first === "number" ? first : builder.lists.push(Uint32Array.from(first)) - 1;
    builder.append(opcode, immediate, second, 0);
  }
  builder.append(Op.end, 0, -1, 0);
  return builder.take();
}

/** A function of the given type index, with locals of the given types. */
export function functionOf(
  typeIndex: number,
  words: readonly InstructionWords[],
  locals: readonly ValueType[] = [],
): WasmFunction {
  return {
    typeIndex,
    offset: 0,
    bodyBytes: 0,
    locals: locals.map((type) => ({ count: 1, type })),
    localCount: locals.length,
    code: codeFrom(words),
  };
}

/**
 * Types 0, 1, 2 and functions 0, 1, 2 are those of `_start`, `alloc` and `handle`; memory has one
 * page; `alloc` returns 1024 and `handle` its length.
 */
export function minimalProcess(changes: Partial<WasmModule> = {}): WasmModule {
  return {
    types: [
      { parameters: [], results: [], offset: 0 },
      { parameters: [i32Type], results: [i32Type], offset: 0 },
      { parameters: [i32Type], results: [i64Type], offset: 0 },
    ],
    imports: [],
    functions: [
      functionOf(0, []),
      functionOf(1, [[Op.i32Const, 1024]]),
      functionOf(2, [[Op.localGet, 0], [Op.i64ExtendI32U]]),
    ],
    tables: [],
    memories: [{ minimum: 1, maximum: null, offset: 0 }],
    globals: [],
    exports: [
      { name: "memory", kind: "memory", index: 0, offset: 0 },
      { name: "_start", kind: "function", index: 0, offset: 0 },
      { name: "alloc", kind: "function", index: 1, offset: 0 },
      { name: "handle", kind: "function", index: 2, offset: 0 },
    ],
    start: null,
    elements: [],
    dataCount: null,
    data: [],
    customSections: [],
    byteLength: 256,
    ...changes,
  };
}
