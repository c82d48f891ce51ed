/**
 * Builds the console (console/README.md) to `dist/console/`, a flat folder that every messenger serves
 * at `/console`: the page, its script, its worker, its styles, and the processes that can be spawned
 * from it. Runs after `tsc -b` and `build-wasm.mjs`.
 *
 * @module
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);
const output = new URL("dist/console/", root);
const pathOf = (path) => fileURLToPath(new URL(path, root));

const options = {
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  outdir: fileURLToPath(output),
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};
/** Processes whose modules the page can spawn. */
const modules = ["token", "counter"];

mkdirSync(output, { recursive: true });
const page = { console: pathOf("console/main.tsx") };
const worker = { "acts-worker": pathOf("console/acts/worker.ts") };
await Promise.all([
  build({ ...options, entryPoints: page, format: "esm" }),
  build({ ...options, entryPoints: worker, format: "iife" }),
]);

const files = new Map([["index.html", "console/index.html"]]);
for (const name of modules) files.set(`${name}.wasm`, `dist/processes/${name}.wasm`);
for (const [name, from] of files) copyFileSync(pathOf(from), new URL(name, output));

// What an earlier version of the page left behind would be served as well.
const current = new Set([...files.keys(), "console.js", "console.css", "acts-worker.js"]);
for (const name of readdirSync(output)) {
  if (!current.has(name)) rmSync(new URL(name, output), { recursive: true });
}
