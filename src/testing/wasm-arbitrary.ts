/**
 * Random processes of the integer profile, for differential tests of the engines: always valid,
 * often trapping, looping and running out of gas, never without bounds under a gas limit. They have
 * branches of every kind, both kinds of call, recursion, every integer instruction, bulk memory,
 * growth, globals and dead code.
 *
 * A module is a function of a string of decisions, so that fast-check can shrink it: where the
 * string ends every choice is 0, which is always the smallest thing that fits.
 *
 * @module
 */

import fc from "fast-check";
import { assert } from "../base/assert.ts";
import { CodeBuilder } from "../wasm/binary/code-builder.ts";
import { encodeModule } from "../wasm/binary/encode.ts";
import {
  type Code,
  type FunctionType,
  i32Type,
  i64Type,
  type ValueType,
  type WasmFunction,
  type WasmModule,
} from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { Decisions, type RandomSignatures } from "./wasm-decisions.ts";
import { RandomBody } from "./wasm-random-body.ts";

const entryTypes: readonly FunctionType[] = [
  { parameters: [], results: [], offset: 0 },
  { parameters: [i32Type], results: [i32Type], offset: 0 },
  { parameters: [i32Type], results: [i64Type], offset: 0 },
];

const tableElements = 8;

function randomType(decisions: Decisions): ValueType {
  return decisions.below(3) < 2 ? i32Type : i64Type;
}

function randomFunctionType(decisions: Decisions): FunctionType {
  const parameters = Array.from({ length: decisions.below(4) }, () => randomType(decisions));
  const results = Array.from({ length: decisions.below(3) === 0 ? 0 : 1 }, () =>
    randomType(decisions),
  );
  return { parameters, results, offset: 0 };
}

function constant(type: ValueType, value: number): Code {
  const builder = new CodeBuilder();
  builder.append(type === i32Type ? Op.i32Const : Op.i64Const, value, 0, 0);
  builder.append(Op.end, 0, -1, 0);
  return builder.take();
}

function randomFunction(
  decisions: Decisions,
  signatures: RandomSignatures,
  index: number,
): WasmFunction {
  const typeIndex = signatures.functions[index] ?? 0;
  const locals = Array.from({ length: decisions.below(4) }, () => ({
    count: 1 + decisions.below(2),
    type: randomType(decisions),
  }));
  const type = signatures.types[typeIndex];
  assert(type !== undefined, "a type for every function");
  const localTypes = [
    ...type.parameters,
    ...locals.flatMap(({ count, type: each }) => new Array<ValueType>(count).fill(each)),
  ];
  const code = new RandomBody({ decisions, signatures, localTypes, index }).build(type);
  const localCount = localTypes.length - type.parameters.length;
  return { typeIndex, offset: 0, bodyBytes: 0, locals, localCount, code };
}

/** The module that a string of decisions stands for. */
export function randomProcess(bytes: Uint8Array): WasmModule {
  const decisions = new Decisions(bytes);
  const types = [
    ...entryTypes,
    ...Array.from({ length: 1 + decisions.below(3) }, () => randomFunctionType(decisions)),
  ];
  const helpers = Array.from({ length: 1 + decisions.below(4) }, () =>
    decisions.below(types.length),
  );
  const functions = [0, 1, 2, ...helpers];
  const globals = Array.from({ length: 1 + decisions.below(4) }, () => randomType(decisions));
  const elements = Array.from({ length: tableElements - 2 }, () =>
    decisions.below(functions.length),
  );
  const signatures: RandomSignatures = { types, functions, globals, elements };
  const dataBytes = Uint8Array.from({ length: 16 }, () => decisions.below(256));
  return {
    types,
    imports: [],
    functions: functions.map((_, index) => randomFunction(decisions, signatures, index)),
    tables: [{ elementType: 0x70, minimum: tableElements, maximum: tableElements, offset: 0 }],
    memories: [{ minimum: 1, maximum: 3, offset: 0 }],
    globals: globals.map((type, index) => ({
      type,
      mutable: true,
      initial: constant(type, index),
      offset: 0,
    })),
    exports: [
      { name: "memory", kind: "memory", index: 0, offset: 0 },
      ...["_start", "alloc", "handle"].map((name, index) => ({
        name,
        kind: "function" as const,
        index,
        offset: 0,
      })),
    ],
    start: null,
    elements: [
      {
        flags: 0,
        table: 0,
        start: constant(i32Type, 1),
        elementType: 0x70,
        functions: elements,
        expressions: null,
        offset: 0,
      },
    ],
    dataCount: null,
    data: [{ flags: 0, memory: 0, start: constant(i32Type, 1020), bytes: dataBytes, offset: 0 }],
    customSections: [],
    byteLength: 4096,
  };
}

/** Binary modules of random processes. */
export function arbitraryProcess(): fc.Arbitrary<Uint8Array> {
  return fc
    .uint8Array({ minLength: 50, maxLength: 1500, size: "max" })
    .map((bytes) => encodeModule(randomProcess(bytes)));
}
