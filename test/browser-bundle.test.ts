/**
 * The package's root export runs in a browser: it bundles for one without anything of Node, works where
 * only a browser's globals are, and stays small enough for a web page.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Measured: 63,130 bytes, 23,787 compressed. A fifth on top, so that growth is noticed. */
const minifiedBytesMax = 75_000;
const compressedBytesMax = 28_300;

async function bundle(contents: string): Promise<{ text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "nymcompute",
    platform: "browser",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return { text: outputFiles[0]?.text ?? "", metafile };
}

const wholeExport = 'export * from "./src/client/index.ts";';

test("the root export bundles for browsers without Node, within its size budget", async () => {
  const { text, metafile } = await bundle(wholeExport);
  const files = Object.keys(metafile.inputs);
  expect(files).toContain("src/client/index.ts");
  expect(files.filter((file) => /^src\/(node|cli|kit|testing)\//.test(file))).toEqual([]);
  const bytes = Buffer.byteLength(text);
  const compressed = gzipSync(text, { level: 9 }).length;
  console.log(`browser bundle: ${bytes} bytes, ${compressed} compressed, ${files.length} files`);
  expect(bytes).toBeLessThanOrEqual(minifiedBytesMax);
  expect(compressed).toBeLessThanOrEqual(compressedBytesMax);
});

test("a bundle that reaches for Node is refused", async () => {
  await expect(bundle('import "./src/node/keyfile.ts";')).rejects.toThrow(/node:fs/);
});

test("the bundle signs and checks a message with nothing but a browser's globals", async () => {
  const { text } = await bundle(wholeExport);
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
