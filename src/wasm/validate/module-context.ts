/**
 * The index spaces of a module (imports first, then its own) and the choices under which it is
 * checked. Everything that the checks of code and of sections look up is here.
 *
 * @module
 */

import { WasmError } from "../binary/error.ts";
import type {
  FunctionType,
  GlobalType,
  MemoryType,
  TableType,
  ValueType,
  WasmModule,
} from "../binary/module.ts";
import { f32Type, f64Type, i32Type, i64Type } from "../binary/module.ts";

/** Bounds on code; the process profile sets them, the bare language has none. */
export interface CodeLimits {
  readonly bodyBytes: number;
  readonly parameters: number;
  readonly locals: number;
  readonly operandStack: number;
  readonly nesting: number;
  readonly branchLabels: number;
}

/**
 * Which language is accepted. Consensus uses `integerLanguage`; the standard's own test suite also
 * runs with floats and several results, so that the checks themselves are tested in full.
 */
export interface LanguageOptions {
  readonly floats: boolean;
  readonly multiValue: boolean;
  readonly limits: CodeLimits | null;
}

/** The language of processes, without the bounds of the process profile. */
export const integerLanguage: LanguageOptions = { floats: false, multiValue: false, limits: null };

export interface ModuleContext {
  readonly module: WasmModule;
  readonly options: LanguageOptions;
  readonly functionTypes: readonly FunctionType[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly GlobalType[];
  readonly importedFunctions: number;
  readonly importedGlobals: number;
}

/** Builds the index spaces; refuses a type index that is out of range. */
export function moduleContext(module: WasmModule, options: LanguageOptions): ModuleContext {
  const functionTypes: FunctionType[] = [];
  const tables: TableType[] = [];
  const memories: MemoryType[] = [];
  const globals: GlobalType[] = [];
  for (const { description, offset } of module.imports) {
    switch (description.kind) {
      case "function":
        functionTypes.push(typeAt(module, description.typeIndex, offset));
        break;
      case "table":
        tables.push(description.table);
        break;
      case "memory":
        memories.push(description.memory);
        break;
      case "global":
        globals.push(description.global);
        break;
    }
  }
  const importedFunctions = functionTypes.length;
  const importedGlobals = globals.length;
  for (const each of module.functions) {
    functionTypes.push(typeAt(module, each.typeIndex, each.offset));
  }
  return {
    module,
    options,
    functionTypes,
    tables: [...tables, ...module.tables],
    memories: [...memories, ...module.memories],
    globals: [...globals, ...module.globals],
    importedFunctions,
    importedGlobals,
  };
}

function typeAt(module: WasmModule, index: number, offset: number): FunctionType {
  const type = module.types[index];
  if (type === undefined) throw indexOutOfRange("type", index, module.types.length, offset);
  return type;
}

/** The error of an index beyond its index space. */
export function indexOutOfRange(
  item: string,
  got: number,
  size: number,
  offset: number,
  functionIndex?: number,
): WasmError {
  const fields = { offset, item, expected: `below ${size}`, got };
  return new WasmError(
    "INDEX_OUT_OF_RANGE",
    functionIndex === undefined ? fields : { ...fields, function: functionIndex },
  );
}

/** The name of a value type, for messages; 0 stands for a value of unknown type in dead code. */
export function typeName(type: number): string {
  return typeNames[type] ?? "any";
}

const typeNames: Readonly<Record<number, string>> = {
  [i32Type]: "i32",
  [i64Type]: "i64",
  [f32Type]: "f32",
  [f64Type]: "f64",
  112: "funcref",
  111: "externref",
};

/** Refuses a value type that the language leaves out. */
export function checkValueType(
  options: LanguageOptions,
  type: ValueType,
  where: { readonly offset: number; readonly item: string; readonly function?: number },
): void {
  if (type === i32Type || type === i64Type) return;
  const isFloat = type === f32Type || type === f64Type;
  if (isFloat && options.floats) return;
  throw new WasmError(isFloat ? "FLOAT_FORBIDDEN" : "FEATURE_UNSUPPORTED", {
    ...where,
    expected: options.floats ? "a number type" : "i32 or i64",
    got: typeName(type),
  });
}
