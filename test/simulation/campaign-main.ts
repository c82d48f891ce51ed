/**
 * Many seeds in one process, for `scripts/campaign.mjs`: `seeds FROM COUNT` runs them, `bugs COUNT`
 * looks for every planted bug. Prints JSON, one document a line; the last one is the sum.
 *
 * @module
 */

import { coverageGates } from "./coverage.ts";
import { findBug } from "./find-bug.ts";
import { plantedBugs } from "./planted-bugs.ts";
import { runSeed } from "./simulation.ts";

const say = (line: object): void => console.log(JSON.stringify(line));

async function runSeeds(from: number, count: number): Promise<void> {
  const reached = new Map<string, number>();
  let eventCount = 0;
  for (let seed = from; seed < from + count; seed++) {
    const report = await runSeed(seed);
    eventCount += report.eventCount;
    for (const [state, times] of report.reached) {
      reached.set(state, (reached.get(state) ?? 0) + times);
    }
    if (report.violations.length > 0) {
      say({ seed, hash: report.hash, violations: report.violations.slice(0, 5) });
    }
    if ((seed - from) % 20 === 19 || seed === from + count - 1) say({ progress: seed - from + 1 });
  }
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  const gates = coverageGates.campaign;
  say({ count, cpuSeconds, eventCount, gates, reached: Object.fromEntries(reached) });
}

async function runBugs(count: number): Promise<void> {
  for (const bug of plantedBugs) {
    const start = performance.now();
    const found = await findBug(bug, { from: 1, count });
    const seconds = (performance.now() - start) / 1000;
    say({ bug: bug.name, found, seconds });
  }
}

const [what, ...numbers] = process.argv.slice(2);
const [first = 1, second = 100] = numbers.map(Number);
if (what === "bugs") await runBugs(first);
else await runSeeds(first, second);
