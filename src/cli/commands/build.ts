/**
 * `nymcompute build`: AssemblyScript to a module that a process may run, with its source map beside.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { CompileResult } from "../../kit/compile.ts";
import { formatDiagnostic } from "../../kit/compile-diagnostics.ts";
import { WorkerPool, WorkerPoolError } from "../../node/worker-pool.ts";
import { workerScript } from "../../node/worker-script.ts";
import { contentIdOf, idText } from "../../protocol/ids.ts";
import { moduleBytesMax } from "../../protocol/limits.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import type { CompileJob } from "../compile-worker.ts";
import { debugPathOf, debugText, rememberModuleMap } from "../module-maps.ts";

const entryDefault = "assembly/index.ts";
/**
 * The largest process takes seconds. Binaryen's optimiser is known never to end on a function that calls
 * itself twice and has no other way out.
 */
const compileMs = 120_000;

export const buildCommand: Command = defineCommand({
  command: "nymcompute build",
  summary: "Compiles a process to WebAssembly and checks that it may run as one.",
  arguments: [
    { name: "ENTRY", help: `file with \`receive\`; by default ${entryDefault}`, isOptional: true },
  ],
  options: [
    {
      name: "cwd",
      kind: "string",
      default: ".",
      env: null,
      placeholder: "DIR",
      help: "the project's folder",
    },
    {
      name: "out",
      kind: "string",
      env: null,
      short: "o",
      placeholder: "FILE",
      help: "the module; by default build/NAME.wasm",
    },
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const folder = resolve(terminal.folder, values.cwd);
    const entry = given[0] ?? entryDefault;
    const name = basename(entry).replace(/\.ts$/, "");
    const file =
      values.out === undefined
        ? join(folder, "build", `${name}.wasm`)
        : resolve(terminal.folder, values.out);
    terminal.progress(`compiling ${entry} …`);
    const result = await compileBounded({ entry: resolve(folder, entry), folder }, entry);
    terminal.progress(null);
    for (const each of result.diagnostics) terminal.note(formatDiagnostic(each));
    if (!result.ok) throw refusal(result);
    const { wasm, sourceMap, debug } = result;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, wasm);
    await writeFile(`${file}.map`, sourceMap);
    const module = idText(contentIdOf(wasm));
    await writeFile(debugPathOf(`${file}.map`), debugText(module, debug));
    await rememberModuleMap(module, `${file}.map`);
    const compiled = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    const exports = WebAssembly.Module.exports(compiled).map((each) => each.name);
    const shown = relative(terminal.folder, file);
    const next = `next: nymcompute spawn ${shown}`;
    return {
      json: { file, module, size: wasm.length, exports },
      text: `${shown}  ${wasm.length} bytes of ${moduleBytesMax}\nmodule ${module}\n${next}`,
    };
  },
});

/** What the compiler says, unless it does not come to an end. */
async function compileBounded(job: CompileJob, entry: string): Promise<CompileResult> {
  const pool = new WorkerPool<CompileJob, CompileResult>({
    script: workerScript("../cli/compile-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs: compileMs,
  });
  try {
    return await pool.run(null, job);
  } catch (error) {
    if (!(error instanceof WorkerPoolError) || error.code !== "WORKER_TIMEOUT") throw error;
    const fields = { entry, waitedMs: compileMs, cause: "the compiler does not come to an end" };
    const next = "give each function that calls itself twice a case in which it does not";
    throw new CliError("BUILD_FAILED", fields, next);
  } finally {
    await pool.close();
  }
}

/** One line with the first place; all findings have been shown. */
function refusal(result: Extract<CompileResult, { ok: false }>): CliError {
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  // A float is why the compiler then misses an operator: the cause comes first.
  const first = errors.find(({ code }) => code.startsWith("LINT_")) ?? errors[0];
  const at = first === undefined ? "" : `${first.file}:${first.line}:${first.column}`;
  const what = first === undefined ? "" : `${first.code} ${first.message}`;
  const fields = { errors: errors.length, at, what };
  return new CliError("BUILD_FAILED", fields, "mend the lines above and build again");
}
