/**
 * Every integer instruction of one or two operands against the same instruction in V8.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { CodeBuilder } from "../binary/code-builder.ts";
import { decodeModule } from "../binary/decode.ts";
import { encodeModule } from "../binary/encode.ts";
import { type FunctionType, i32Type, i64Type, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { type Instruction, instructions } from "../binary/opcodes.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import { instantiate } from "./machine.ts";
import type { Value } from "./value-stack.ts";

const numeric = instructions.filter(
  ({ immediate, signature, isFloat }) =>
    immediate === "none" && !isFloat && signature !== null && signature.operands !== "",
);

const valueType = (letter: string): 0x7f | 0x7e => (letter === "i" ? i32Type : i64Type);

/** A module that exports one function for each instruction, under its name. */
function moduleOf(list: readonly Instruction[]): WasmModule {
  const types = list.map(({ signature }): FunctionType => {
    const parameters = Array.from(signature?.operands ?? "", valueType);
    return { parameters, results: [valueType(signature?.results ?? "")], offset: 0 };
  });
  const functions = list.map(({ opcode }, typeIndex) => {
    const builder = new CodeBuilder();
    types[typeIndex]?.parameters.forEach((_, local) => {
      builder.append(Op.localGet, local, 0, 0);
    });
    builder.append(opcode, 0, 0, 0);
    builder.append(Op.end, 0, -1, 0);
    const code = builder.take();
    return { typeIndex, offset: 0, bodyBytes: 0, locals: [], localCount: 0, code };
  });
  const empty = { imports: [], tables: [], memories: [], globals: [], elements: [], data: [] };
  const exports = list.map(({ name }, index) => {
    return { name, kind: "function" as const, index, offset: 0 };
  });
  const rest = { start: null, dataCount: null, customSections: [], byteLength: 4096 };
  return { ...empty, ...rest, types, functions, exports };
}

const bytes = encodeModule(moduleOf(numeric));
const reference = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports;
const validated = validateModule(decodeModule(bytes), integerLanguage);
const limits = { gasLimit: 1e9, stackSlots: 1000, memoryPagesMax: 0 };

function inV8(name: string, args: readonly Value[]): Value | "trap" {
  try {
    return (reference[name] as (...args: readonly Value[]) => Value)(...args);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap";
    throw error;
  }
}

const edges32 = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 31, 32, 0x80, 0x8000];
const edges64 = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 63n, 64n, 0x8000_0000n, 0xffff_ffffn];
const operand = (letter: string): fc.Arbitrary<Value> =>
  letter === "i"
    ? fc.oneof(fc.constantFrom(...edges32), fc.integer())
    : fc.oneof(fc.constantFrom(...edges64), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));

test.each([...numeric])("property: $name gives what V8 gives", ({ name, signature }) => {
  const machine = instantiate(validated, limits);
  const operands = Array.from(signature?.operands ?? "", operand);
  fc.assert(
    fc.property(fc.tuple(...operands), (args) => {
      machine.refill(limits.gasLimit);
      const outcome = machine.invoke(name, args);
      expect(outcome.ok ? outcome.results[0] : "trap").toBe(inV8(name, args));
    }),
    { numRuns: 200 },
  );
});

test("all 66 integer instructions on operands alone are there", () => {
  expect(numeric).toHaveLength(66);
});
