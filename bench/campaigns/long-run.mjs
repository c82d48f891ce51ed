/**
 * Campaign `long-run [--objects N] [--threads N] [--memory MiB]`: proves and verifies one message that
 * sorts so many objects, collecting garbage, in a process of its own, and says what each segment
 * took. The default is 5 million WebAssembly instructions, counted by the reference interpreter.
 * Times are of the processor; the clock's stand beside them.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileSort } from "../zkvm-slots.mjs";
import { machine, runScript, writeLog } from "./running.mjs";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "810" },
    threads: { type: "string", default: "1" },
    memory: { type: "string", default: "1280" },
  },
});
const { objects, threads, memory } = values;
const script = fileURLToPath(new URL("../zkvm-long-run.mjs", import.meta.url));
const lines = [
  `long-run: one message that sorts ${objects} objects; engine of ${memory} MiB, ${threads} thread(s)`,
  machine(),
  "",
  "segment  processor s  clock s  resident MiB",
];
const seconds = (ms) => (ms / 1000).toFixed(1);
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
// Compiled here: the compiler would count among what the prover takes.
const folder = mkdtempSync(join(tmpdir(), "long-run-"));
const module = join(folder, "sort.wasm");
writeFileSync(module, await compileSort());
const code = await runScript(script, [module, objects, threads, memory], (line) => {
  if (line.segment !== undefined) {
    const { segment, cpuMs, ms, resident } = line;
    const cells = [String(segment), seconds(cpuMs), seconds(ms), mebibytes(resident)];
    const [first, ...rest] = cells;
    lines.push(`${first.padStart(7)}${rest.map((cell) => cell.padStart(11)).join("")}`);
    console.log(lines.at(-1));
    return;
  }
  const { operations, gas, rows, segments, proofBytes, proved, verified, peak, accepted } = line;
  lines.push(
    "",
    `instructions: ${operations} (gas ${gas}), machine rows: ${rows}, segments: ${segments}`,
    `rows for each instruction: ${(rows / operations).toFixed(3)}`,
    `proof: ${mebibytes(proofBytes)} MiB (${proofBytes} bytes)`,
    `proving: ${seconds(proved.cpuMs)} s of the processor, ${seconds(proved.ms)} s of the clock`,
    `verifying: ${seconds(verified.cpuMs)} s of the processor, ${seconds(verified.ms)} s of the clock`,
    `peak of resident memory: ${mebibytes(peak)} MiB`,
    `verifier: ${accepted ? "accepted" : "REFUSED"}`,
  );
  if (!accepted || operations < 5_000_000) process.exitCode = 1;
});
rmSync(folder, { recursive: true });
if (code !== 0) process.exitCode = 1;
writeLog("long-run_v1.txt", lines);
