/**
 * What the compiler reads: the developer's files, the SDK of this package under the name
 * `nymcompute/sdk` (no node_modules in the developer's folder), and the generated entry of a module.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Text of a file, or null where there is none. Paths are relative to the project, with `/`. */
export type ReadSource = (path: string) => string | null;

/** The name of the generated entry; it is never on a disk. */
export const generatedEntry = "nymcompute-entry.ts";

/** Where the compiler files the SDK's modules. */
export const sdkPath = "~lib/nymcompute/sdk";

const sdkImport = /(?:^|\/)node_modules\/nymcompute\/sdk\/(.+\.ts)$/;

/** Reads files below `folder` (absolute). */
export function readSourcesBelow(folder: string): ReadSource {
  return (path) => readText(resolve(folder, path));
}

/** The path of a project's file as the compiler names it: relative to the project, with `/`. */
export function projectPath(folder: string, file: string): string {
  return posix.normalize(relative(folder, resolve(folder, file)).split(sep).join("/"));
}

/**
 * The package's own folder. Compiled code runs from `dist/src/kit`, tests from `src/kit`, so it is
 * looked for upwards.
 */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, "processes", "sdk", "assembly", "index.ts"))) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the package's processes/sdk is missing");
    folder = parent;
  }
}

/** A reader that answers the SDK's files and the generated entry before the developer's. */
export function compilerSources(options: {
  readonly entry: string;
  readonly kind: "module" | "explaining";
  readonly readSource: ReadSource;
  /** Called with every file of the developer that is read. */
  readonly onRead: (path: string, text: string) => void;
}): ReadSource {
  const sdk = join(packageFolder(), "processes", "sdk", "assembly");
  const explain = options.kind === "explaining" ? 'import "nymcompute/sdk/explain";\n' : "";
  const entryText = explain + entrySource(options.entry);
  return (path) => {
    const normal = posix.normalize(path.split(sep).join("/"));
    if (normal === generatedEntry) return entryText;
    const sdkFile = sdkImport.exec(normal)?.[1];
    if (sdkFile !== undefined) return readText(join(sdk, sdkFile));
    const text = options.readSource(normal);
    if (text !== null && normal.endsWith(".ts")) options.onRead(normal, text);
    return text;
  };
}

/**
 * The module's real entry. `start` is optional; the calls are direct, so that a message costs no
 * indirect call, and each stands on a line of its own, so that an error can be told to its function.
 */
export function entrySource(entry: string): string {
  return `import * as developer from "./${entry.replace(/\.ts$/, "")}";
import { allocate, begin, finish } from "nymcompute/sdk/entry";
import "nymcompute/sdk/abort";

export function alloc(length: i32): i32 {
  return allocate(length);
}

export function handle(length: i32): i64 {
  const message = begin(length);
  if (message.slot != 0) {
    developer.receive(message);
  } else if (isDefined(developer.start)) {
    developer.start(message);
  }
  return finish();
}
`;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Absent, a folder, or not readable: the compiler then looks elsewhere or reports the import.
    return null;
  }
}
