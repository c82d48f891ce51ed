/**
 * `validateProcess`: may these bytes be the module of a process (spec/06-execution.md §2)?
 * Decodes, checks the language, then the process profile: what must be exported, what may not be
 * there, and the bounds. The answer is the same on every machine and depends on nothing else.
 *
 * @module
 */

import { decodeModule } from "../binary/decode.ts";
import { WasmError } from "../binary/error.ts";
import {
  type Export,
  type FunctionType,
  i32Type,
  i64Type,
  type ValueType,
  type WasmModule,
} from "../binary/module.ts";
import { sameTypes } from "./block-types.ts";
import { validateModule } from "./check-module.ts";
import { memoryPagesMax, pageBytes, processLimits } from "./limits.ts";
import { typeName } from "./module-context.ts";
import type { ValidatedModule } from "./validated-module.ts";

/** The functions that every process exports; others are tolerated and never called. */
const entryTypes: Readonly<Record<string, readonly [ValueType[], ValueType[]]>> = {
  _start: [[], []],
  alloc: [[i32Type], [i32Type]],
  handle: [[i32Type], [i64Type]],
};

/** Names that begin with this are the instrumenter's. */
export const reservedNamePrefix = "$";

/** Decodes and checks the module of a process; throws `WasmError`. */
export function validateProcess(bytes: Uint8Array): ValidatedModule {
  checkLimit("moduleBytes", bytes.length, 0);
  const module = decodeModule(bytes);
  checkForbidden(module);
  checkCounts(module);
  const validated = validateModule(module, {
    floats: false,
    multiValue: false,
    limits: processLimits,
  });
  checkMemory(module);
  checkExports(module, validated);
  checkSegments(module);
  return validated;
}

/** The pages that the module declares as its most, at most the protocol's own cap. */
export function declaredPagesMax(module: WasmModule): number {
  return Math.min(module.memories[0]?.maximum ?? memoryPagesMax, memoryPagesMax);
}

function checkLimit(item: keyof typeof processLimits, got: number, offset: number): void {
  const maximum = processLimits[item];
  if (got <= maximum) return;
  throw new WasmError("LIMIT_EXCEEDED", { offset, item, expected: `at most ${maximum}`, got });
}

function checkForbidden(module: WasmModule): void {
  const [firstImport] = module.imports;
  if (firstImport !== undefined) {
    const { offset } = firstImport;
    const got = `${firstImport.module}.${firstImport.name}`;
    throw new WasmError("IMPORT_FORBIDDEN", { offset, expected: "no import", got });
  }
  if (module.start !== null) {
    const { offset, functionIndex } = module.start;
    const expected = "an exported _start";
    throw new WasmError("START_FORBIDDEN", { offset, expected, got: `start ${functionIndex}` });
  }
}

function checkCounts(module: WasmModule): void {
  checkLimit("functions", module.functions.length, module.functions.at(-1)?.offset ?? 0);
  checkLimit("globals", module.globals.length, module.globals.at(-1)?.offset ?? 0);
  checkLimit("dataSegments", module.data.length, module.data.at(-1)?.offset ?? 0);
  for (const table of module.tables) {
    checkLimit("tableElements", table.minimum, table.offset);
  }
}

function checkMemory(module: WasmModule): void {
  const memory = module.memories[0];
  if (memory === undefined) {
    const expected = "one memory";
    throw new WasmError("MEMORY_MISSING", { offset: module.byteLength, expected, got: "none" });
  }
  checkLimit("initialPages", memory.minimum, memory.offset);
}

function checkExports(module: WasmModule, validated: ValidatedModule): void {
  const byName = new Map<string, Export>();
  for (const each of module.exports) {
    const { name, kind, offset } = each;
    byName.set(name, each);
    if (name.startsWith(reservedNamePrefix)) {
      const expected = `no name that begins with ${reservedNamePrefix}`;
      throw new WasmError("EXPORT_NAME_RESERVED", { offset, expected, got: name });
    }
    if (kind !== "function" && !(kind === "memory" && name === "memory")) {
      const expected = "functions and the memory as `memory`";
      throw new WasmError("EXPORT_FORBIDDEN", { offset, expected, got: `${kind} ${name}` });
    }
  }
  requireExport(module, byName, "memory", "memory");
  for (const [name, [parameters, results]] of Object.entries(entryTypes)) {
    const found = requireExport(module, byName, name, "function");
    const type = validated.functions[found.index]!.type;
    if (!sameTypes(type.parameters, parameters) || !sameTypes(type.results, results)) {
      throw new WasmError("EXPORT_TYPE", {
        offset: found.offset,
        item: name,
        expected: typeText({ parameters, results }),
        got: typeText(type),
      });
    }
  }
}

function requireExport(
  module: WasmModule,
  byName: ReadonlyMap<string, Export>,
  name: string,
  kind: "memory" | "function",
): Export {
  const found = byName.get(name);
  if (found === undefined) {
    const offset = module.byteLength;
    throw new WasmError("EXPORT_MISSING", { offset, item: name, expected: name, got: "none" });
  }
  if (found.kind !== kind) {
    const { offset } = found;
    throw new WasmError("EXPORT_TYPE", { offset, item: name, expected: kind, got: found.kind });
  }
  return found;
}

function typeText(type: Pick<FunctionType, "parameters" | "results">): string {
  const list = (types: readonly number[]): string => types.map(typeName).join(" ");
  return `(${list(type.parameters)}) -> (${list(type.results)})`;
}

/** Segments lie within the initial memory and table, so that instantiating cannot fail. */
function checkSegments(module: WasmModule): void {
  const memoryBytes = module.memories[0]!.minimum * pageBytes;
  for (const { start, bytes, offset } of module.data) {
    const end = (start!.first[0]! >>> 0) + bytes.length;
    if (end > memoryBytes) {
      const expected = `an end of at most ${memoryBytes}`;
      throw new WasmError("DATA_OUT_OF_RANGE", { offset, expected, got: end });
    }
  }
  const tableElements = module.tables[0]?.minimum ?? 0;
  for (const { start, functions, offset } of module.elements) {
    const end = (start!.first[0]! >>> 0) + functions!.length;
    if (end > tableElements) {
      const expected = `an end of at most ${tableElements}`;
      throw new WasmError("ELEMENT_OUT_OF_RANGE", { offset, expected, got: end });
    }
  }
}
