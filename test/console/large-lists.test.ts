/**
 * Ten thousand processes and a log of a hundred thousand entries in a real browser: what a scroll or a
 * search puts into the document does not depend on the length of the list. How long it takes is
 * printed; `npm run bench -- --only console` holds it to its bound.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, launchChromium } from "../browser/chromium.ts";
import { root } from "../dev-network.ts";
import { type FakeNetwork, fakeId, startFakeNetwork } from "./fake-network.ts";
import { measureList } from "./measure-lists.ts";

const folder = join(root, "dist", "console");
const processes = 10_000;
const entries = 100_000;
/** Rows of a view of 900 pixels with those around it: 11 and 12, and the head. */
const rowsMax = 30;
/** A row has 20 elements. */
const elementsMax = rowsMax * 24;

if (chromiumPath === null) {
  test("Chromium is not on this machine: the console's long lists were not tried in one", () => {
    expect(chromiumPath).toBeNull();
  });
} else {
  describe("in Chromium", () => inChromium(chromiumPath as string));
}

const worst = (values: readonly number[]): string => Math.max(...values).toFixed(0);

function inChromium(executablePath: string): void {
  let browser: Browser;
  let network: FakeNetwork;

  beforeAll(async () => {
    expect(existsSync(join(folder, "console.js")), "npm run build makes the page").toBe(true);
    network = await startFakeNetwork({ processes, entries, page: folder });
    browser = await launchChromium(executablePath);
  });

  afterAll(async () => {
    await browser?.close();
    await network?.close();
  });

  async function openPage(place: string) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${network.origin}/console${place}`);
    return { page, errors };
  }

  test("of ten thousand processes only what is seen is drawn, scrolled and searched", async () => {
    const { page, errors } = await openPage("#/");
    await page.getByText("10,000 in all").waitFor();
    const queries = [
      "t",
      "to",
      "tok",
      "toke",
      "token",
      "token 99",
      "chat 7",
      fakeId("process", 9999),
    ];
    const list = ".list-processes .list-scroll";
    const cost = await measureList(page, { list, input: "#process-search", scrolls: 24, queries });
    console.log(`processes: scroll ${worst(cost.scrollMs)} ms, search ${worst(cost.searchMs)} ms`);
    expect(cost.rowsMax).toBeGreaterThan(1);
    expect(cost.rowsMax).toBeLessThanOrEqual(rowsMax);
    expect(cost.elementsMax).toBeLessThanOrEqual(elementsMax);
    await page.getByText("1 of 10,000 found").waitFor();
    await page.locator("#process-search").press("Enter");
    await page.getByRole("heading", { name: "Process registry 9999" }).waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test("of a hundred thousand entries only what is looked at is read and drawn", async () => {
    const { page, errors } = await openPage(`#/process/${fakeId("process", 4)}?slot=50000`);
    await page.getByRole("heading", { name: "Slot 50,000" }).waitFor();
    await page.locator('[aria-current="true"]', { hasText: "50,000" }).waitFor();
    const before = network.answered.get("scheduler/processes") ?? 0;
    const queries = ["t", "tr", "transfer", "transfer 7", "zzz", ""];
    const list = ".list-log .list-scroll";
    const cost = await measureList(page, { list, input: "#log-search", scrolls: 24, queries });
    console.log(`entries: scroll ${worst(cost.scrollMs)} ms, search ${worst(cost.searchMs)} ms`);
    expect(cost.rowsMax).toBeGreaterThan(1);
    expect(cost.rowsMax).toBeLessThanOrEqual(rowsMax);
    expect(cost.elementsMax).toBeLessThanOrEqual(2 * elementsMax);
    const asked = (network.answered.get("scheduler/processes") ?? 0) - before;
    expect(asked).toBeLessThanOrEqual(3 * 24);
    expect(errors).toEqual([]);
    await page.close();
  });
}
