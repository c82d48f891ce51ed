/**
 * What the package exports for web pages runs in one: it bundles without anything of Node, works where
 * only a browser's globals are, and stays small enough. The verifier of proofs is loaded when it is used.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Budget {
  readonly minified: number;
  readonly compressed: number;
}

/** Measured, and some on top, so that growth is noticed. */
const budgets = {
  /** 81,800 bytes, 30,600 compressed. */
  client: { minified: 87_000, compressed: 32_800 },
  /** 212,600 bytes, 75,400 compressed. */
  verify: { minified: 237_000, compressed: 84_000 },
} as const satisfies Record<string, Budget>;

const options = {
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  write: false,
  metafile: true,
  logLevel: "silent",
} as const;
const sourceOf = (contents: string) => ({ contents, resolveDir: root, loader: "js" }) as const;

/** One script with everything that the source reaches. */
async function bundle(contents: string): Promise<string> {
  const stdin = sourceOf(contents);
  const { outputFiles } = await build({
    ...options,
    stdin,
    format: "iife",
    globalName: "nymcompute",
  });
  return outputFiles[0]?.text ?? "";
}

/** What a page loads at once: the entry and what it imports, but not what it may import later. */
async function loaded(entry: string): Promise<{ text: string; files: readonly string[] }> {
  const stdin = sourceOf(`export * from "./${entry}";`);
  const { outputFiles, metafile } = await build({
    ...options,
    stdin,
    format: "esm",
    splitting: true,
    outdir: join(root, "out"),
  });
  const outputs = metafile.outputs;
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === "<stdin>") ?? "";
  const paths = new Set([first]);
  for (const path of paths) {
    const imports = outputs[path]?.imports ?? [];
    for (const { kind, path: next } of imports) if (kind === "import-statement") paths.add(next);
  }
  const files = [...paths].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
  const texts = outputFiles.filter(({ path }) => paths.has(relative(process.cwd(), path)));
  expect(texts.length).toBe(paths.size);
  return { text: texts.map(({ text }) => text).join(""), files };
}

function expectWithin(text: string, files: readonly string[], budget: Budget): void {
  expect(files.filter((file) => /^src\/(node|cli|kit|testing)\//.test(file))).toEqual([]);
  const bytes = Buffer.byteLength(text);
  const compressed = gzipSync(text, { level: 9 }).length;
  console.log(`browser bundle: ${bytes} bytes, ${compressed} compressed, ${files.length} files`);
  expect(bytes).toBeLessThanOrEqual(budget.minified);
  expect(compressed).toBeLessThanOrEqual(budget.compressed);
}

const wholeExport = 'export * from "./src/client/index.ts";';

test("the root export is loaded by browsers without Node and without a verifier of proofs, within its budget", async () => {
  const { text, files } = await loaded("src/client/index.ts");
  expect(files).toContain("src/client/connect.ts");
  expect(files.filter((file) => /^src\/(zkvm|stark|state|wasm)\//.test(file))).toEqual([]);
  expectWithin(text, files, budgets.client);
});

test("the verifier of receipts is loaded without Node and without a prover, within its budget", async () => {
  const { text, files } = await loaded("src/client/verify.ts");
  expect(files).toContain("src/zkvm/verify-slot.ts");
  const ofProver =
    /\/(prove-|prover)[^/]*\.ts$|\/kernels\/|\/ntt|\/trace\.ts$|zkvm\/machine\/|unit-call/;
  expect(files.filter((file) => ofProver.test(file))).toEqual([]);
  expectWithin(text, files, budgets.verify);
});

test("a bundle that reaches for Node is refused", async () => {
  await expect(bundle('import "./src/node/keyfile.ts";')).rejects.toThrow(/node:fs/);
});

test("the bundle signs and checks a message with nothing but a browser's globals", async () => {
  const text = await bundle(wholeExport);
  const browser = createContext({ TextEncoder, TextDecoder, crypto, performance });
  const script = `${text}
    const { composeMessage, createIdentity, identityFromSeed, idText } = nymcompute;
    const { systemClock: clock, systemRandom: random } = nymcompute;
    const owner = createIdentity(random);
    const network = new Uint8Array(32);
    const message = composeMessage({ target: owner.address }, { network, owner, clock, random });
    const isSame = idText(identityFromSeed(owner.seed).address) === idText(owner.address);
    JSON.stringify({ isSame, id: idText(message.id), size: message.authorisation.length });`;
  const { isSame, id, size } = JSON.parse(runInContext(script, browser) as string);
  expect(isSame).toBe(true);
  expect(id).toMatch(/^[\w-]{43}$/);
  expect(size).toBeGreaterThan(1952 + 3309);
  expect(() => runInContext("process", browser)).toThrow(/not defined/);
});
