/**
 * `npm run campaign -- zkvm-processes [--processes a,b] [--workers N]`: proves and verifies every slot of
 * the seven processes, and of the sort also with 1,000 objects. Its log is
 * `bench/campaigns/zkvm-processes_v1.txt`, in which a run of some processes leaves the figures of the
 * others as they are. Run `npm run build` first.
 *
 * @module
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { bundle, machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const all = ["sort-1000", "json", "sha256", "token", "wide", "sort", "chat", "counter"];

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: all.join(",") },
    workers: { type: "string", default: String(Math.max(1, availableParallelism())) },
  },
});
const waiting = values.processes.split(",");

const logName = "zkvm-processes_v1.txt";
const log = new URL(`../../bench/campaigns/${logName}`, import.meta.url);

/** What an earlier run said of the processes that this one leaves out. */
const sections = new Map();
for (const text of existsSync(log) ? readFileSync(log, "utf8").split("\n\n").slice(1) : []) {
  sections.set(text.slice(0, text.indexOf(":")), text.trimEnd().split("\n"));
}

const spread = (numbers, digits = 0) => {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = [0, Math.floor(sorted.length / 2), sorted.length - 1];
  return at.map((place) => sorted[place].toFixed(digits)).join("/");
};

const take = ({ name, cpuSeconds, slots }) => {
  const failed = slots.filter((slot) => slot.failed).length;
  const rows = slots.reduce((sum, slot) => sum + slot.rows, 0);
  const column = (key) => slots.map((slot) => slot[key]);
  sections.set(name, [
    `${name}: ${slots.length} slots proven and verified, ${failed} of them failed`,
    `  ${rows} rows, CPU ${cpuSeconds.toFixed(0)} s, least/median/most of a slot:`,
    `  rows ${spread(column("rows"))}, segments ${spread(column("segments"))}`,
    `  proof ${spread(column("kibibytes"))} KiB, proven in ${spread(column("proveSeconds"), 1)} s`,
    `  verified in ${spread(column("verifySeconds"), 2)} s`,
    `  ${machine()}`,
  ]);
  console.log(sections.get(name).join("\n"));
};

const file = await bundle("test/proven-processes/campaign-main.ts");
const work = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, size] = next.split("-");
    const code = await runScript(file, size === undefined ? [name] : [name, "large"], take);
    if (code === 0) continue;
    process.exitCode = 1;
    sections.set(next, [`${next}: FAILED, exit ${code}`]);
  }
};
try {
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
} finally {
  rmSync(file);
}
const lines = ["zkvm-processes: each process as its last run found it"];
for (const name of all) if (sections.has(name)) lines.push("", ...sections.get(name));
const missing = all.filter((name) => !sections.has(name));
if (missing.length > 0) lines.push("", `not run yet: ${missing.join(", ")}`);
writeLog(logName, lines);
