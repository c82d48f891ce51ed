/**
 * `npm run campaign -- zkvm-mutations [--per-column N] [--seed N]`: N mutations at least of each column of
 * the zkVM's tables, alone and in pairs, in every kind of row. Writes its log to
 * `bench/campaigns/zkvm-mutations_v1.txt`, and fails where one is accepted that no freedom allows.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { bundle, machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    "per-column": { type: "string", default: "6000" },
    seed: { type: "string", default: "1" },
  },
});
const perColumn = values["per-column"];
const { seed } = values;
const lines = [`zkvm-mutations: at least ${perColumn} a column, seed ${seed}`, machine(), ""];
const start = performance.now();
const found = [];
const freedoms = new Map();
let total = 0;

const take = ({ table, counts, accepted, freedoms: used }) => {
  const tried = counts.reduce((sum, column) => sum + column.tried, 0);
  total += tried;
  found.push(...accepted);
  lines.push(`${table}: ${tried} mutations of ${counts.length} columns`);
  lines.push("  column              tried  constraint     bus  balance  allowed");
  for (const { column, tried: own, constraint, bus, balance, allowed } of counts) {
    const cells = [own, constraint, bus, balance, allowed];
    const [first, ...rest] = cells.map((cell, i) => `${cell}`.padStart([7, 12, 8, 9, 9][i]));
    lines.push(`  ${column.padEnd(18)}${first}${rest.join("")}`);
  }
  for (const [why, count] of used) freedoms.set(why, (freedoms.get(why) ?? 0) + count);
};

const file = await bundle("test/zkvm-hunt/campaign-main.ts", "dist/zkvm-hunt");
const code = await runScript(file, ["mutations", perColumn, seed], take);
rmSync(file);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
lines.splice(2, 0, `${total} mutations in ${seconds} s, ${found.length} accepted, exit ${code}`);
lines.push("", "allowed, by reason");
for (const [why, count] of freedoms) lines.push(`  ${`${count}`.padStart(8)}  ${why}`);
for (const one of found) lines.push(`ACCEPTED ${one}`);
writeLog("zkvm-mutations_v1.txt", lines);
console.log(lines[2]);
if (found.length > 0 || code !== 0) process.exitCode = 1;
