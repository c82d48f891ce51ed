/**
 * `npm run campaign -- zkvm-conformance [--modules N] [--workers N] [--files spec-suite,random-processes]`:
 * tests of this folder in full. Every call of the specification's suite and of N random processes goes
 * through all engines and through all constraints and buses of the zkVM. Its log is
 * `bench/campaigns/zkvm-conformance_v1.txt`, in which a run of one file leaves the other's figures.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, writeLog } from "../../bench/campaigns/running.mjs";

const all = ["spec-suite", "random-processes"];

const { values } = parseArgs({
  options: {
    modules: { type: "string", default: "2000" },
    files: { type: "string", default: all.join(",") },
    workers: { type: "string", default: String(Math.max(1, availableParallelism())) },
  },
});

const root = fileURLToPath(new URL("../../", import.meta.url));
const logName = "zkvm-conformance_v1.txt";
const log = new URL(`../../bench/campaigns/${logName}`, import.meta.url);
const figures = /^(integer assertions|spec suite|random processes|constraints|trap kinds)/;
const outcome = /^\s*(Tests|×|FAIL)\s/;

/** What an earlier run said of the file that this one leaves out. */
const sections = new Map();
for (const text of existsSync(log) ? readFileSync(log, "utf8").split("\n\n").slice(1) : []) {
  sections.set(text.slice(0, text.indexOf(":")), text.trimEnd().split("\n"));
}

/** A file of tests once, with the lines of its figures and its outcome. */
const runOnce = (name, env) =>
  new Promise((resolve, reject) => {
    const lines = [];
    const child = spawn("npx", ["vitest", "run", `test/conformance/${name}.test.ts`], {
      cwd: root,
      env: { ...process.env, CONSTRAINED_EACH: "1", NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (figures.test(line) || outcome.test(line)) lines.push(`  ${line.trim()}`);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, lines }));
  });

/** The suite in one run; the random processes in as many as there are workers, each with its seed. */
const environmentsOf = (name) => {
  if (name === "spec-suite") return [{}];
  const workers = Number(values.workers);
  const each = Math.ceil(Number(values.modules) / workers);
  return Array.from({ length: workers }, (_, i) => ({
    RANDOM_MODULES: String(each),
    FAST_CHECK_SEED: String(i + 1),
  }));
};

const run = async (name) => {
  const start = performance.now();
  const runs = await Promise.all(environmentsOf(name).map((env) => runOnce(name, env)));
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const failed = runs.some(({ code }) => code !== 0);
  if (failed) process.exitCode = 1;
  sections.set(name, [
    `${name}: ${failed ? "FAILED" : "no fault"}, in ${seconds} s`,
    ...runs.flatMap(({ lines }) => lines),
    `  ${machine()}`,
  ]);
  console.log(sections.get(name).join("\n"));
};

for (const name of values.files.split(",")) await run(name);
const lines = ["zkvm-conformance: each file as its last run found it"];
for (const name of all) if (sections.has(name)) lines.push("", ...sections.get(name));
const missing = all.filter((name) => !sections.has(name));
if (missing.length > 0) lines.push("", `not run yet: ${missing.join(", ")}`);
writeLog(logName, lines);
