/**
 * What a first-time user does in the console, by mouse and by keyboard alone.
 *
 * @module
 */

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

export const passphrase = "a passphrase for tests";

/** Goes to a page of the navigation. */
export const visit = (page: Page, name: string): Promise<void> =>
  page.getByRole("navigation").getByRole("link", { name, exact: true }).click();

/** Makes the first key, where a form asks for one. */
export async function makeKey(page: Page): Promise<void> {
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("Passphrase again").fill(passphrase);
  await page.getByRole("button", { name: "Make a key" }).click();
}

/** The steps of the message that is on its way, as `name: state`. */
export async function steps(page: Page): Promise<readonly string[]> {
  const rows = page.getByRole("region", { name: "On its way" }).locator("li");
  return rows.evaluateAll((items) =>
    items.map((item) => {
      const [name, state] = [...item.children].map((child) => child.textContent);
      return `${name}: ${state}`;
    }),
  );
}

/** Waits until a step is done; one that failed is the test's failure at once, with what the page said. */
export async function stepDone(page: Page, name: string, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const all = await steps(page);
    if (all.includes(`${name}: done`)) return;
    const isLost = all.some((step) => step.endsWith(": failed")) || Date.now() > end;
    if (isLost) expect.fail(`${all.join(", ")}\n${await page.locator("main").innerText()}`);
    await page.waitForTimeout(100);
  }
}

/** The lines of the verification that is shown: status by name. */
export async function verdictLines(page: Page): Promise<Readonly<Record<string, string>>> {
  const table = page.getByRole("table", { name: "What was checked in this page" });
  const rows = table.locator("tbody tr");
  const lines = await rows.evaluateAll((items) =>
    items.map((row) => [...row.children].slice(0, 2).map((cell) => cell.textContent ?? "")),
  );
  return Object.fromEntries(lines);
}

/** Presses Tab until one of them has the focus; fails after a round of the page. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor();
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press("Tab");
    const hasFocus = wanted.evaluateAll((found) => found.some((one) => one.matches(":focus")));
    if (await hasFocus) return;
  }
  expect.fail(`${String(wanted)} is not reached by Tab`);
}
