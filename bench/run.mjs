/**
 * `npm run bench`: the whole system's figures beside a peer's, taken in one run. What each figure is
 * stands in README.md beside this file.
 *
 *   npm run bench -- [--quick] [--json] [--only NAME]…
 *
 * @module
 */

import { parseArgs } from "node:util";
import { prepare } from "./prepare.mjs";
import { machine, table } from "./report.mjs";

/** Name to module and function; loaded late, because they import the build. */
const suites = {
  evaluation: async () => (await import("./suites/evaluation.mjs")).runEvaluation,
  acceptance: async () => (await import("./suites/acceptance.mjs")).runAcceptance,
  latency: async () => (await import("./suites/latency.mjs")).runLatency,
  metering: async () => (await import("./suites/metering.mjs")).runMetering,
  restore: async () => (await import("./suites/restore.mjs")).runRestore,
  heads: async () => (await import("./suites/heads.mjs")).runHeads,
  stark: async () => (await import("./suites/stark.mjs")).runStark,
  zkvm: async () => (await import("./suites/zkvm.mjs")).runZkvm,
  console: async () => (await import("./suites/console.mjs")).runConsole,
};
/** No suite waits for ever; one that takes so long is ended with the whole run. */
const runMs = { quick: 4 * 60_000, full: 15 * 60_000 };

const usage = `npm run bench -- [--quick] [--json] [--only NAME]…

  --quick      fewer rounds: at most ${runMs.quick / 60_000} minutes instead of ${runMs.full / 60_000}
  --json       one JSON document instead of the table
  --only NAME  this suite alone, of ${Object.keys(suites).join(", ")}
`;
const note = (text) => process.stderr.write(`bench: ${text}\n`);

const values = givenOptions();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = values.only.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  note(`no such suite: ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

prepare(note);
const limitMs = values.quick ? runMs.quick : runMs.full;
const watchdog = setTimeout(() => {
  note(`not done after ${limitMs / 60_000} minutes`);
  // Units and peers end by themselves when the channel to this process closes.
  process.exit(1);
}, limitMs);

const start = performance.now();
const host = machine();
const rows = [];
for (const [name, load] of Object.entries(suites)) {
  if (values.only.length > 0 && !values.only.includes(name)) continue;
  const suiteStart = performance.now();
  try {
    const run = await load();
    rows.push(...(await run({ isQuick: values.quick })).map((row) => ({ suite: name, ...row })));
    note(`${name}: ${((performance.now() - suiteStart) / 1000).toFixed(0)} s`);
  } catch (error) {
    // What the others measured is not lost.
    note(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 1;
  }
}
clearTimeout(watchdog);
const seconds = Math.round((performance.now() - start) / 1000);
const document = { machine: host, quick: values.quick, seconds, rows };
if (values.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
else {
  const { processor, cores, memoryGiB, node, loadAverage } = host;
  const where = `${cores} × ${processor}, ${memoryGiB} GiB, Node ${node.slice(1)}`;
  process.stdout.write(`${where}, load ${loadAverage.toFixed(1)} before, ${seconds} s\n\n`);
  process.stdout.write(`${table(rows)}\n`);
}

/** What was asked for; ends the run where that is nothing it knows. */
function givenOptions() {
  const options = {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
