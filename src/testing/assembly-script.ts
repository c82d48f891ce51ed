/**
 * Compiles AssemblyScript in memory, for tests that need modules as the compiler writes them.
 *
 * @module
 */

import { main } from "assemblyscript/asc";

/** The flags of a process build; `--use abort=` is the process's own business. */
export const processFlags: readonly string[] = [
  "-O3",
  "--runtime",
  "incremental",
  "--exportStart",
  "_start",
];

/** The binary module of one source file; throws with the compiler's messages. */
export async function compileAssemblyScript(
  source: string,
  flags: readonly string[] = processFlags,
): Promise<Uint8Array> {
  let binary: Uint8Array | null = null;
  let messages = "";
  const { error } = await main(["index.ts", "--outFile", "index.wasm", ...flags], {
    stderr: {
      write: (chunk) => {
        messages += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
      },
    },
    readFile: (name) => (name === "index.ts" ? source : null),
    writeFile: (name, contents) => {
      if (name === "index.wasm" && contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === null) throw new Error(messages, { cause: error });
  return binary;
}
