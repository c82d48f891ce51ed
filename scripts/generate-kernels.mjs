/**
 * Compiles the SIMD kernels (AssemblyScript) into committed modules of base64 text, so that a build
 * needs no compiler and a page no extra request. The compiler's version is pinned, so the output is
 * a function of the sources.
 *
 *   node scripts/generate-kernels.mjs           writes what differs
 *   node scripts/generate-kernels.mjs --check   exits 1 where a committed module differs
 *
 * @module
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = new URL("../", import.meta.url);

/** Every kernel: its sources, the module that carries it, and its memory (in 64 KiB pages). */
const kernels = [
  {
    folder: "src/state/kernels/assembly/",
    target: "src/state/kernel.generated.ts",
    title: "The kernel of the state tree",
    exportName: "stateKernelBase64",
    memory: ["--initialMemory", "4", "--maximumMemory", "4"],
  },
  {
    folder: "src/stark/kernels/assembly/",
    target: "src/stark/kernels/kernel.generated.ts",
    title: "The prover's kernels",
    exportName: "starkKernelBase64",
    // The host makes the memory: one for all threads, of any size.
    memory: [
      ...["--enable", "threads", "--importMemory", "--sharedMemory"],
      ...["--initialMemory", "1", "--maximumMemory", "65536"],
    ],
  },
];

async function compile(kernel) {
  const sources = new Map();
  for (const name of await readdir(new URL(kernel.folder, root))) {
    sources.set(name, await readFile(new URL(kernel.folder + name, root), "utf8"));
  }
  const outputs = new Map();
  const messages = [];
  const { error } = await asc.main(
    [
      "index.ts",
      "-O3",
      "--noAssert",
      ...["--runtime", "stub"],
      ...["--enable", "simd"],
      ...kernel.memory,
      ...["--outFile", "kernel.wasm"],
    ],
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (name, contents) => void outputs.set(name, contents),
      listFiles: () => [],
      stderr: { write: (text) => void messages.push(String(text)) },
    },
  );
  if (error !== null) {
    throw new Error(`${kernel.folder}: ${messages.join("")}`, { cause: error });
  }
  return Buffer.from(outputs.get("kernel.wasm")).toString("base64");
}

function render(kernel, base64) {
  const lines = base64.match(/.{1,90}/g).map((line) => `  "${line}",`);
  return [
    "/**",
    ` * ${kernel.title}, compiled from \`${kernel.folder}\`.`,
    " * Written by `scripts/generate-kernels.mjs`; not edited by hand.",
    " *",
    " * @module",
    " */",
    `export const ${kernel.exportName}: string = [`,
    ...lines,
    '].join("");',
    "",
  ].join("\n");
}

/**
 * Brings the committed kernels up to date, or with `check` only compares them. Answers the paths of
 * the modules that differed from what their sources compile to.
 */
export async function generateKernels({ check = false } = {}) {
  const stale = [];
  for (const kernel of kernels) {
    const target = new URL(kernel.target, root);
    const text = render(kernel, await compile(kernel));
    const committed = await readFile(target, "utf8").catch(() => null);
    if (text === committed) continue;
    stale.push(kernel.target);
    if (!check) await writeFile(target, text);
  }
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const stale = await generateKernels({ check });
  for (const path of stale) console.error(`${check ? "differs" : "written"}: ${path}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
