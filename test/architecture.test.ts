/**
 * The folder list is the architecture: this test reads every import and holds it to the table of who
 * may import whom. TypeScript's project references hold the coarse edges a second time.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a folder may import beside itself. `wasm` and `stark` are finer than their projects. */
const neutral = [
  "base",
  "crypto",
  "protocol",
  "log",
  "field",
  "state",
  "runtime",
  "stark",
  "zkvm",
  "client",
];
const wasm = ["wasm", "wasm/binary", "wasm/validate", "wasm/instrument", "wasm/interpreter"];
const everything = [...neutral, ...wasm, "node"];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  crypto: ["base"],
  protocol: ["base", "crypto"],
  log: ["base", "crypto", "protocol"],
  wasm: ["base", "protocol", "wasm/binary"],
  "wasm/binary": ["base", "protocol"],
  "wasm/validate": ["base", "protocol", "wasm", "wasm/binary"],
  "wasm/instrument": ["base", "protocol", "wasm", "wasm/binary", "wasm/validate"],
  "wasm/interpreter": ["base", "protocol", "wasm", "wasm/binary", "wasm/validate"],
  field: ["base"],
  state: ["base", "crypto", "field"],
  runtime: ["base", "crypto", "protocol", ...wasm, "field", "state"],
  stark: ["base", "crypto", "field"],
  zkvm: ["base", "crypto", "protocol", ...wasm, "field", "state", "stark"],
  client: ["base", "crypto", "protocol", "log", "zkvm"],
  node: [...neutral, ...wasm],
  kit: everything,
  cli: [...everything, "kit"],
  testing: [...everything, "kit"],
  "messenger-unit": everything,
  "scheduler-unit": everything,
  "compute-unit": everything,
  console: ["base", "crypto", "protocol", "log", "client"],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The imported file below the root, or the package's name. */
  readonly target: string;
}

async function sources(): Promise<string[]> {
  const folders = ["src", "messenger-unit", "scheduler-unit", "compute-unit", "console"];
  const files: string[] = [];
  for (const folder of folders) {
    const found = await readdir(join(root, folder), { recursive: true });
    files.push(...found.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name)));
  }
  return files.filter((file) => !file.includes("/assembly/"));
}

const isTest = (file: string): boolean => /\.(test|bench)\.tsx?$/.test(file);

/** The row of the table that a file belongs to. */
function folderOf(file: string): string {
  const parts = file.split("/");
  if (parts[0] !== "src") return parts[0] ?? "";
  const fine = parts.slice(1, 3).join("/");
  return Object.hasOwn(mayImport, fine) ? fine : (parts[1] ?? "");
}

async function importsOf(file: string): Promise<Import[]> {
  const text = await readFile(join(root, file), "utf8");
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g,
  );
  return [...found].map((match) => {
    const name = match[1] ?? match[2] ?? "";
    const local = name.startsWith(".");
    const target = local ? relative(root, join(root, dirname(file), name)) : name;
    return { file, from: folderOf(file), to: local ? folderOf(target) : name, target };
  });
}

async function allImports(): Promise<Import[]> {
  const files = (await sources()).filter((file) => !isTest(file));
  return (await Promise.all(files.map(importsOf))).flat();
}

const local = (edge: Import): boolean => edge.target.includes("/") && /\.tsx?$/.test(edge.target);

test("every import follows the table of who may import whom", async () => {
  const imports = (await allImports()).filter(local);
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(
    ({ from, to }) => from !== to && !(mayImport[from] ?? []).includes(to),
  );
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("the table itself has no cycle, so no folder has", () => {
  const visit = (folder: string, path: readonly string[]): void => {
    expect(path, "a cycle").not.toContain(folder);
    for (const next of mayImport[folder] ?? []) if (next !== folder) visit(next, [...path, folder]);
  };
  for (const folder of Object.keys(mayImport)) visit(folder, []);
});

test("each dependency has one place that imports it", async () => {
  const owners: Readonly<Record<string, RegExp>> = {
    "@noble/": /^src\/crypto\//,
    msgpackr: /^src\/node\/store\//,
    lmdb: /^src\/node\/store\//,
    "uWebSockets.js": /^src\/node\/http\//,
    "@oqs/liboqs-js": /^src\/node\/verifier-pool\//,
    assemblyscript: /^src\/(kit|testing)\//,
    preact: /^console\//,
  };
  const wrong = (await allImports()).filter(({ file, target }) =>
    Object.entries(owners).some(([name, owner]) => target.startsWith(name) && !owner.test(file)),
  );
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("what runs in a browser imports nothing of Node", async () => {
  const node = /^src\/(node|cli|kit|testing)\/|^\w+-unit\//;
  const wrong = (await allImports()).filter(
    ({ file, target }) => target.startsWith("node:") && !node.test(file),
  );
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("the verifier of slots reaches no prover, no machine, no kernel and nothing of Node", async () => {
  const edges = (await allImports()).filter(local);
  const reached = new Set(["src/zkvm/verify-slot.ts", "src/zkvm/genesis-root.ts"]);
  for (const file of reached) {
    for (const { target } of edges.filter((edge) => edge.file === file)) reached.add(target);
  }
  expect(reached.size).toBeGreaterThan(60);
  const forbidden =
    /\/(prove|prover)[^/]*\.ts$|\/kernels\/|kernel|\/ntt|\/trace\.ts$|zkvm\/machine\/|src\/node\//;
  expect([...reached].filter((file) => forbidden.test(file))).toEqual([]);
  const ofClient = edges.filter(({ from, to }) => from === "client" && to === "zkvm");
  expect(ofClient.map(({ target }) => target).filter((file) => !reached.has(file))).toEqual([]);
});

test("every file says on top what it is", async () => {
  const files = (await sources()).filter((file) => !isTest(file) && !file.includes(".generated."));
  const silent: string[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), "utf8");
    if (!/^(#![^\n]*\n)?\/\*\*[\s\S]*?@module/.test(text)) silent.push(file);
  }
  expect(silent).toEqual([]);
});
