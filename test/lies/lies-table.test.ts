/** The table of lies (section 16 §5) and the tests of lies are of the same lies. @module */

import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

interface Row {
  readonly key: string;
  readonly lie: string;
  readonly metBy: string;
  readonly within: string;
  readonly evidence: string;
}

async function rows(): Promise<readonly Row[]> {
  const text = await readFile(new URL("spec/16-evidence.md", root), "utf8");
  const table = text.slice(text.indexOf("| key | lie |")).split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, key = "", lie = "", metBy = "", within = "", evidence = ""]) => ({
      ...{ key, lie, metBy, within, evidence },
    }));
}

/** Key → the text of its test. */
async function tests(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(new URL("test/lies/", root)))
    .filter((name) => name.endsWith("-lies.test.ts"))
    .map((name) => `test/lies/${name}`);
  // Those that take a proof, or an evaluation.
  const others = ["test/end-to-end/proofs.test.ts", "src/node/replay.test.ts"];
  const files = [...names, ...others].map((name) => readFile(new URL(name, root), "utf8"));
  const texts = await Promise.all(files);
  const each = texts.flatMap((text) => text.split(/^test\("/m).slice(1));
  return new Map(
    each.flatMap((text) => {
      const key = /^([a-z-]+): /.exec(text)?.[1];
      return key === undefined ? [] : [[key, text] as const];
    }),
  );
}

test("every lie of the table has a test, and every test of a lie a row", async () => {
  const keys = (await rows()).map(({ key }) => key);
  expect(keys.length).toBeGreaterThan(30);
  expect([...(await tests()).keys()].sort()).toEqual([...keys].sort());
});

test("what a row says is found is what its test expects", async () => {
  const texts = await tests();
  for (const { key, evidence, metBy, within } of await rows()) {
    const text = texts.get(key) ?? "";
    const codes = evidence.match(/\b(?:E[0-8]|A[1-3]|[A-Z]+_[A-Z_]+)\b/g) ?? [];
    for (const code of codes) expect(text, key).toContain(code);
    if (codes.length === 0) expect(evidence, key).toMatch(/^not (detectable|provable)/);
    expect(metBy, key).not.toBe("");
    expect(within !== "" || /^not detectable/.test(evidence), key).toBe(true);
  }
});
