/**
 * The campaign `simulation [--seeds N] [--from SEED] [--workers N]`: many seeds of the simulated
 * network, the states that they reached, and every planted bug. Fails where a seed does, where a state
 * that must be reached is not, and where a bug is not found. Ended by a signal, it logs what it has.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
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

/** Seeds that one process runs: few enough that memory stays small, many for a start of 2 s. */
const shareSeeds = Math.min(1000, Math.max(100, Math.ceil(seeds / workers / 3)));
/** Seeds in which each planted bug must show. */
const bugSeeds = 1000;
/** Fewer and cheaper collections: a seed's objects die with it. */
const nodeFlags = ["--max-semi-space-size=64"];
const progressMs = 30_000;

const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
const isChanged = git("status", "--porcelain", "--", "*.ts", "*.mjs") !== "";
const commit = `${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""}`;

const start = performance.now();
const file = await bundle("test/simulation/campaign-main.ts");
const sums = [];
const failures = [];
const bugs = [];
/** Seeds done by each share. */
const done = new Map();

const doneCount = () => [...done.values()].reduce((sum, count) => sum + count, 0);
const secondsPassed = () => (performance.now() - start) / 1000;

const runJob = async (args, take) => {
  const code = await runScript(file, args, take, nodeFlags);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
};

const findBugs = () => runJob(["bugs", `${bugSeeds}`], (line) => bugs.push(line));

const runShare = ({ first, count }) =>
  runJob(["seeds", `${first}`, `${count}`], (line) => {
    if (line.reached !== undefined) sums.push(line);
    else if (line.progress !== undefined) done.set(first, line.progress);
    else failures.push(line);
  });

const jobs = [findBugs];
for (let first = from; first < from + seeds; first += shareSeeds) {
  const count = Math.min(shareSeeds, from + seeds - first);
  jobs.push(() => runShare({ first, count }));
}

const sayProgress = () => {
  const count = doneCount();
  const rate = count / secondsPassed();
  const minutes = rate === 0 ? "?" : Math.ceil((seeds - count) / rate / 60);
  const said = `${count} of ${seeds} seeds, ${rate.toFixed(1)} a second, ${minutes} min left`;
  console.error(`${said}; ${failures.length} failing, ${bugs.length} bugs looked for`);
};

const countsOf = () => {
  const reached = new Map();
  for (const sum of sums) {
    for (const [state, count] of Object.entries(sum.reached)) {
      reached.set(state, (reached.get(state) ?? 0) + count);
    }
  }
  return reached;
};

const tableOf = (states, reached) =>
  [...states]
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((state) => `  ${reached.get(state) ?? 0} ${state}`);

/** Writes the log; the exit code says whether all is as it must be. */
const report = () => {
  const sumOf = (name) => sums.reduce((sum, one) => sum + one[name], 0);
  const [count, cpuSeconds] = [sumOf("count"), sumOf("cpuSeconds")];
  const reached = countsOf();
  const gates = new Set(sums[0]?.gates ?? []);
  const missing = [...gates].filter((state) => !reached.has(state));
  const unfound = bugs.filter(({ found }) => found === null);
  const rate = (count / cpuSeconds).toFixed(1);
  const lines = [
    `simulation: ${count} of ${seeds} seeds from ${from} on, commit ${commit}`,
    machine(),
    "",
    `${secondsPassed().toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of them on a core (${workers} workers): ` +
      `${rate} seeds a second and core, ${sumOf("eventCount")} events`,
    `failing seeds: ${failures.length}`,
  ];
  for (const { seed, hash, violations } of failures) {
    lines.push(`  ${seed} (${hash.slice(0, 16)})`);
    for (const { rule, detail } of violations) lines.push(`    ${rule}: ${detail}`);
  }
  lines.push(`states never reached: ${missing.length === 0 ? "none" : missing.join(", ")}`, "");
  lines.push(
    `planted bugs: ${bugs.length - unfound.length} of ${bugs.length} found; seeds until each`,
  );
  for (const { bug, found } of bugs) {
    lines.push(
      `  ${bug}: ${found === null ? "NOT FOUND" : `${found.seed}, ${found.violation.rule}`}`,
    );
  }
  const others = [...reached.keys()].filter((state) => !gates.has(state));
  lines.push("", "states that must be reached, and how often", ...tableOf(gates, reached));
  lines.push("", "others", ...tableOf(others, reached));
  writeLog("simulation_v2.txt", lines);
  const isWhole = count === seeds && bugs.length > 0;
  const isClean = failures.length + missing.length + unfound.length === 0;
  process.exitCode = isWhole && isClean ? 0 : 1;
};

const progress = setInterval(sayProgress, progressMs);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    report();
    process.exit(1);
  });
}
try {
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: workers }, work));
} finally {
  clearInterval(progress);
  rmSync(file);
  report();
}
