/**
 * What the benchmark needs before it can begin: the build, and its own dependencies. Imports nothing
 * of either.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
/** Written by the last step of the build. */
const built = ["dist/src/cli/main.js", "dist/processes/token.wasm"];
const installed = "bench/node_modules/.package-lock.json";

/** Builds what is missing, and installs the benchmark's dependencies where its lock asks for others. */
export function prepare(note) {
  if (built.some((file) => !existsSync(new URL(file, root)))) {
    note("dist is missing: npm run build");
    run(["run", "build"]);
  }
  if (isInstalled()) return;
  note("first use, or another lockfile: npm ci --prefix bench (38 packages, 57 MB)");
  // Nothing in there needs to be built, so no package's own script runs.
  run(["ci", "--prefix", "bench", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/** What npm noted when it installed, against the lockfile: every package in its version. */
function isInstalled() {
  if (!existsSync(new URL(installed, root))) return false;
  const packagesIn = (file) => JSON.parse(readFileSync(new URL(file, root), "utf8")).packages;
  const present = packagesIn(installed);
  return Object.entries(packagesIn("bench/package-lock.json")).every(
    ([name, { version }]) => name === "" || present[name]?.version === version,
  );
}

function run(argv) {
  const options = { cwd: fileURLToPath(root), stdio: ["ignore", 2, 2] };
  const { status } = spawnSync("npm", argv, options);
  if (status !== 0) throw new Error(`npm ${argv.join(" ")} ended with ${status}`);
}
