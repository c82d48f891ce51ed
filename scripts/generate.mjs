/**
 * Writes all generated files: vectors under `spec/vectors/` and the kernels' modules. With `--check`
 * writes nothing and fails where a file in the tree differs from what would be written.
 *
 * Each `scripts/vectors/<topic>.mjs` exports `generate()`: file name below `spec/vectors/` → text. They
 * import the built package, so `npm run build` comes first.
 *
 * @module
 */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { generateKernels } from "./generate-kernels.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");

async function generators() {
  const folder = join(root, "scripts/vectors");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
  return names.map((name) => pathToFileURL(join(folder, name)).href);
}

async function allFiles() {
  const files = new Map();
  for (const module of await generators()) {
    const { generate } = await import(module);
    for (const [path, text] of Object.entries(await generate())) {
      if (files.has(path)) throw new Error(`two generators write ${path}`);
      files.set(path, text);
    }
  }
  return files;
}

async function present(path) {
  return readFile(path, "utf8").catch(() => null);
}

async function strays(files) {
  const folder = join(root, "spec/vectors");
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((path) => !files.has(path));
}

const files = await allFiles();
const differing = [];
for (const [path, text] of files) {
  const file = join(root, "spec/vectors", path);
  if ((await present(file)) === text) continue;
  differing.push(path);
  if (!check) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
const unexplained = await strays(files);
const staleKernels = await generateKernels({ check });
for (const path of [...differing.map((name) => `spec/vectors/${name}`), ...staleKernels])
  console.error(`${check ? "differs" : "written"}: ${path}`);
for (const path of unexplained) console.error(`made by no generator: spec/vectors/${path}`);
if (unexplained.length > 0 || (check && differing.length + staleKernels.length > 0)) {
  console.error(
    "run `npm run generate`, and commit what it writes with the spec and the changelog",
  );
  process.exitCode = 1;
} else console.error(`${files.size} vector files and the kernels are as generated`);
