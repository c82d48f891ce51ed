/**
 * `validateModule`: the language subset (spec/06-execution.md §2.1). A module that passes type-checks
 * completely under the standard and uses nothing but numbers (integers, unless the options say
 * otherwise), one table that never changes, one memory, and active segments.
 *
 * @module
 */

import { WasmError } from "../binary/error.ts";
import {
  type Code,
  type ExternalKind,
  funcrefType,
  i32Type,
  type SizeRange,
  type ValueType,
  type WasmModule,
} from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { instructionName, isFloatOpcode } from "../binary/opcodes.ts";
import { checkFunction } from "./check-code.ts";
import { gasOfEntry } from "./gas-schedule.ts";
import {
  checkValueType,
  indexOutOfRange,
  type LanguageOptions,
  type ModuleContext,
  moduleContext,
} from "./module-context.ts";
import { frameSlots, stackTable } from "./stack-slots.ts";
import type { ValidatedModule } from "./validated-module.ts";

/** Checks a decoded module against the language; throws `WasmError`. */
export function validateModule(module: WasmModule, options: LanguageOptions): ValidatedModule {
  checkTypes(module, options);
  const context = moduleContext(module, options);
  checkTables(context);
  checkMemories(context);
  checkGlobals(context);
  checkExports(context);
  checkStart(context);
  checkElements(context);
  checkData(context);
  return checkFunctions(context);
}

function checkTypes(module: WasmModule, options: LanguageOptions): void {
  for (const { parameters, results, offset } of module.types) {
    for (const type of parameters) checkValueType(options, type, { offset, item: "parameter" });
    for (const type of results) checkValueType(options, type, { offset, item: "result" });
    if (results.length > 1 && !options.multiValue) {
      const fields = { offset, item: "results", expected: "at most 1", got: results.length };
      throw new WasmError("MULTI_VALUE_FORBIDDEN", fields);
    }
  }
}

function checkTables(context: ModuleContext): void {
  for (const [index, table] of context.tables.entries()) {
    const { offset } = table;
    if (index > 0) throw unsupported(offset, "table", "one table", "another");
    if (table.elementType !== funcrefType) {
      throw unsupported(offset, "table", "funcref", "externref");
    }
    checkRange(table, 0xffff_ffff, offset, "table");
  }
}

function checkMemories(context: ModuleContext): void {
  for (const [index, memory] of context.memories.entries()) {
    if (index > 0) throw unsupported(memory.offset, "memory", "one memory", "another");
    checkRange(memory, 65_536, memory.offset, "memory");
  }
}

function checkRange(range: SizeRange, ceiling: number, offset: number, item: string): void {
  const { minimum, maximum } = range;
  if (minimum > ceiling || (maximum ?? 0) > ceiling) {
    const got = Math.max(minimum, maximum ?? 0);
    throw new WasmError("RANGE_INVALID", { offset, item, expected: `at most ${ceiling}`, got });
  }
  if (maximum !== null && maximum < minimum) {
    const expected = `a maximum of at least ${minimum}`;
    throw new WasmError("RANGE_INVALID", { offset, item, expected, got: maximum });
  }
}

function checkGlobals(context: ModuleContext): void {
  const { globals, importedGlobals, module, options } = context;
  globals.slice(0, importedGlobals).forEach((global, index) => {
    checkValueType(options, global.type, { offset: 0, item: `imported global ${index}` });
  });
  for (const { type, initial, offset } of module.globals) {
    checkValueType(options, type, { offset, item: "global" });
    checkConstant(context, initial, type);
  }
}

/** A constant expression is one constant, or one imported immutable global, and `end`. */
function checkConstant(context: ModuleContext, code: Code, expected: ValueType): void {
  const offset = code.offsets[0]!;
  const opcode = code.opcodes[0]!;
  const fail = (got: string): WasmError =>
    new WasmError("CONSTANT_EXPRESSION", { offset, expected: "one constant", got });
  if (code.length !== 2)
    throw fail(code.length < 2 ? "nothing" : `${code.length - 1} instructions`);
  if (isFloatOpcode(opcode) && !context.options.floats) {
    const got = instructionName(opcode);
    throw new WasmError("FLOAT_FORBIDDEN", { offset, expected: "integers only", got });
  }
  const type = constantType(context, code);
  if (type === null) throw fail(instructionName(opcode));
  if (type !== expected) {
    const item = "constant expression";
    throw new WasmError("TYPE_MISMATCH", { offset, item, expected, got: type });
  }
}

function constantType(context: ModuleContext, code: Code): number | null {
  const opcode = code.opcodes[0]!;
  if (opcode >= Op.i32Const && opcode <= Op.f64Const) return i32Type - (opcode - Op.i32Const);
  if (opcode !== Op.globalGet) return null;
  const index = code.first[0]! >>> 0;
  const global = context.globals[index];
  if (global === undefined || index >= context.importedGlobals || global.mutable) return null;
  return global.type;
}

function checkExports(context: ModuleContext): void {
  const sizes: Readonly<Record<ExternalKind, number>> = {
    function: context.functionTypes.length,
    table: context.tables.length,
    memory: context.memories.length,
    global: context.globals.length,
  };
  const names = new Set<string>();
  for (const { name, kind, index, offset } of context.module.exports) {
    if (index >= sizes[kind]) throw indexOutOfRange(`export ${kind}`, index, sizes[kind], offset);
    if (names.has(name)) {
      throw new WasmError("EXPORT_DUPLICATE", { offset, expected: "distinct names", got: name });
    }
    names.add(name);
  }
}

function checkStart(context: ModuleContext): void {
  const start = context.module.start;
  if (start === null) return;
  const { functionIndex, offset } = start;
  const type = context.functionTypes[functionIndex];
  if (type === undefined) {
    throw indexOutOfRange("start function", functionIndex, context.functionTypes.length, offset);
  }
  if (type.parameters.length + type.results.length > 0) {
    throw new WasmError("START_TYPE", { offset, expected: "() -> ()", got: "another type" });
  }
}

function checkElements(context: ModuleContext): void {
  for (const { flags, table, start, functions, offset } of context.module.elements) {
    if (flags !== 0 || start === null || functions === null) {
      throw unsupported(offset, "element segment", "flags 0 (active)", flags);
    }
    if (table >= context.tables.length) {
      throw indexOutOfRange("table", table, context.tables.length, offset);
    }
    checkConstant(context, start, i32Type);
    for (const index of functions) {
      const size = context.functionTypes.length;
      if (index >= size) throw indexOutOfRange("element function", index, size, offset);
    }
  }
}

function checkData(context: ModuleContext): void {
  for (const { flags, memory, start, offset } of context.module.data) {
    if (start === null) throw unsupported(offset, "data segment", "an active one", flags);
    if (memory >= context.memories.length) {
      throw indexOutOfRange("memory", memory, context.memories.length, offset);
    }
    checkConstant(context, start, i32Type);
  }
}

function checkFunctions(context: ModuleContext): ValidatedModule {
  const { module, functionTypes, importedFunctions } = context;
  const checked = module.functions.map((_, index) => checkFunction(context, index));
  const frames = Uint32Array.from(module.functions, (body, index) =>
    frameSlots({
      parameterCount: functionTypes[importedFunctions + index]!.parameters.length,
      localCount: body.localCount,
      operandsMax: checked[index]!.operandsMax,
      code: body.code,
    }),
  );
  const stack = stackTable(module, frames);
  const functions = checked.map(({ localTypes, operandsMax }, index) => ({
    type: functionTypes[importedFunctions + index]!,
    localTypes,
    operandsMax,
    entryGas: gasOfEntry(localTypes.length),
    frameSlots: frames[index]!,
    stackCharge: stack.charges[index]!,
  }));
  return { module, functions, stackLimit: stack.limit };
}

function unsupported(
  offset: number,
  item: string,
  expected: string,
  got: string | number,
): WasmError {
  return new WasmError("FEATURE_UNSUPPORTED", { offset, item, expected, got });
}
