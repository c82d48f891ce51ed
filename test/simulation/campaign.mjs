/**
 * The campaign `simulation [--seeds N] [--from SEED] [--workers N]`: many seeds of the simulated
 * network, the states that they reached, and every planted bug.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { bundle, machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(Math.max(1, availableParallelism())) },
  },
});
const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(Number);

const run = async (...args) => {
  const code = await runScript(...args);
  if (code !== 0) throw new Error(`${args[1].join(" ")} ended with ${code}`);
};

/** Runs the seeds in shares; the sums of the shares and the failures. */
const runSeeds = async (file) => {
  const sums = [];
  const failures = [];
  const take = (line) => {
    if (line.reached !== undefined) sums.push(line);
    else if (line.seed !== undefined) failures.push(line);
  };
  const share = Math.ceil(seeds / workers);
  const shares = Array.from({ length: workers }, (_, i) => ({
    first: from + i * share,
    count: Math.min(share, seeds - i * share),
  })).filter(({ count }) => count > 0);
  await Promise.all(
    shares.map(({ first, count }) => run(file, ["seeds", `${first}`, `${count}`], take)),
  );
  return { sums, failures };
};

const lines = [`simulation: seeds ${from} to ${from + seeds - 1}`, machine(), ""];
const start = performance.now();
const file = await bundle("test/simulation/campaign-main.ts");
try {
  const { sums, failures } = await runSeeds(file);
  const seconds = (performance.now() - start) / 1000;
  const events = sums.reduce((sum, { eventCount }) => sum + eventCount, 0);
  const rate = (seeds / seconds).toFixed(1);
  lines.push(`${seeds} seeds in ${seconds.toFixed(0)} s (${rate} a second), ${events} events`);
  lines.push(`failing seeds: ${failures.length}`);
  for (const { seed, hash, violations } of failures) {
    lines.push(`  ${seed} (${hash.slice(0, 16)})`);
    for (const { rule, detail } of violations) lines.push(`    ${rule}: ${detail}`);
  }
  const reached = new Map();
  for (const sum of sums) {
    for (const [state, count] of Object.entries(sum.reached)) {
      reached.set(state, (reached.get(state) ?? 0) + count);
    }
  }
  const missing = (sums[0]?.gates ?? []).filter((state) => !reached.has(state));
  lines.push(`states never reached: ${missing.length === 0 ? "none" : missing.join(", ")}`, "");
  lines.push("planted bugs (seed that showed each, what it showed, seconds until then)");
  let unfound = 0;
  await run(file, ["bugs", "1000"], ({ bug, found, seconds: took }) => {
    if (found === null) unfound++;
    const shown = found === null ? "NOT FOUND" : `seed ${found.seed}: ${found.violation.rule}`;
    lines.push(`  ${bug}: ${shown} (${took.toFixed(1)} s)`);
  });
  lines.push("", "states reached");
  const states = [...reached.keys()].toSorted((one, other) => (one < other ? -1 : 1));
  for (const state of states) lines.push(`  ${reached.get(state)} ${state}`);
  if (failures.length + missing.length + unfound > 0) process.exitCode = 1;
} finally {
  rmSync(file);
}
writeLog("simulation_v1.txt", lines);
