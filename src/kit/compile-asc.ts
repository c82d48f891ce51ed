/**
 * One run of the AssemblyScript compiler, with the one set of options that processes are built with
 * (for the profile of spec/06-execution.md §2.2): optimised for speed, incremental collector,
 * assertions kept, abort within the module, no bindings, no imports.
 *
 * @module
 */

import type * as asc from "assemblyscript/asc";
import { type DebugInfo, debugReader } from "./compile-debug.ts";
import { type CompileDiagnostic, frameOf, placeOf } from "./compile-diagnostics.ts";
import { compilerSources, generatedEntry, type ReadSource, sdkPath } from "./compile-sources.ts";
import { withCompiler } from "./compiler.ts";

const moduleName = "process.wasm";

/**
 * What is built: the module that is deployed; or one that behaves as it does and explains its failures,
 * with every function in its place and assertions that tell their values. Nobody but the test kit runs
 * that one, and only after a failure.
 */
export type BuildKind = "module" | "explaining";

const compilerOptions: readonly string[] = [
  "--runtime",
  "incremental",
  "--exportStart",
  "_start",
  "--use",
  `abort=${sdkPath}/abort/aborted`,
  // See `guardIsAssert`.
  "--use",
  "guard=assert",
  "--sourceMap",
  "--noColors",
  "--outFile",
  moduleName,
];

/** What the compiler made; without a module where it found errors. */
export interface CompilerRun {
  readonly wasm: Uint8Array | null;
  readonly sourceMap: string | null;
  readonly debug: DebugInfo | null;
  readonly diagnostics: readonly CompileDiagnostic[];
  /** The developer's files, as they were read. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Compiles the project whose entry is `entry`, a path relative to it. */
export async function runCompiler(
  entry: string,
  readSource: ReadSource,
  kind: BuildKind = "module",
): Promise<CompilerRun> {
  const sources = new Map<string, string>();
  const written = new Map<string, Uint8Array | string>();
  const messages: asc.DiagnosticMessage[] = [];
  const debugTables = debugReader();
  let debug: DebugInfo | null = null;
  const special = kind === "module" ? null : await import("./explain-transform.ts");
  const options = special === null ? ["-O3"] : ["-O0", ...special.explainOptions];
  const transforms: object[] = [guardIsAssert, debugTables.transform];
  if (special !== null) transforms.push(special.explainTransform);
  const read = compilerSources({
    entry,
    kind,
    readSource,
    onRead: (path, text) => sources.set(path, text),
  });
  const { error } = await withCompiler((compiler) =>
    compiler.main([generatedEntry, ...options, ...compilerOptions], {
      readFile: (path) => read(path),
      writeFile: (path, contents) => {
        // Later the compiler has thrown its tables away.
        if (path === moduleName) debug = debugTables.read();
        written.set(path, contents);
      },
      listFiles: () => [],
      reportDiagnostic: (message) => {
        messages.push(message as asc.DiagnosticMessage);
      },
      stdout: compiler.createMemoryStream(),
      stderr: compiler.createMemoryStream(),
      transforms: transforms as asc.Transform[],
    }),
  );
  const diagnostics = uniqueDiagnostics(
    messages.map((message) => toDiagnostic(message, { entry, read })),
  );
  const wasm = written.get(moduleName);
  const sourceMap = written.get(`${moduleName}.map`);
  if (error !== null || !(wasm instanceof Uint8Array) || typeof sourceMap !== "string") {
    return {
      wasm: null,
      sourceMap: null,
      debug: null,
      diagnostics: orUnknown(diagnostics, entry, error),
      sources,
    };
  }
  return { wasm: wasm.slice(), sourceMap, debug, diagnostics, sources };
}

/** An import statement of the compiler's syntax tree, as far as it matters here. */
interface ImportSyntax {
  readonly path?: { readonly value: string };
  declarations?:
    | { readonly name: { text: string }; readonly foreignName: { text: string } }[]
    | null;
}

/**
 * Drops `guard` from imports of the SDK, where the option above makes it another name of `assert`:
 * an abort then names the developer's line; called as a function it would name the SDK's. An import
 * under another name keeps the function.
 */
const guardIsAssert = {
  afterParse(parser: {
    readonly sources: readonly { readonly statements: ImportSyntax[] }[];
  }): void {
    for (const { statements } of parser.sources) {
      for (const statement of statements) {
        if (statement.path?.value !== "nymcompute/sdk" || !statement.declarations) continue;
        statement.declarations = statement.declarations.filter(
          ({ name, foreignName }) => name.text !== "guard" || foreignName.text !== "guard",
        );
      }
    }
  },
};

interface Sources {
  readonly entry: string;
  readonly read: ReadSource;
}

function toDiagnostic(message: asc.DiagnosticMessage, sources: Sources): CompileDiagnostic {
  const severity = message.category === errorCategory ? "error" : "warning";
  const file = message.range?.source?.normalizedPath ?? sources.entry;
  if (file === generatedEntry) return entryDiagnostic(message, sources);
  const start = message.range?.start ?? 0;
  const text = sources.read(sourcePath(file)) ?? "";
  const place = placeOf(text, start);
  const frame = text === "" ? "" : frameOf(text, place, (message.range?.end ?? start) - start);
  return { severity, code: `AS${message.code}`, message: message.message, file, ...place, frame };
}

/** `DiagnosticCategory.Error` of the compiler. */
const errorCategory = 3;

/** The compiler names the SDK's files `~lib/nymcompute/…`; they are read as a package's. */
function sourcePath(file: string): string {
  return file.replace(/^~lib\//, "node_modules/");
}

/** The generated entry is right, so an error in it is one of the functions it calls. */
function entryDiagnostic(message: asc.DiagnosticMessage, sources: Sources): CompileDiagnostic {
  const generated = sources.read(generatedEntry) ?? "";
  const at = placeOf(generated, message.range?.start ?? 0).line;
  const name = /developer\.(\w+)/.exec(generated.split("\n")[at - 1] ?? "")?.[1] ?? "receive";
  const text = sources.read(sources.entry) ?? "";
  const found = new RegExp(`\\bfunction\\s+(${name})\\b`).exec(text);
  const place = placeOf(text, found === null ? 0 : found.index + found[0].length - name.length);
  return {
    severity: "error",
    code: "ENTRY_SHAPE",
    message: `write \`export function ${name}(message: Message): void\` (${message.message})`,
    file: sources.entry,
    ...place,
    frame: found === null ? "" : frameOf(text, place, name.length),
  };
}

/** The compiler repeats itself, once for each use and once for each instance of a generic. */
function uniqueDiagnostics(diagnostics: readonly CompileDiagnostic[]): CompileDiagnostic[] {
  const seen = new Map<string, CompileDiagnostic>();
  for (const each of diagnostics) {
    const key = [each.file, each.line, each.column, each.code].join(" ");
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()];
}

/** A failed run always says why. */
function orUnknown(
  diagnostics: readonly CompileDiagnostic[],
  entry: string,
  error: Error | null,
): readonly CompileDiagnostic[] {
  if (diagnostics.some(({ severity }) => severity === "error")) return diagnostics;
  const message = error?.message ?? "the compiler wrote no module";
  const unknown = { code: "AS0", message, file: entry, line: 1, column: 1, frame: "" } as const;
  return [...diagnostics, { severity: "error", ...unknown }];
}
