/**
 * A second build of a process, which explains failures: nothing is inlined, so that a stack names every
 * call, and assertions tell the values on both sides. It does on every message what the module does; the
 * module itself stays as it is deployed.
 *
 * @module
 */

import type { Build } from "./build-cache.ts";
import { slimSourceMap } from "./compile.ts";
import { runCompiler } from "./compile-asc.ts";
import type { ReadSource } from "./compile-sources.ts";

/** Null where the compiler has something against it, which it had not against the module. */
export async function buildExplaining(
  entry: string,
  readSource: ReadSource,
): Promise<Build | null> {
  const run = await runCompiler(entry, readSource, "explaining");
  if (run.wasm === null || run.sourceMap === null || run.debug === null) return null;
  const sourceMap = slimSourceMap(run.sourceMap);
  return { wasm: run.wasm, sourceMap, debug: run.debug };
}
