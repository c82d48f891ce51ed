import { expect, test } from "vitest";
import { slotKey } from "../../src/node/store/schema.ts";
import { parseId } from "../../src/protocol/ids.ts";
import { coverageGates, missingStates } from "./coverage.ts";
import { findBug } from "./find-bug.ts";
import { plantedBugs } from "./planted-bugs.ts";
import { lyingBugs } from "./planted-lies.ts";
import { type RunReport, runSeed } from "./simulation.ts";

/** A fixed sample; `node scripts/campaign.mjs simulation` runs as many as are asked for. */
const sample = { from: 1, count: 45 };

/** What a failing seed is reported with: run it alone to see it again. */
function told({ seed, violations }: RunReport): readonly string[] {
  return violations.map(({ rule, detail }) => `seed ${seed}: ${rule}: ${detail}`);
}

test("a network of whole units keeps its promises through faults and comes to rest", async () => {
  const reached = new Map<string, number>();
  for (let seed = sample.from; seed < sample.from + sample.count; seed++) {
    const report = await runSeed(seed);
    expect(told(report)).toEqual([]);
    for (const [state, count] of report.reached) {
      reached.set(state, (reached.get(state) ?? 0) + count);
    }
  }
  expect(missingStates(reached, coverageGates.sample)).toEqual([]);
}, 600_000);

test("a seed is a whole run: the same events in the same order, twice", async () => {
  for (const seed of [3, 8]) {
    const [first, second] = [await runSeed(seed), await runSeed(seed)];
    expect(first.lines.length).toBeGreaterThan(100);
    expect(second.hash, `seed ${seed}`).toBe(first.hash);
    expect((await runSeed(seed + 1)).hash).not.toBe(first.hash);
  }
});

test("the judgement sees the canary: one acknowledged entry taken off the disk", async () => {
  const { violations } = await runSeed(1, {
    afterwards: (site, { acknowledged }) => {
      const [first] = acknowledged;
      if (first === undefined) throw new Error("nothing was acknowledged");
      const key = slotKey(parseId(first.process), first.slot);
      site.disks.scheduler.disk.table("entry").write(key, null);
    },
  });
  expect(violations.map(({ rule }) => rule)).toContain("acknowledged is durable");
});

test("the judgement sees a result that one unit has and the other has not", async () => {
  const { violations } = await runSeed(1, {
    afterwards: (site) => {
      const results = site.disks["compute-1"].disk.table("result");
      const [first] = results.range({ from: new Uint8Array(0) });
      if (first !== undefined) results.write(first.key, null);
    },
  });
  expect(violations.map(({ rule }) => rule)).toContain("everything is evaluated");
});

/** Those that show within a few seeds; the campaign looks for every one of them. */
const quick = plantedBugs.filter(({ isQuick }) => isQuick);

test.each(quick)("finds a unit that $name", async (bug) => {
  expect(await findBug(bug, { from: 1, count: 1_000 }), bug.name).not.toBeNull();
});

test.each(lyingBugs)(
  "those who look on convict a scheduler that $name",
  async (bug) => {
    const accusations: string[] = [];
    for (let seed = 1; seed <= 60 && accusations.length === 0; seed++) {
      const { violations } = await runSeed(seed, { bug });
      const accused = violations.filter(({ rule }) => rule === "an honest unit is never accused");
      accusations.push(
        ...accused.map(({ detail }) => detail).filter((detail) => /E[12]:/.test(detail)),
      );
    }
    expect(accusations).not.toEqual([]);
  },
  120_000,
);
