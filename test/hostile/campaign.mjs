/**
 * The fuzzing campaign: `node test/hostile/campaign.mjs [--inputs N] [--modules N] [--requests N]`, N
 * inputs for each reader, N modules, N requests to live networks. Writes its log to
 * `bench/campaigns/hostile_v1.txt`, and fails where there is a finding. Run `npm run build` first.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = new URL("../../", import.meta.url);
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: "string", default: "20000" },
    modules: { type: "string", default: "10000" },
    requests: { type: "string", default: "20000" },
  },
});
const { inputs, modules, requests } = values;

// Node 20 runs no TypeScript; the bundle stands where the packages are found.
const file = fileURLToPath(new URL(`dist/hostile-${process.pid}.mjs`, root));
await build({
  entryPoints: [fileURLToPath(new URL("campaign-main.ts", import.meta.url))],
  outfile: file,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
});

const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
const lines = [
  `hostile: ${inputs} a reader, ${modules} modules, ${requests} requests`,
  machine,
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

const child = spawn(process.execPath, [file, fileURLToPath(root), inputs, modules, requests], {
  stdio: ["ignore", "pipe", "inherit"],
});
createInterface({ input: child.stdout }).on("line", (line) => {
  if (line.startsWith("{")) take(JSON.parse(line));
});
const code = await new Promise((resolve) => child.on("close", resolve));
rmSync(file);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
lines.splice(2, 0, `${total} mutated inputs in ${seconds} s, ${found} findings, exit ${code}`);
const logs = new URL("bench/campaigns/", root);
mkdirSync(logs, { recursive: true });
writeFileSync(new URL("hostile_v1.txt", logs), `${lines.join("\n")}\n`);
console.log(lines[2]);
if (found > 0 || code !== 0) process.exitCode = 1;
