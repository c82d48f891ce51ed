/**
 * An explaining build (`explaining-build.ts`), ready to run.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";
import { compileProcessModule, type ProcessModule } from "../runtime/process-module.ts";
import type { Build } from "./build-cache.ts";

/** An explaining build that can run. */
export interface ExplainingModule extends Build {
  readonly module: ProcessModule;
}

/** Null where the build may not run as a process. */
export function explainingModule(build: Build | null): ExplainingModule | null {
  if (build === null) return null;
  try {
    return { ...build, module: compileProcessModule(build.wasm) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return null;
  }
}
