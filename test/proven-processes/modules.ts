/**
 * The modules of the seven processes that are proven: the package's own three as they are built, and
 * four that are compiled here (assembly/).
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileProcess } from "../../src/kit/compile.ts";
import { formatDiagnostic } from "../../src/kit/compile-diagnostics.ts";
import { projectRoot } from "../../src/testing/vectors.ts";

const builtProcesses = ["token", "counter", "chat"] as const;
const compiledProcesses = ["sha256", "sort", "wide", "json"] as const;
export const processNames = [...builtProcesses, ...compiledProcesses] as const;

export type ProcessName = (typeof processNames)[number];

/** A process's module. Throws what the compiler says if there is none. */
export async function moduleOf(name: ProcessName): Promise<Uint8Array> {
  if (builtProcesses.some((one) => one === name)) {
    return new Uint8Array(readFileSync(join(projectRoot(), "dist/processes", `${name}.wasm`)));
  }
  const folder = join(projectRoot(), "test/proven-processes");
  const compiled = await compileProcess({ folder, entry: `assembly/${name}.ts` });
  if (compiled.ok) return compiled.wasm;
  throw new Error(compiled.diagnostics.map(formatDiagnostic).join("\n"));
}
