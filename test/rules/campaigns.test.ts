import { access, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

interface Campaign {
  readonly name: string;
  readonly shows: string;
  readonly minutes: number;
  readonly script: string;
  readonly log: string;
  readonly sample: string;
}

const registry: string = new URL("bench/campaigns/registry.mjs", root).href;
const { campaigns } = (await import(registry)) as { campaigns: readonly Campaign[] };

test("every campaign has a script, a log and a sample among the ordinary tests", async () => {
  expect(campaigns.length).toBeGreaterThan(3);
  for (const { name, script, log, sample } of campaigns) {
    expect(sample, name).toMatch(/\.test\.ts$/);
    for (const file of [script, sample, `bench/campaigns/${log}`]) {
      await expect(access(new URL(file, root)), `${name}: ${file}`).resolves.toBeUndefined();
    }
  }
});

test("the campaigns' page lists them as the registry does", async () => {
  const page = await readFile(new URL("bench/campaigns/README.md", root), "utf8");
  const listed = page.split("\n").filter((line) => line.startsWith("| `"));
  const known = campaigns.map(
    ({ name, shows, minutes, log, sample }) =>
      `| \`${name}\` | ${shows} | ${minutes} | \`${log}\` | \`${sample}\` |`,
  );
  expect(listed).toEqual(known);
});
