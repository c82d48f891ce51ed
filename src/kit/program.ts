/**
 * A module for tests: compiled from AssemblyScript, or read from a file, with its source map.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../base/assert.ts";
import { CodedError } from "../base/error.ts";
import { contentIdOf, idText } from "../protocol/ids.ts";
import { compileProcessModule, type ProcessModule } from "../runtime/process-module.ts";
import { type Build, type BuildPlace, cachedBuild } from "./build-cache.ts";
import type { DebugInfo } from "./compile-debug.ts";
import { type CompileDiagnostic, formatDiagnostic } from "./compile-diagnostics.ts";
import { projectPath } from "./compile-sources.ts";
import { type ExplainingModule, explainingModule } from "./explaining-module.ts";

/**
 * What a process is made from: a path or file URL of its entry (`assembly/index.ts`) or of a built
 * `.wasm`, or a module's bytes. Paths are relative to the current folder, which is the project's
 * under `nymcompute test`.
 */
export type ModuleSource = string | URL | Uint8Array;

/** A module, ready to be spawned any number of times. */
export interface Program {
  /** The module's id. */
  readonly id: string;
  readonly wasm: Uint8Array;
  readonly sourceMap: string | null;
  /** Names and layouts; null where it was not built here. */
  readonly debug: DebugInfo | null;
  /** Checked, instrumented and compiled once; the bytes alone where they are refused. */
  readonly module: Uint8Array | ProcessModule;
  /** The build that explains its failures; null where there is no source to make it from. */
  explain(): Promise<ExplainingModule | null>;
}

export type ProgramErrorCode = "PROGRAM_BUILD_FAILED";

/** The sources do not compile. The message names every place. */
export class ProgramError extends CodedError<ProgramErrorCode> {
  override readonly name = "ProgramError";

  constructor(diagnostics: readonly CompileDiagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    super("PROGRAM_BUILD_FAILED", { errors: errors.length });
    this.message += `\n${errors.map(formatDiagnostic).join("\n")}`;
  }
}

// Compiling takes a second and every test makes a network of its own: the same sources are compiled
// once in the life of a test process. Sources do not change under it.
const programs = new Map<string, Promise<Program>>();

/** The program of a source. Rejects with `ProgramError`. */
export function loadProgram(source: ModuleSource): Promise<Program> {
  if (source instanceof Uint8Array)
    return Promise.resolve(programOf({ wasm: source, sourceMap: null, debug: null }));
  const path = resolve(source instanceof URL ? fileURLToPath(source) : source);
  const folder = typeof source === "string" ? resolve(".") : projectOf(path);
  const key = `${folder}\n${path}`;
  const known = programs.get(key);
  if (known !== undefined) return known;
  const program = path.endsWith(".wasm") ? readProgram(path) : buildProgram(path, folder);
  programs.set(key, program);
  return program;
}

/** `assembly` is a folder of the project, not the project. */
function projectOf(entry: string): string {
  const folder = dirname(entry);
  return basename(folder) === "assembly" ? dirname(folder) : folder;
}

async function buildProgram(entry: string, folder: string): Promise<Program> {
  const place = { folder, entry: projectPath(folder, entry) };
  const build = await buildModule(place);
  let explaining: Promise<ExplainingModule | null> | null = null;
  const explain = (): Promise<ExplainingModule | null> => {
    explaining ??= buildExplaining(place);
    return explaining;
  };
  return programOf(build, explain);
}

// The compiler is imported only where it has to run: that alone takes half a second.

/** Rejects with `ProgramError`. */
async function buildModule(place: Omit<BuildPlace, "kind">): Promise<Build> {
  const build = await cachedBuild({ ...place, kind: "module" }, async (readSource) => {
    const { compileProcess } = await import("./compile.ts");
    const result = await compileProcess({ ...place, readSource });
    if (!result.ok) throw new ProgramError(result.diagnostics);
    return result;
  });
  assert(build !== null, "a build that is refused is thrown");
  return build;
}

async function buildExplaining(place: Omit<BuildPlace, "kind">): Promise<ExplainingModule | null> {
  const build = await cachedBuild({ ...place, kind: "explaining" }, async (readSource) => {
    const explaining = await import("./explaining-build.ts");
    return explaining.buildExplaining(place.entry, readSource);
  });
  return explainingModule(build);
}

async function readProgram(path: string): Promise<Program> {
  const sourceMap = await readFile(`${path}.map`, "utf8").catch(() => null);
  return programOf({ wasm: new Uint8Array(await readFile(path)), sourceMap, debug: null });
}

function programOf(
  { wasm, sourceMap, debug }: Pick<Program, "wasm" | "sourceMap" | "debug">,
  explain: Program["explain"] = async () => null,
): Program {
  const id = idText(contentIdOf(wasm));
  return { id, wasm, sourceMap, debug, module: compiled(wasm), explain };
}

/** A refused module can be spawned as well; its slot 0 fails, as it does everywhere. */
function compiled(wasm: Uint8Array): Uint8Array | ProcessModule {
  try {
    return compileProcessModule(wasm);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return wasm;
  }
}
