/**
 * V8 as two engines of the conformance tests: on the raw module, with the standard's own semantics
 * and no metering, and on the instrumented module, as a compute unit runs it.
 *
 * @module
 */

import { encodeModule } from "../../src/wasm/binary/encode.ts";
import {
  faultName,
  gasName,
  memoryCapName,
  stackName,
} from "../../src/wasm/instrument/host-names.ts";
import { instrumentModule } from "../../src/wasm/instrument/instrument-module.ts";
import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";
import type { Engine, EngineInstance, EngineOutcome } from "./engine.ts";
import { globalExport, memoryExport } from "./exposed-module.ts";

export const rawEngine: Engine = {
  name: "V8 raw",
  instantiate(validated) {
    const exports = instantiateOrTrap(encodeModule(validated.module));
    if (exports === null) return null;
    return {
      ...viewOf(exports, validated),
      // V8 shows an exhausted stack as a RangeError.
      invoke: (name, args) =>
        call(exports, name, args, (error) => isTrap(error) || error instanceof RangeError),
      gasUsed: () => null,
    };
  },
};

/** The instrumented module with or without dirty tracking, which no guest may notice. */
export function instrumentedEngine(options: { readonly dirtyTracking: boolean }): Engine {
  return {
    name: options.dirtyTracking ? "V8 instrumented with dirty tracking" : "V8 instrumented",
    instantiate(validated, limits) {
      const exports = instantiateOrTrap(instrumentModule(validated, options).bytes);
      if (exports === null) return null;
      const gas = exports[gasName] as WebAssembly.Global<"i64">;
      setGlobal(exports, memoryCapName, limits.memoryPagesMax);
      return {
        ...viewOf(exports, validated),
        invoke(name, args) {
          gas.value = BigInt(limits.gasLimit);
          setGlobal(exports, stackName, limits.stackSlots);
          // A RangeError here is V8's own stack check: the slots must have stopped the run before.
          const outcome = call(exports, name, args, isTrap);
          if (globalValue(exports, faultName) !== 0) throw new Error("the host refused memory");
          return gas.value < 0n ? { ok: false, reason: "gas is negative at the end" } : outcome;
        },
        gasUsed: () => limits.gasLimit - Number(gas.value),
      };
    },
  };
}

/** The exports of a new instance; null where a segment does not fit. */
function instantiateOrTrap(bytes: Uint8Array): WebAssembly.Exports | null {
  const compiled = new WebAssembly.Module(bytes as BufferSource);
  try {
    return new WebAssembly.Instance(compiled, {}).exports;
  } catch (error) {
    if (isTrap(error)) return null;
    throw error;
  }
}

function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

function call(
  exports: WebAssembly.Exports,
  name: string,
  args: readonly Value[],
  isFailure: (error: unknown) => boolean,
): EngineOutcome {
  const invoke = exports[name] as (...args: readonly Value[]) => Value | undefined;
  try {
    const result = invoke(...args);
    return { ok: true, results: result === undefined ? [] : [result] };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ok: false, reason: (error as Error).message };
  }
}

function viewOf(
  exports: WebAssembly.Exports,
  { module }: ValidatedModule,
): Pick<EngineInstance, "get" | "memory" | "globals"> {
  const memory = exports[memoryExport] as WebAssembly.Memory;
  const mutable = module.globals.filter((global) => global.mutable);
  return {
    get: (name) => globalValue(exports, name),
    memory: () => new Uint8Array(memory.buffer),
    globals: () => mutable.map((_, position) => globalValue(exports, globalExport(position))),
  };
}

function globalValue(exports: WebAssembly.Exports, name: string): Value {
  return (exports[name] as WebAssembly.Global).value as Value;
}

function setGlobal(exports: WebAssembly.Exports, name: string, value: Value): void {
  (exports[name] as WebAssembly.Global).value = value;
}
