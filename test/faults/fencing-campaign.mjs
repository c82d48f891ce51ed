/**
 * The campaign `fencing [--rounds N] [--faults N] [--rate N]`: rounds in which two instances of one
 * scheduler are killed, stopped, drained, and their clocks jump, as `fencing.mjs` has it; and how long each
 * takeover took.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "6" },
    faults: { type: "string", default: "20" },
    rate: { type: "string", default: "100" },
  },
});
const { rounds, faults, rate } = values;
const script = fileURLToPath(new URL("fencing.mjs", import.meta.url));
const title = `fencing: ${rounds} rounds of ${faults} faults at ${rate} messages a second, two scheduler processes`;
const lines = [title, machine(), ""];
const total = { rounds: 0, kept: 0, acknowledged: 0, doubled: 0, lost: 0, heads: 0, wrong: 0 };
const takeovers = { kill: [], drain: [], stop: [] };

const take = (line) => {
  lines.push(JSON.stringify(line));
  console.log(JSON.stringify(line));
  if (line.takenAfterMs !== undefined) takeovers.stop.push(line.takenAfterMs);
  if (line.round === undefined) return;
  total.rounds++;
  if (line.ok) total.kept++;
  total.acknowledged += line.acknowledged;
  total.doubled += line.doubled + line.repeated;
  total.lost += line.lost.count;
  total.heads += line.heads.seen;
  total.wrong += line.heads.wrong;
  for (const kind of ["kill", "drain"]) takeovers[kind].push(...line.takeovers[kind]);
};

/** `p50 and most of n`, in milliseconds. */
const told = (list) => {
  const sorted = list
    .map((ms) => ms ?? Number.POSITIVE_INFINITY)
    .toSorted((one, other) => one - other);
  if (sorted.length === 0) return "none";
  return `p50 ${sorted[sorted.length >> 1]} ms, at most ${sorted.at(-1)} ms of ${sorted.length}`;
};

const code = await runScript(
  script,
  ["--rounds", rounds, "--faults", faults, "--rate", rate, "--json"],
  take,
);
lines.splice(
  2,
  0,
  `${total.kept} of ${total.rounds} rounds kept every promise: ${total.acknowledged} acknowledged, ` +
    `${total.lost} lost, ${total.doubled} slots or messages twice; ${total.heads} heads seen, ` +
    `${total.wrong} of another history`,
  `takeover after a kill, bound 2000 ms: ${told(takeovers.kill)}`,
  `takeover after a clean end: ${told(takeovers.drain)}`,
  `takeover from one that stood still: ${told(takeovers.stop)}`,
);
if (code !== 0 || total.kept !== Number(rounds)) process.exitCode = 1;
writeLog("fencing_v1.txt", lines);
