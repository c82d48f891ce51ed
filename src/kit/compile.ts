/**
 * From AssemblyScript to the module of a process (spec/06-execution.md §2): `nymcompute build`
 * and the test kit use this and nothing else, so the same sources give the same module id everywhere.
 * A module that is answered passes the process profile; every error names a line of the developer's.
 *
 * @module
 */

import { resolve } from "node:path";
import { decodeModule } from "../wasm/binary/decode.ts";
import { WasmError } from "../wasm/binary/error.ts";
import { floatInstructions } from "../wasm/validate/float-instructions.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";
import { runCompiler } from "./compile-asc.ts";
import type { DebugInfo } from "./compile-debug.ts";
import { type CompileDiagnostic, frameOf } from "./compile-diagnostics.ts";
import { lintSource } from "./compile-lint.ts";
import { createLocator } from "./compile-locate.ts";
import { dropSection } from "./compile-section.ts";
import { projectPath, type ReadSource, readSourcesBelow } from "./compile-sources.ts";

/** What to compile. */
export interface CompileOptions {
  /** The file with `receive`, absolute or relative to the project. */
  readonly entry: string;
  /** The project's folder; by default the current one. Paths in the module are relative to it. */
  readonly folder?: string;
  /** Where sources come from; by default the folder on disk. */
  readonly readSource?: ReadSource;
}

/** A module with its source map, or the errors that stand against it. */
export type CompileResult =
  | {
      readonly ok: true;
      readonly wasm: Uint8Array;
      /** Source map (version 3): one line, whose columns are byte offsets in the module. */
      readonly sourceMap: string;
      /** Names and layouts that the module itself does not hold. */
      readonly debug: DebugInfo;
      /** Warnings. */
      readonly diagnostics: readonly CompileDiagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly CompileDiagnostic[] };

/** Compiles and checks the module of a process. Rejects only where this package itself is broken. */
export async function compileProcess(options: CompileOptions): Promise<CompileResult> {
  const folder = resolve(options.folder ?? ".");
  const readSource = options.readSource ?? readSourcesBelow(folder);
  const entry = projectPath(folder, options.entry);
  if (readSource(entry) === null) return { ok: false, diagnostics: [entryNotFound(entry)] };

  const run = await runCompiler(entry, readSource);
  const lints = [...run.sources].flatMap(([file, text]) => lintSource(file, text));
  if (run.wasm === null || run.sourceMap === null || run.debug === null) {
    return { ok: false, diagnostics: [...run.diagnostics, ...lints] };
  }
  const wasm = dropSection(run.wasm, "sourceMappingURL");
  const sourceMap = slimSourceMap(run.sourceMap);
  const refusals = checkProfile({ wasm, sourceMap, entry, sources: run.sources });
  if (refusals.length > 0) {
    return { ok: false, diagnostics: [...run.diagnostics, ...lints, ...refusals] };
  }
  // In a module that holds no float and no import, a suspicious word did no harm.
  const warnings = lints.map((lint): CompileDiagnostic => ({ ...lint, severity: "warning" }));
  const { debug } = run;
  return { ok: true, wasm, sourceMap, debug, diagnostics: [...run.diagnostics, ...warnings] };
}

function entryNotFound(entry: string): CompileDiagnostic {
  const message = "there is no such file; name the file with `receive`";
  const place = { file: entry, line: 1, column: 1, frame: "" };
  return { severity: "error", code: "ENTRY_NOT_FOUND", message, ...place };
}

/** The profile's refusals, each at its source: all float instructions, or the first other breach. */
function checkProfile(built: {
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
  readonly entry: string;
  readonly sources: ReadonlyMap<string, string>;
}): CompileDiagnostic[] {
  const { wasm, sourceMap, entry, sources } = built;
  try {
    validateProcess(wasm);
    return [];
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const locateByte = createLocator(sourceMap);
    const at = (byteOffset: number, code: string, message: string): CompileDiagnostic => {
      const place = locateByte(byteOffset) ?? { file: entry, line: 1, column: 1 };
      const text = sources.get(place.file);
      const frame = text === undefined ? "" : frameOf(text, place, 1);
      return { severity: "error", code, message, ...place, frame };
    };
    const floats = floatInstructions(decodeModule(wasm));
    if (floats.length === 0)
      return [at(Number(error.fields["offset"] ?? 0), error.code, error.message)];
    const found = floats.map(({ offset, name }) => {
      return at(offset, "FLOAT_FORBIDDEN", `\`${name}\`: a process computes with integers only`);
    });
    const unique = new Map(found.map((each) => [`${each.file}:${each.line}`, each]));
    return [...unique.values()];
  }
}

/** The map without the compiler's own sources, which are two thirds of it and never change. */
export function slimSourceMap(sourceMap: string): string {
  const map = JSON.parse(sourceMap) as {
    sourceRoot?: string;
    readonly sources: readonly string[];
    sourcesContent: readonly (string | null)[];
  };
  delete map.sourceRoot;
  map.sourcesContent = map.sourcesContent.map((text, index) =>
    map.sources[index]?.startsWith("~lib/") ? null : text,
  );
  return JSON.stringify(map);
}
