/**
 * The campaign `durability [--rounds N] [--seconds N] [--rate N]`: rounds in which each real unit is
 * killed under load, then two in which each stands still and the scheduler's disk is full, as
 * `durability.mjs` has it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "220" },
  },
});
const { rounds, seconds, rate } = values;
const script = fileURLToPath(new URL("durability.mjs", import.meta.url));
const lines = [
  `durability: ${rounds} rounds of ${seconds} s at ${rate} messages a second, each unit killed in each`,
  machine(),
  "",
];
const total = { rounds: 0, kept: 0, acknowledged: 0, slots: 0, slowest: Number.POSITIVE_INFINITY };

const take = (line) => {
  lines.push(JSON.stringify(line));
  console.log(JSON.stringify(line));
  if (line.round === undefined) return;
  total.rounds++;
  if (line.ok) total.kept++;
  total.acknowledged += line.acknowledged;
  total.slots += line.replays.slots;
  total.slowest = Math.min(total.slowest, line.reached.acknowledged / line.reached.seconds);
};

const load = ["--seconds", seconds, "--rate", rate, "--json"];
const killed = await runScript(script, ["--rounds", rounds, "--faults", "kill", ...load], take);
const reached = total.slowest.toFixed(0);
const others = ["--rounds", "2", "--faults", "pause,disk", ...load];
const stood = await runScript(script, others, take);
lines.splice(
  2,
  0,
  `${total.kept} of ${total.rounds} rounds kept every promise: ${total.acknowledged} acknowledged, ` +
    `${total.slots} slots replayed; with kills at least ${reached} a second acknowledged in a round`,
);
if (killed !== 0 || stood !== 0) process.exitCode = 1;
writeLog("durability_v1.txt", lines);
