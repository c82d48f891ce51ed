/**
 * Verifies a slot's proof in a page of headless Chromium, where there is one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The page's script: `judge` answers milliseconds of each of `rounds` verifications. */
const script = `
  import { fromBase64url } from "./base/bytes.js";
  import { prepareModule } from "./zkvm/slot-context.js";
  import { verifySlot } from "./zkvm/verify-slot.js";
  const bytes = (value) => (typeof value === "string" ? fromBase64url(value) : value);
  globalThis.judge = ({ module, inbox, statement, proof }, rounds) => {
    const digests = Object.entries(statement).map(([name, value]) => [name, bytes(value)]);
    const input = {
      module: prepareModule(bytes(module), statement.limits.memoryPagesMax),
      inbox: bytes(inbox),
      statement: Object.fromEntries(digests),
      proof: bytes(proof),
    };
    return Array.from({ length: rounds }, () => {
      const start = performance.now();
      const verdict = verifySlot(input);
      if (!verdict.ok) throw verdict.reason;
      return performance.now() - start;
    });
  };
`;

const text = (value) =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64url") : value;

/** Milliseconds of each verification, and the browser's version; null without Chromium. */
export async function verifyInPage({ bytes, inbox, statement, proof }, rounds) {
  const executablePath = places.find((path) => existsSync(path));
  if (executablePath === undefined) return null;
  const resolveDir = fileURLToPath(new URL("../dist/src/", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
    logLevel: "silent",
  });
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text });
    const digests = Object.entries(statement).map(([name, value]) => [name, text(value)]);
    const input = {
      module: text(bytes),
      inbox: text(inbox),
      statement: Object.fromEntries(digests),
      proof: text(proof),
    };
    const spans = await page.evaluate(
      ([own, count]) => globalThis.judge(own, count),
      [input, rounds],
    );
    return { spans, version: browser.version() };
  } finally {
    await browser.close();
  }
}
