/**
 * A process of its own that proves one sort of 2^18 rows by the module on its standard input, and
 * prints what it took: kibibytes at the most, and rows. Run by the suite `zkvm`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createWasmEngine } from "../dist/src/stark/kernels/wasm-engine.js";
import { StateKernel } from "../dist/src/state/kernel.js";
import { createProver, proveSlot } from "../dist/src/zkvm/prove-slot.js";
import { witnessSlot } from "../dist/src/zkvm/witness-slot.js";
import { sortInput } from "./zkvm-slots.mjs";

const input = sortInput(new Uint8Array(readFileSync(0)), Number(process.argv[2]));
const engine = await createWasmEngine({ memoryBytes: 2 ** 31 });
const prover = await createProver(engine, new StateKernel());
const rows = witnessSlot(prover.kernel, input).run.steps.length;
await proveSlot(prover, input);
process.stdout.write(JSON.stringify({ rows, peakKiB: process.resourceUsage().maxRSS }));
await engine.close();
