/**
 * The campaign `durability [--rounds N] [--messages N]`: real units that are killed, paused and short of
 * disk, as `durability.mjs` has it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, runScript, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    messages: { type: "string", default: "400" },
  },
});
const { rounds, messages } = values;
const script = fileURLToPath(new URL("durability.mjs", import.meta.url));
const lines = [`durability: ${rounds} rounds, ${messages} messages each`, machine(), ""];
const args = ["--rounds", rounds, "--messages", messages, "--json"];
const code = await runScript(script, args, (line) => {
  lines.push(JSON.stringify(line));
  console.log(JSON.stringify(line));
});
if (code !== 0) process.exitCode = 1;
writeLog("durability_v1.txt", lines);
