/**
 * Builds the processes that come with the package: `processes/<name>` to `dist/processes/<name>.wasm`,
 * `<name>.wasm.map`, and `<name>.build.json` for the test kit. Runs after `tsc -b`, with the compiler that developers get. A process whose
 * inputs (its sources, the SDK, the compiler) are those of its last build is passed over.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const names = ["token", "counter", "chat", "kv"];
const output = new URL("dist/processes/", root);
const compiler = new URL("dist/src/kit/", root);

/** All files below a folder, in the order of their names. */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`)
    .sort();

const inputsHash = (name) => {
  const sources = [`processes/${name}/assembly/`, "processes/sdk/assembly/"].flatMap((folder) =>
    filesBelow(fileURLToPath(new URL(folder, root))),
  );
  const own = readdirSync(compiler).filter((file) =>
    /^(build|compile|explain|syntax).*\.js$/.test(file),
  );
  const hash = createHash("sha256");
  hash.update(createRequire(import.meta.url)("assemblyscript/package.json").version);
  for (const file of [...sources, ...own.sort().map((file) => new URL(file, compiler))]) {
    const bytes = readFileSync(file);
    hash.update(`${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
};

const build = async (name, inputs) => {
  const { compileProcess } = await import(new URL("compile.js", compiler));
  const { formatDiagnostic } = await import(new URL("compile-diagnostics.js", compiler));
  const { recordedBuild, shippedSuffix } = await import(new URL("build-cache.js", compiler));
  const folder = fileURLToPath(new URL(`processes/${name}`, root));
  const place = { folder, entry: "assembly/index.ts", kind: "module" };
  const { build: built, text } = await recordedBuild(place, async (readSource) => {
    const result = await compileProcess({ ...place, readSource });
    for (const each of result.diagnostics)
      console.error(`processes/${name}/${formatDiagnostic(each)}`);
    return result.ok ? result : null;
  });
  if (built === null) return false;
  writeFileSync(new URL(`${name}.wasm`, output), built.wasm);
  writeFileSync(new URL(`${name}.wasm.map`, output), built.sourceMap);
  // A project that was just made from the template finds its build here.
  writeFileSync(new URL(`${name}${shippedSuffix}`, output), text);
  // Last, so that a build that was cut off is done again.
  writeFileSync(new URL(`${name}.inputs`, output), inputs);
  console.log(`processes/${name}: ${built.wasm.length} bytes`);
  return true;
};

mkdirSync(output, { recursive: true });
for (const name of names) {
  const stamp = new URL(`${name}.inputs`, output);
  const inputs = inputsHash(name);
  const isFresh = existsSync(stamp) && readFileSync(stamp, "utf8") === inputs;
  if (!isFresh && !(await build(name, inputs))) process.exitCode = 1;
}
