/**
 * What is said to run in browsers runs in one: the proof verifier, and the package's root export
 * against a network of other origins. Without Chromium there is one test, whose name says so.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nymcompute, root, run, start, temporaryHome } from "../dev-network.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import type { ClientPage, UnitUrls } from "./client-page.ts";
import { type PageServer, pageScript, servePages } from "./page-server.ts";
import type { ReceiptPage } from "./receipt-page.ts";
import type { VerifierPage } from "./verifier-page.ts";

/** Files of pages, by path; a receipt is there once a test has made it. */
const files: Record<string, string | Uint8Array> = {};

/** The verifier's budget for a web page, with the systems of the golden proofs. */
const verifierBytesMax = 60 * 1024;

const counterWasm = join(root, "dist", "processes", "counter.wasm");
const goldenFolder = join(root, "spec", "vectors", "proofs");
const goldenFiles = readdirSync(goldenFolder).filter((name) => name.endsWith(".json"));

if (chromiumPath === null) {
  test("Chromium is not on this machine: what runs in browsers was not tried in one", () => {
    expect(chromiumPath).toBeNull();
  });
} else {
  describe("in Chromium", () => inChromium(chromiumPath as string));
}

function inChromium(executablePath: string): void {
  let browser: Browser;
  let server: PageServer;
  let verifierBytes = 0;

  beforeAll(async () => {
    const [verifier, client, receipt] = await Promise.all([
      pageScript("verifier-page.ts"),
      pageScript("client-page.ts"),
      pageScript("receipt-page.ts"),
    ]);
    verifierBytes = verifier.compressedBytes;
    Object.assign(files, {
      "/verifier-page.js": verifier.text,
      "/client-page.js": client.text,
      "/receipt-page.js": receipt.text,
      "/counter.wasm": readFileSync(counterWasm),
    });
    server = await servePages(files);
    browser = await launchChromium(executablePath);
    console.log(`Chromium ${browser.version()}, verifier ${verifierBytes} bytes compressed`);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a page; whatever it throws by itself is the test's. */
  async function openPage(name: string) {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${server.origin}/${name}.html`);
    return { page, errors };
  }

  test("the verifier is within a web page's budget", () => {
    expect(verifierBytes).toBeGreaterThan(1000);
    expect(verifierBytes).toBeLessThanOrEqual(verifierBytesMax);
  });

  test("every golden proof is verified, and refused with one flipped byte", async () => {
    const { page, errors } = await openPage("verifier-page");
    const judge = (text: string, flip: number) =>
      page.evaluate(
        (call) => (globalThis as unknown as VerifierPage).judgeProof(call.text, call.flip),
        { text, flip },
      );
    expect(goldenFiles.length).toBeGreaterThanOrEqual(3);
    for (const name of goldenFiles) {
      const text = readFileSync(join(goldenFolder, name), "utf8");
      const { verdict, proofBytes, ms } = await judge(text, -1);
      expect(verdict, name).toBe("ok");
      console.log(`${name}: ${proofBytes} bytes verified in ${ms.toFixed(1)} ms`);
      for (const flip of [0, Math.floor(proofBytes / 2), proofBytes - 1]) {
        const changed = await judge(text, flip);
        expect(changed.verdict, `${name}, byte ${flip}`).toMatch(/^[A-Z_]+$/);
      }
    }
    expect(errors).toEqual([]);
    await page.close();
  });

  test("a page makes a key, signs a message and checks it", async () => {
    const { page, errors } = await openPage("client-page");
    const { address, good, changed } = await page.evaluate(() =>
      (globalThis as unknown as ClientPage).signAndVerify(),
    );
    expect(address).toMatch(/^[\w-]{43}$/);
    expect(good).toBe(true);
    expect(changed).toBe(false);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("a page uses a network of other origins, and believes only what is attested", async () => {
    const home = await temporaryHome();
    const dev = start([nymcompute, "dev", "--port", "0", "--json"], {
      cwd: home.folder,
      env: home.env,
    });
    try {
      const [line] = await dev.said(/\{.*\}/);
      const { messenger, scheduler, compute } = JSON.parse(line) as UnitUrls;
      expect([messenger, scheduler, compute]).not.toContain(server.origin);
      const { page, errors } = await openPage("client-page");
      const use = await page.evaluate(
        (units) => (globalThis as unknown as ClientPage).useNetwork(units),
        { messenger, scheduler, compute },
      );
      console.log(`spawn, message, result, events, evidence: ${use.ms.toFixed(0)} ms`);
      expect(use).toMatchObject({ slot: 1, output: "1", resultRead: "1", attested: 1 });
      expect(use.events).toEqual(["accepted", "assigned", "evaluated", "pushed"]);
      expect(use.forged).toBe("PROVENANCE_RESULT");
      expect(use.refused).toBe("PROCESS_UNKNOWN");
      expect(errors).toEqual([]);
      await page.close();
    } finally {
      expect(await dev.end()).toBe(0);
      await home.remove();
    }
  });

  test("a page verifies a receipt with its proof, and names the line where a byte is changed", async () => {
    const home = await temporaryHome();
    const { folder: cwd, env } = home;
    const file = join(cwd, "message.receipt");
    const dev = start([nymcompute, "dev", "--port", "0", "--prover", "1", "--json"], { cwd, env });
    let expected: { readonly process: string; readonly network: string };
    try {
      const [line] = await dev.said(/\{.*\}/);
      const { network } = JSON.parse(line) as { readonly network: string };
      const command = async <Document>(...argv: string[]) =>
        JSON.parse(await run([nymcompute, ...argv, "--json"], { cwd, env })) as Document;
      const { process } = await command<{ process: string }>("spawn", counterWasm);
      const sent = ["send", process, "--action", "Increment", "--wait", "proof"];
      const { id } = await command<{ id: string }>(...sent);
      await command("receipt", id, "-o", file);
      files["/message.receipt"] = readFileSync(file);
      expected = { process, network };
    } finally {
      expect(await dev.end()).toBe(0);
      await home.remove();
    }
    const { page, errors } = await openPage("receipt-page");
    const verify = (flip: number) =>
      page.evaluate(
        (call) =>
          (globalThis as unknown as ReceiptPage).verifyFile(
            "/message.receipt",
            { ...call.expected, require: "step-proven" },
            call.flip,
          ),
        { expected, flip },
      );
    for (const run of ["first", "again"]) {
      const { ok, levels, lines, ms } = await verify(-1);
      expect({ ok, levels }).toEqual({ ok: true, levels: ["attested", "step-proven"] });
      const proof = lines.find(([name]) => name === "proof");
      console.log(`receipt, ${run}: ${ms.toFixed(0)} ms, of which the proof ${proof?.[2]} ms`);
    }
    const size = files["/message.receipt"]?.length ?? 0;
    // The proof is by far the largest part: it holds the middle.
    const { ok, lines } = await verify(size >> 1);
    expect(ok).toBe(false);
    expect(lines.filter(([, status]) => status === "invalid").map(([name]) => name)).toEqual([
      "proof",
    ]);
    expect(errors).toEqual([]);
    await page.close();
  }, 180_000);
}
