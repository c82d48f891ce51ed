/**
 * The campaign `determinism [--messages N] [--seed N] [--json]`: the same logs under V8's default, with
 * its first compiler alone (`--liftoff-only`), and with its second alone (`--no-liftoff`); warm, and
 * restored from a random slot. Roots, outputs, gas and exits must be equal. `--json` writes no log.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, Worker } from "node:worker_threads";
import { machine, writeLog } from "../../bench/campaigns/running.mjs";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    engine: { type: "boolean", default: false },
  },
});
const [count, seed] = [values.messages, values.seed].map(Number);
const engines = [[], ["--liftoff-only"], ["--no-liftoff"]];

/** In the child that has the flags: a worker with the stack of an evaluation worker. */
async function runEngine() {
  const worker = new Worker(new URL("determinism-run.mjs", import.meta.url), {
    workerData: { count, seed },
    resourceLimits: { stackSizeMb: 64 },
  });
  const outcomes = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  console.log(JSON.stringify(outcomes));
}

function outcomesOf(flags) {
  const script = fileURLToPath(import.meta.url);
  const args = ["--engine", "--messages", values.messages, "--seed", values.seed];
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  const start = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [...flags, script, ...args], options);
  if (status !== 0) throw new Error(`${flags.join(" ")} ended with ${status}`);
  const seconds = Math.round((performance.now() - start) / 1000);
  return { engine: flags[0] ?? "default", seconds, outcomes: JSON.parse(stdout) };
}

function compare() {
  const runs = engines.map(outcomesOf);
  const lines = [`determinism: ${count} messages of each log, seed ${seed}`, machine(), ""];
  let isEqual = true;
  for (const { engine, seconds, outcomes } of runs) {
    lines.push(`${engine} (${seconds} s)`);
    for (const [
      i,
      { name, digest, gas, failed, root, restoredAfter, restoredEqual },
    ] of outcomes.entries()) {
      const first = runs[0].outcomes[i];
      const agrees = [digest === first.digest, gas === first.gas, root === first.root].every(
        Boolean,
      );
      isEqual &&= agrees && restoredEqual;
      const restored = `restored after slot ${restoredAfter}: ${restoredEqual ? "equal" : "OTHER"}`;
      lines.push(`  ${name}: results and outputs ${digest}, root ${root}`);
      lines.push(
        `    gas ${gas}, ${failed} failed; ${agrees ? "as default" : "OTHER"}; ${restored}`,
      );
    }
  }
  lines.splice(2, 0, isEqual ? "all equal" : "DIFFERENT");
  if (values.json) console.log(JSON.stringify({ isEqual, runs }));
  else {
    console.log(lines.join("\n"));
    writeLog("determinism_v1.txt", lines);
  }
  if (!isEqual) process.exitCode = 1;
}

if (values.engine && isMainThread) await runEngine();
else compare();
