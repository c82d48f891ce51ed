/**
 * `npm run campaign -- zkvm-deletions [--free N] [--aimed N] [--seed N]`: takes each constraint and each
 * interaction of the zkVM's tables away and seeks a forged row that then nothing refuses. Writes its log
 * to `bench/campaigns/zkvm-deletions_v1.txt`, and fails where more than 1 % would not be missed.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { bundle, machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    free: { type: "string", default: "30000" },
    aimed: { type: "string", default: "30000" },
    seed: { type: "string", default: "1" },
  },
});
const { free, aimed, seed } = values;
const lines = [`zkvm-deletions: ${free} free, ${aimed} aimed at each, seed ${seed}`, machine(), ""];
const start = performance.now();
const grades = new Map();
const accepted = [];
let [total, noticed, judged] = [0, 0, 0];

const take = ({ table, found, judged: own, accepted: bugs }) => {
  judged += own;
  accepted.push(...bugs);
  lines.push(`${table}: ${found.length} constraints and interactions, ${own} rows judged`);
  for (const { name, grade, noticed: isNoticed, text } of found) {
    total++;
    if (isNoticed) noticed++;
    grades.set(grade, (grades.get(grade) ?? 0) + 1);
    lines.push(`  ${isNoticed ? "" : "NOT MISSED "}${grade}: ${name}`);
    if (text !== null) lines.push(`      ${text}`);
  }
};

const file = await bundle("test/zkvm-hunt/campaign-main.ts", "dist/zkvm-hunt");
const code = await runScript(file, ["deletions", free, aimed, seed], take);
rmSync(file);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
const shares = [...grades].map(([grade, count]) => `${grade} ${count}`).join(", ");
lines.splice(
  2,
  0,
  `${noticed} of ${total} would be missed (${shares}), ${judged} rows in ${seconds} s, exit ${code}`,
  "",
  "harmful: without it some row leaves another state, or a chip proves what is false",
  "unlisted: without it some row differs where no freedom allows that",
  "row: no other constraint refuses some row, but a bus does",
  "unbalanced: the honest tables are refused without it",
);
for (const one of accepted) lines.push(`ACCEPTED ${one}`);
writeLog("zkvm-deletions_v1.txt", lines);
console.log(lines[2]);
if (accepted.length > 0 || code !== 0 || noticed < 0.99 * total) process.exitCode = 1;
