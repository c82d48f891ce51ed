/**
 * A second build of a process, which explains failures: nothing is inlined, so that a stack names every
 * call, and assertions tell the values on both sides. It does on every message what the module does; the
 * module itself stays as it is deployed.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";
import { compileProcessModule, type ProcessModule } from "../runtime/process-module.ts";
import { type CompileOptions, slimSourceMap } from "./compile.ts";
import { runCompiler } from "./compile-asc.ts";
import { projectPath, readSourcesBelow } from "./compile-sources.ts";

export interface ExplainingBuild {
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
  /** By function index. */
  readonly functions: readonly string[];
}

/** An explaining build that can run. */
export interface ExplainingModule extends ExplainingBuild {
  readonly module: ProcessModule;
}

/** Null where the compiler has something against it, which it had not against the module. */
export async function buildExplaining(
  options: Required<Pick<CompileOptions, "entry" | "folder">>,
): Promise<ExplainingBuild | null> {
  const { folder } = options;
  const entry = projectPath(folder, options.entry);
  const run = await runCompiler(entry, readSourcesBelow(folder), "explaining");
  if (run.wasm === null || run.sourceMap === null || run.debug === null) return null;
  const sourceMap = slimSourceMap(run.sourceMap);
  return { wasm: run.wasm, sourceMap, functions: run.debug.functions };
}

/** Null where the build may not run as a process. */
export function explainingModule(build: ExplainingBuild | null): ExplainingModule | null {
  if (build === null) return null;
  try {
    return { ...build, module: compileProcessModule(build.wasm) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return null;
  }
}
