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

/** The rows of the table in a text whose first line begins so, without that line, as their cells. */
function rowsOf(text: string, heading: string): readonly (readonly string[])[] {
  const table = text.slice(text.indexOf(heading)).split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

async function faultsSection(): Promise<string> {
  const text = await readFile(new URL("spec/13-promises.md", root), "utf8");
  return text.slice(text.indexOf("## 3 Faults"));
}

test("every fault has, for every promise, evidence that is listed or the reason why there is none", async () => {
  const text = await readFile(new URL("spec/13-promises.md", root), "utf8");
  const section = await faultsSection();
  const promises = rowsOf(text, "| promise |").map(([promise]) => promise);
  const heading = /^\| fault \| (.*) \|$/m.exec(section)?.[1]?.split(" | ");
  expect(heading).toEqual(promises);
  const matrix = rowsOf(section, "| fault |");
  expect(matrix.length).toBeGreaterThanOrEqual(20);
  const keys = rowsOf(section, "| key |").map(([key]) => key ?? "");
  const reasons = [...section.matchAll(/^- \*\*([a-z])\*\*: /gm)].map(([, letter]) => letter ?? "");
  const known = new Set([...keys, ...reasons]);
  const used = new Set<string>();
  for (const [fault, ...cells] of matrix) {
    expect(cells.length, fault).toBe(promises.length);
    for (const cell of cells) {
      const named = cell.split(", ");
      expect(
        named.filter((key) => !known.has(key)),
        fault,
      ).toEqual([]);
      for (const key of named) used.add(key);
    }
  }
  expect([...known].filter((key) => !used.has(key))).toEqual([]);
});

test("the evidence against every fault is a test of that name in that file", async () => {
  const evidence = rowsOf(await faultsSection(), "| key |");
  expect(evidence.length).toBeGreaterThan(30);
  for (const [key, file, name] of evidence) {
    const source = await readFile(new URL((file ?? "").replaceAll("`", ""), root), "utf8");
    expect(source.includes(name ?? " "), `${key}: ${name}`).toBe(true);
  }
});
