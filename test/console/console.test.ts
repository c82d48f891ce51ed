/**
 * The console as a first-time user has it: a real dev network with a prover serves it, and nothing but the
 * page is touched. Without Chromium there is one test, whose name says so.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, launchChromium } from "../browser/chromium.ts";
import { nymcompute, root, run } from "../dev-network.ts";
import { makeKey, passphrase, stepDone, tabTo, verdictLines, visit } from "./acting.ts";
import {
  type ConsoleNetwork,
  openConsole,
  seriousFindings,
  startConsoleNetwork,
  type Visit,
} from "./open-console.ts";
import { layoutFaults } from "./page-layout.ts";

/** Where pictures of every page are left, for somebody to look at them; none are kept otherwise. */
const picturesFolder = process.env["CONSOLE_PICTURES"] ?? null;

const built = join(root, "dist", "console");
const servedBytesMax = 250 * 1024;
const proofLimitMs = 150_000;
/** Somebody to send tokens to. */
const recipient = "Zm9yIHRoZSBjb25zb2xlJ3MgdGVzdHMsIG5vIGtleSE";

test("everything that the page is made of, modules to spawn apart, is at most 250 KiB compressed", () => {
  const files = readdirSync(built).filter((name) => !name.endsWith(".wasm"));
  expect(files).toContain("acts-worker.js");
  const sizes = files.map((name) => gzipSync(readFileSync(join(built, name)), { level: 9 }).length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.log(
    `console: ${files.map((name, i) => `${name} ${sizes[i]}`).join(", ")}; ${bytes} in all`,
  );
  expect(bytes).toBeLessThanOrEqual(servedBytesMax);
});

if (chromiumPath === null) {
  test("Chromium is not on this machine: the console was not tried in a browser", () => {
    expect(chromiumPath).toBeNull();
  });
} else {
  describe("in Chromium", () => inChromium(chromiumPath as string));
}

function inChromium(executablePath: string): void {
  let browser: Browser;
  let network: ConsoleNetwork;
  /** The visit of the first path; later tests look at what it left. */
  let first: Visit;
  let process = "";
  let message = "";

  beforeAll(async () => {
    [network, browser] = await Promise.all([startConsoleNetwork(), launchChromium(executablePath)]);
    first = await openConsole(browser, network);
  });

  afterAll(async () => {
    await browser?.close();
    expect(await network?.end()).toBe(0);
  });

  /** Nobody but the units was asked, and nothing broke. */
  function expectClean({ asked, errors }: Visit): void {
    const units = [network.messenger, network.scheduler, network.compute];
    expect([...asked].filter((origin) => !units.includes(origin))).toEqual([]);
    expect(errors).toEqual([]);
  }

  const idIn = async (page: Page, of: "message" | "process"): Promise<string> => {
    const link = page.getByRole("region", { name: "On its way" }).locator(`a[href^="#/${of}/"]`);
    return ((await link.getAttribute("href")) ?? "").split("/").at(-1) ?? "";
  };

  test("a first-time user makes a key, spawns a token and transfers of it", async () => {
    const { page } = first;
    await visit(page, "Spawn");
    await makeKey(page);
    await page.getByRole("button", { name: "Spawn", exact: true }).click();
    await stepDone(page, "evaluated");
    process = await idIn(page, "process");
    expect(process).toMatch(/^[\w-]{43}$/);

    await visit(page, "Send");
    await page.getByLabel("To the process").fill(process);
    await page.getByLabel("Fill in").selectOption("token: transfer");
    await page.getByLabel("Recipient").fill(recipient);
    await page.getByLabel("Quantity").fill("250");
    await page.getByRole("button", { name: "Try it first" }).click();
    await page.getByRole("heading", { name: "Dry run: ok" }).waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await stepDone(page, "evaluated");
    message = await idIn(page, "message");
    const balance = await run(
      [
        nymcompute,
        "call",
        process,
        "--action",
        "Balance",
        "--tag",
        `Recipient=${recipient}`,
        "--json",
      ],
      { cwd: network.folder, env: network.env },
    );
    expect(balance).toContain('"250"');
    expectClean(first);
  }, 120_000);

  test("the tree of the transfer grows to the two notices that it caused, without a reload", async () => {
    const { page } = first;
    const nodes = page.getByRole("treeitem");
    // As if the messenger had nothing to say yet of what the transfer caused.
    const ofNotices = (url: URL): boolean =>
      /^\/messages\/[\w-]{43}$/.test(url.pathname) && !url.pathname.endsWith(message);
    await page.route(ofNotices, (route) => route.abort());
    await page.getByRole("region", { name: "On its way" }).locator('a[href^="#/message/"]').click();
    await nodes.first().waitFor();
    expect(await nodes.allTextContents()).toEqual([expect.stringContaining("Transfer")]);
    await page.unroute(ofNotices);
    await expect.poll(() => nodes.count(), { timeout: 30_000 }).toBe(3);
    const names = (await nodes.allTextContents()).join();
    for (const notice of ["Debit-Notice", "Credit-Notice"]) expect(names).toContain(notice);
    expectClean(first);
  });

  test(
    "the page verifies the transfer line by line, its proof too, and the file holds elsewhere",
    async () => {
      const { page } = first;
      await page.getByText("proven", { exact: true }).first().waitFor({ timeout: proofLimitMs });
      await page.getByRole("button", { name: "Verify in this page" }).click();
      await page.getByText("Reached: attested, step-proven.").waitFor({ timeout: 60_000 });
      const lines = await verdictLines(page);
      expect(Object.values(lines)).not.toContain("invalid");
      for (const name of [
        "spawn",
        "network",
        "log",
        "message",
        "result",
        "attestation",
        "proof",
        "head",
      ]) {
        expect(lines[name], name).toBe("valid");
      }
      // What no receipt holds, and what a network without witnesses has not, is not called valid.
      expect(lines).toMatchObject({ "earlier slots": "absent", cosignatures: "absent" });

      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save the receipt" }).click();
      const file = join(network.folder, "saved.receipt");
      await (await saving).saveAs(file);
      const where = { cwd: network.folder, env: network.env };
      const judged = await run(
        [nymcompute, "verify", file, "--process", process, "--require", "step-proven", "--json"],
        where,
      );
      expect(JSON.parse(judged)).toMatchObject({ ok: true });

      const bytes = readFileSync(file);
      const flipped = Uint8Array.from(bytes);
      const middle = bytes.length >> 1;
      flipped[middle] = (flipped[middle] ?? 0) ^ 1;
      const verified = async (receipt: Uint8Array): Promise<Readonly<Record<string, string>>> => {
        await visit(page, "Verify");
        const given = {
          name: "given.receipt",
          mimeType: "application/msgpack",
          buffer: Buffer.from(receipt),
        };
        await page.getByLabel("Receipt", { exact: true }).setInputFiles(given);
        await page.getByRole("button", { name: "Verify the file" }).click();
        await page.getByText(/^(Nothing is invalid|Invalid)/).waitFor();
        return verdictLines(page);
      };
      // The proof is by far the largest part: it holds the middle.
      expect(await verified(flipped)).toMatchObject({ result: "valid", proof: "invalid" });
      expect(await page.getByText("Invalid: proof. Do not believe it.").count()).toBe(1);
      await visit(page, "Keys");
      expect(await verified(bytes)).toMatchObject({ proof: "valid" });
      expectClean(first);
    },
    proofLimitMs + 120_000,
  );

  test("a key is kept over a reload, locked, opened by its passphrase alone, saved and deleted", async () => {
    const { page } = first;
    await visit(page, "Keys");
    await page.reload();
    await page.getByText("locked", { exact: true }).waitFor();
    const unlock = async (text: string): Promise<void> => {
      await page.getByLabel("Passphrase", { exact: true }).first().fill(text);
      await page.getByRole("button", { name: "Unlock" }).click();
    };
    await unlock("another passphrase");
    await page.getByRole("alert").getByText("KEY_PASSPHRASE_WRONG").waitFor();
    await unlock(passphrase);
    await page.getByText("unlocked until this page is left").waitFor();

    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as a file" }).click();
    const path = join(network.folder, "page.key");
    await (await saving).saveAs(path);
    const text = readFileSync(path, "utf8");
    const secret = join(network.folder, "passphrase");
    await writeFile(secret, `${passphrase}\n`, { mode: 0o600 });
    await writeFile(join(network.folder, "own.key"), text, { mode: 0o600 });
    const env = { ...network.env, NYMCOMPUTE_PASSPHRASE_FILE: secret };
    const argv = [nymcompute, "key", "address", "--key", join(network.folder, "own.key"), "--json"];
    const { address } = JSON.parse(await run(argv, { cwd: network.folder, env })) as {
      readonly address: string;
    };
    expect(text).toContain(address);

    await page.getByRole("button", { name: "Delete …" }).click();
    await page.getByRole("button", { name: "Delete it for ever" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Save as a file" }).count()).toBe(0);
    expect(await page.evaluate(() => Object.keys(localStorage).join())).not.toContain(address);

    await page.getByLabel("Key file", { exact: true }).setInputFiles(path);
    await page.getByLabel("Passphrase of the file").fill(passphrase);
    await page.getByRole("button", { name: "Import the key" }).click();
    await page.getByText("unlocked until this page is left").waitFor();
    expectClean(first);
  }, 120_000);

  test("the path needs no mouse: key, spawn, message and verification by keyboard alone", async () => {
    const visited = await openConsole(browser, network);
    const { page } = visited;
    const press = async (role: "link" | "button", name: string): Promise<void> => {
      await tabTo(page, page.getByRole(role, { name, exact: true }));
      await page.keyboard.press("Enter");
    };
    const type = async (label: string, text: string): Promise<void> => {
      await tabTo(page, page.getByLabel(label, { exact: true }));
      await page.keyboard.type(text);
    };
    await press("link", "Spawn");
    await type("Passphrase", passphrase);
    await type("Passphrase again", passphrase);
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("radio"));
    await page.keyboard.press("ArrowDown");
    await press("button", "Spawn");
    await stepDone(page, "evaluated");
    const counter = await idIn(page, "process");
    await press("link", "Send");
    await type("To the process", counter);
    await type("Action", "Increment");
    await page.keyboard.press("Enter");
    await stepDone(page, "evaluated");
    const sent = await idIn(page, "message");
    await tabTo(page, page.locator(`a[href="#/message/${sent}"]`));
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("treeitem"));
    await press("button", "Verify in this page");
    await page.getByText(/^Nothing is invalid\. Reached: attested/).waitFor({ timeout: 60_000 });
    expect(await verdictLines(page)).toMatchObject({ message: "valid", attestation: "valid" });
    expectClean(visited);
    await visited.context.close();
  }, 120_000);

  test("what is judged below finds an overlap, an overflow and a bad contrast that are made on purpose", async () => {
    const { page, context } = await openConsole(browser, network, { place: "#/verify" });
    await settled(page);
    expect(await layoutFaults(page)).toEqual([]);
    const spoil = (name: string, value: string): Promise<void> =>
      page
        .locator("h1")
        .evaluate((heading, set) => heading.style.setProperty(...set), [name, value] as [
          string,
          string,
        ]);
    await spoil("color", "#bbbbbb");
    expect((await seriousFindings(page)).join()).toContain("color-contrast");
    await spoil("transform", "translateY(40px)");
    expect((await layoutFaults(page)).join()).toContain("overlap");
    await spoil("transform", "none");
    await spoil("width", "1400px");
    expect((await layoutFaults(page)).join()).toMatch(/1\d\d\d wide in a window of/);
    await context.close();
  });

  test.for([
    { dark: false, width: 1280 },
    { dark: false, width: 375 },
    { dark: true, width: 1280 },
    { dark: true, width: 375 },
  ])(
    "every page is without overlap, overflow or a serious finding of axe (dark $dark, $width wide)",
    { timeout: 120_000 },
    async ({ dark, width }) => {
      const places: Readonly<Record<string, string>> = {
        network: "#/",
        process: `#/process/${process}`,
        message: `#/message/${message}`,
        proofs: "#/proofs",
        spawn: "#/spawn",
        send: `#/send?process=${process}`,
        verify: "#/verify",
        keys: "#/keys",
        nowhere: "#/no-such-place",
      };
      const visited = await openConsole(browser, network, { dark, width, place: "#/keys" });
      const { page } = visited;
      await makeKey(page);
      await page.getByText("unlocked until this page is left").waitFor();
      for (const [name, place] of Object.entries(places)) {
        await page.evaluate((hash) => {
          location.hash = hash;
        }, place);
        await settled(page);
        if (name === "message") {
          await page.getByRole("button", { name: "Verify in this page" }).click();
          await page.getByText(/^Nothing is invalid/).waitFor({ timeout: 60_000 });
        }
        if (picturesFolder !== null) {
          mkdirSync(picturesFolder, { recursive: true });
          const file = `${name}-${dark ? "dark" : "light"}-${width}.png`;
          await page.screenshot({ path: join(picturesFolder, file), fullPage: true });
        }
        expect(await page.locator(".notice.failed").allInnerTexts(), name).toEqual([]);
        expect(await layoutFaults(page), name).toEqual([]);
        expect(await seriousFindings(page), name).toEqual([]);
      }
      expectClean(visited);
      await visited.context.close();
    },
  );
}

/** Nothing is being read any more, and what came is laid out. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator(".notice.loading").count()).toBe(0);
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}
