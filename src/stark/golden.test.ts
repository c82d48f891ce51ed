import { readFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { createWasmEngine } from "./kernels/wasm-engine.ts";
import { P100 } from "./parameters.ts";
import { parseGolden, type ToyName } from "./toys/golden.ts";
import { flipByte } from "./toys/mutations.ts";
import { proveToy } from "./toys/quick.ts";
import { conjunctionToy, fibonacciToy, squaresToy } from "./toys/toys.ts";
import { verify } from "./verifier.ts";

const names: readonly ToyName[] = ["fibonacci", "conjunction", "squares"];

function goldenFile(name: ToyName): string {
  return readFileSync(
    new URL(`../../spec/vectors/proofs/${name}_v1.json`, import.meta.url),
    "utf8",
  );
}

/** Bundles a module of this folder for a browser: one classic script. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: new URL(".", import.meta.url).pathname, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

/** Every module of the verifier, by esbuild's own walk over its imports. */
async function verifierClosure(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [new URL("verifier.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

test("golden proofs verify by the default profile, and no other statement does", () => {
  for (const name of names) {
    const golden = parseGolden(goldenFile(name));
    expect(golden.parameters).toEqual(P100);
    expect(verify(golden.key, golden.statement, golden.proof), name).toEqual({ ok: true });
    const other = { ...golden.statement, context: Uint8Array.of(1) };
    expect(verify(golden.key, other, golden.proof).ok).toBe(false);
  }
});

test("the prover makes the golden proofs, byte for byte", async () => {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const toys = [fibonacciToy(P100, 8), conjunctionToy(P100, 6), squaresToy(P100, 7)];
  for (const [i, toy] of toys.entries()) {
    const golden = parseGolden(goldenFile(names[i]!));
    const { proof } = await engine.scoped(() => proveToy(toy, engine));
    expect(Buffer.from(proof).equals(golden.proof), names[i]).toBe(true);
  }
});

test("the verifier's imports hold no prover, transform, trace or kernel, and nothing of Node", async () => {
  const closure = await verifierClosure();
  expect(closure.length).toBeGreaterThan(15);
  const foreign = closure.filter(
    (path) => !/^src\/(base|field|stark)\//.test(path) || /prov|ntt|kernels|toys|engine/.test(path),
  );
  expect(foreign).toEqual([]);
});

test("the verifier is under 60 KiB for a browser, compressed", async () => {
  const script = await bundle(`
    export { verify } from "./verifier.ts";
    export { createVerifyingKey } from "./key.ts";
    export { compileSystem } from "./system.ts";
  `);
  const bytes = gzipSync(script).length;
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(60 * 1024);
});

test("the bundled verifier accepts the golden proofs where there is nothing but the language", async () => {
  const script = await bundle(`
    import { parseGolden } from "./toys/golden.ts";
    import { verify } from "./verifier.ts";
    globalThis.judge = (text, flip) => {
      const { key, statement, proof } = parseGolden(text);
      if (flip >= 0) proof[flip] ^= 1;
      const verdict = verify(key, statement, proof);
      return verdict.ok ? "ok" : verdict.reason.code;
    };
  `);
  // What every browser has beside the language, and this code uses: text as UTF-8.
  const page = createContext({ TextEncoder, TextDecoder });
  new Script(script).runInContext(page);
  const { judge } = page as unknown as { judge: (text: string, flip: number) => string };
  for (const name of names) {
    const text = goldenFile(name);
    expect(judge(text, -1), name).toBe("ok");
    expect(judge(text, 5000), name).not.toBe("ok");
  }
});

test("flipped bytes of golden proofs are refused", () => {
  for (const name of names) {
    const { key, statement, proof } = parseGolden(goldenFile(name));
    for (let seed = 0; seed < 40; seed++) {
      expect(verify(key, statement, flipByte(proof, seed)).ok, `${name}, seed ${seed}`).toBe(false);
    }
  }
});
