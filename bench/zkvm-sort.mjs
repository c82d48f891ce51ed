/**
 * A process of its own that proves one sort, of as many objects as its argument says, by the module on
 * its standard input, on one thread. Prints rows of the machine, CPU milliseconds, and kibibytes of
 * memory at the most. Run by the suite `zkvm`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createWasmEngine } from "../dist/src/stark/kernels/wasm-engine.js";
import { StateKernel } from "../dist/src/state/kernel.js";
import { createProver, proveSlot } from "../dist/src/zkvm/prove-slot.js";
import { verifySlot } from "../dist/src/zkvm/verify-slot.js";
import { witnessSegments } from "../dist/src/zkvm/witness-slot.js";
import { sortInput } from "./zkvm-slots.mjs";

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const input = sortInput(new Uint8Array(readFileSync(0)), Number(process.argv[2]));
const engine = await createWasmEngine({ memoryBytes: 2 ** 31 });
const prover = await createProver(engine, new StateKernel());
let rows = 0;
for (const { run } of witnessSegments(prover.kernel, input)) rows += run.steps.length;
const start = cpuMs();
const { statement, proof } = await proveSlot(prover, input);
const used = cpuMs() - start;
const peakKiB = process.resourceUsage().maxRSS;
await engine.close();
const verifyStart = cpuMs();
const verdict = verifySlot({ ...input, statement, proof });
if (!verdict.ok) throw verdict.reason;
const figures = { rows, cpuMs: used, peakKiB, proofBytes: proof.length };
process.stdout.write(JSON.stringify({ ...figures, verifyCpuMs: cpuMs() - verifyStart }));
