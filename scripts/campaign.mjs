/**
 * Long runs that are no part of the tests: `simulation [--seeds N] [--from SEED] [--workers N]` for the
 * simulated network and its planted bugs, `durability [--rounds N] [--messages N]` for real units that
 * are killed, paused and short of disk. Each writes its log to `bench/campaigns/`. Run `npm run build`
 * first.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);
const logs = new URL("bench/campaigns/", root);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  // The campaign `hostile` reads its own.
  strict: false,
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(Math.max(1, availableParallelism())) },
    rounds: { type: "string", default: "10" },
    messages: { type: "string", default: "400" },
  },
});

/** Runs a script and gives each line of its output that is JSON to `take`. */
const run = (file, args, take) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) take(JSON.parse(line));
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${args.join(" ")} ended with ${code}`)),
    );
  });

const machine = () =>
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`;

const writeLog = (name, lines) => {
  mkdirSync(logs, { recursive: true });
  writeFileSync(new URL(name, logs), `${lines.join("\n")}\n`);
  console.log(`bench/campaigns/${name}`);
};

/** One bundle, since Node 20 runs no TypeScript; it stands where the packages are found. */
const bundle = async () => {
  const file = fileURLToPath(new URL(`dist/campaign-${process.pid}.mjs`, root));
  await build({
    entryPoints: [fileURLToPath(new URL("test/simulation/campaign-main.ts", root))],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
  return file;
};

const simulation = async () => {
  const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(Number);
  const file = await bundle();
  const lines = [`simulation: seeds ${from} to ${from + seeds - 1}`, machine(), ""];
  const start = performance.now();
  const sums = [];
  const failures = [];
  const share = Math.ceil(seeds / workers);
  const take = (line) => {
    if (line.reached !== undefined) sums.push(line);
    else if (line.seed !== undefined) failures.push(line);
  };
  try {
    const shares = Array.from({ length: workers }, (_, i) => ({
      first: from + i * share,
      count: Math.min(share, seeds - i * share),
    })).filter(({ count }) => count > 0);
    await Promise.all(
      shares.map(({ first, count }) => run(file, ["seeds", `${first}`, `${count}`], take)),
    );
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
};

const durability = async () => {
  const script = fileURLToPath(new URL("test/faults/durability.mjs", root));
  const { rounds, messages } = values;
  const lines = [`durability: ${rounds} rounds, ${messages} messages each`, machine(), ""];
  await run(script, ["--rounds", rounds, "--messages", messages, "--json"], (line) => {
    lines.push(JSON.stringify(line));
    console.log(JSON.stringify(line));
  });
  writeLog("durability_v1.txt", lines);
};

/** A campaign of its own, with options of its own. */
const hostile = () => import("../test/hostile/campaign.mjs");

const campaigns = { simulation, durability, hostile };
const campaign = campaigns[positionals[0] ?? ""];
if (campaign === undefined) {
  console.error(`usage: campaign.mjs ${Object.keys(campaigns).join("|")} [options]`);
  process.exitCode = 2;
} else await campaign();
