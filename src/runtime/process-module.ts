/**
 * A process's module, ready to run: checked (spec/06-execution.md §2), instrumented so that it
 * meters itself (spec/07-metering.md), compiled.
 *
 * It holds no state. One is made per module and shared by all its processes; every part can be
 * posted to a worker, which spares the worker the compilation.
 *
 * @module
 */

import { type InstrumentedModule, instrumentModule } from "../wasm/instrument/instrument-module.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";

/** What all processes of one module share. */
export interface ProcessModule {
  /** The raw module as checked: genesis state and proofs come from it. */
  readonly validated: ValidatedModule;
  readonly instrumented: InstrumentedModule;
  readonly compiled: WebAssembly.Module;
}

/** Checks, instruments and compiles the bytes of a module; throws `WasmError` where refused. */
export function compileProcessModule(bytes: Uint8Array): ProcessModule {
  const validated = validateProcess(bytes);
  const instrumented = instrumentModule(validated, { dirtyTracking: true });
  // A module that validation let through and the engine does not is our own mistake: it throws.
  const compiled = new WebAssembly.Module(instrumented.bytes as Uint8Array<ArrayBuffer>);
  return { validated, instrumented, compiled };
}
