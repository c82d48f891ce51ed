import { access, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

test("section 13 names code and tests that are there", async () => {
  const text = await readFile(new URL("spec/13-promises.md", root), "utf8");
  const files = [...text.matchAll(/`([a-z-]+\/[^`]+\.ts)`/g)].map(([, file]) => file ?? "");
  expect(files.length).toBeGreaterThan(40);
  const missing: string[] = [];
  for (const file of new Set(files)) {
    await access(new URL(file, root)).catch(() => missing.push(file));
  }
  expect(missing).toEqual([]);
});

test("section 13 names code and a test for every rule", async () => {
  const text = await readFile(new URL("spec/13-promises.md", root), "utf8");
  const rules = text
    .slice(text.indexOf("## 1"), text.indexOf("## 2"))
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rules.length).toBeGreaterThan(20);
  for (const [, rule, section, code, proof] of rules) {
    expect(section, rule).toMatch(/^\d\d/);
    expect(code, rule).toMatch(/\.ts`/);
    expect(proof, rule).toMatch(/(\.test|-compliance)\.ts`/);
  }
});
