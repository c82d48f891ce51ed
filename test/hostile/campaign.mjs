/**
 * The fuzzing campaign: `npm run campaign -- hostile [--inputs N] [--modules N] [--requests N]`, N
 * inputs for each reader, N modules, N requests to live networks. Writes its log to
 * `bench/campaigns/hostile_v1.txt`, and fails where there is a finding. Run `npm run build` first.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle, machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    modules: { type: "string", default: "10000" },
    requests: { type: "string", default: "20000" },
  },
});
const { inputs, modules, requests } = values;

const lines = [
  `hostile: ${inputs} a reader, ${modules} modules, ${requests} requests`,
  machine(),
  "",
];
const start = performance.now();
let total = 0;
let found = 0;

const codesOf = (counts) =>
  Object.entries(counts)
    .sort(([, left], [, right]) => right - left)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");

const take = (report) => {
  const { name, accepted, refused, answers, findings, slowestMs } = report;
  const count = report.inputs ?? report.requests;
  total += count;
  found += findings.length;
  const taken = accepted === undefined ? "" : `, ${accepted} accepted`;
  lines.push(`${name}: ${count} inputs${taken}, slowest ${slowestMs.toFixed(0)} ms`);
  lines.push(`  ${codesOf(refused ?? answers)}`);
  for (const finding of findings) lines.push(`  FOUND ${finding}`);
};

const file = await bundle("test/hostile/campaign-main.ts");
const root = fileURLToPath(new URL("../../", import.meta.url));
const code = await runScript(file, [root, inputs, modules, requests], take);
rmSync(file);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
lines.splice(2, 0, `${total} mutated inputs in ${seconds} s, ${found} findings, exit ${code}`);
writeLog("hostile_v1.txt", lines);
console.log(lines[2]);
if (found > 0 || code !== 0) process.exitCode = 1;
