/**
 * `instrumentModule`: a validated process module to one that an engine can run without trust: it
 * meters itself (spec/07-metering.md), its memory is capped, and the host reaches every mutable
 * global. Raw and instrumented module agree in everything that the process can observe.
 *
 * The output depends on nothing but the input and the option: the same bytes on every machine.
 *
 * @module
 */

import { encodeModule } from "../binary/encode.ts";
import type { ValueType, WasmFunction, WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { declaredPagesMax } from "../validate/validate-process.ts";
import type { ValidatedModule } from "../validate/validated-module.ts";
import { Emitter } from "./emitter.ts";
import { globalName } from "./host-names.ts";
import { bulkFunction, bulkType, growFunction, growType } from "./injected-functions.ts";
import { globalSection, type InjectedGlobals } from "./injected-globals.ts";
import { rewriteFunction, type Surroundings } from "./rewrite-function.ts";

export interface InstrumentOptions {
  /** Keeps the mask of written chunks in `$dirty` (dirty-mask.ts). */
  readonly dirtyTracking: boolean;
}

/** A mutable global of the process under its export name, in declared order. */
export interface ExportedGlobal {
  readonly name: string;
  readonly type: ValueType;
}

export interface InstrumentedModule {
  /** The binary module to run. */
  readonly bytes: Uint8Array;
  /** The same, decoded; its code offsets are those of the original module, 0 where injected. */
  readonly module: WasmModule;
  readonly mutableGlobals: readonly ExportedGlobal[];
  readonly initialPages: number;
  /** The host's cap must not exceed this: the module's own maximum or the protocol's. */
  readonly pagesMax: number;
  /** What the host sets `$stack` to before each entry. */
  readonly stackLimit: number;
}

/** Instruments a module that `validateProcess` has accepted. */
export function instrumentModule(
  validated: ValidatedModule,
  options: InstrumentOptions,
): InstrumentedModule {
  const { module, stackLimit } = validated;
  const pagesMax = declaredPagesMax(module);
  const section = globalSection(module, { stackLimit, pagesMax }, options.dirtyTracking);
  const memory = module.memories[0]!;
  const instrumented: WasmModule = {
    ...module,
    types: [...module.types, growType, bulkType],
    functions: rewriteFunctions(validated, section.indices, pagesMax),
    memories: [{ ...memory, maximum: pagesMax }],
    globals: section.globals,
    exports: [...module.exports, ...section.exports],
    dataCount: null,
    customSections: [],
    byteLength: 2 * module.byteLength,
  };
  return {
    bytes: encodeModule(instrumented),
    module: instrumented,
    mutableGlobals: module.globals
      .filter((global) => global.mutable)
      .map(({ type }, position) => ({ name: globalName(position), type })),
    initialPages: memory.minimum,
    pagesMax,
    stackLimit,
  };
}

function rewriteFunctions(
  validated: ValidatedModule,
  globals: InjectedGlobals,
  pagesMax: number,
): readonly WasmFunction[] {
  const { module, functions } = validated;
  const growTypeIndex = module.types.length;
  const next = functions.length;
  const around: Surroundings = { globals, grow: next, copy: next + 1, fill: next + 2 };
  const emitter = new Emitter();
  return [
    ...module.functions.map((body, index) =>
      rewriteFunction(emitter, body, functions[index]!, around),
    ),
    growFunction(globals, pagesMax, growTypeIndex),
    bulkFunction(Op.memoryCopy, globals, growTypeIndex + 1),
    bulkFunction(Op.memoryFill, globals, growTypeIndex + 1),
  ];
}
