/**
 * A process of its own that proves and verifies one long sort, and prints a line of JSON for each
 * segment and one for the whole. Run by the campaign `long-run`; its arguments are the module's file,
 * objects, threads and mebibytes of the engine.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { startProverThread } from "../dist/src/node/prover-threads.js";
import { createWasmEngine } from "../dist/src/stark/kernels/wasm-engine.js";
import { StateKernel } from "../dist/src/state/kernel.js";
import { Execution } from "../dist/src/wasm/interpreter/execution.js";
import { instantiate } from "../dist/src/wasm/interpreter/machine.js";
import { validateProcess } from "../dist/src/wasm/validate/validate-process.js";
import { createProver, proveSlot } from "../dist/src/zkvm/prove-slot.js";
import { verifySlot } from "../dist/src/zkvm/verify-slot.js";
import { witnessSegments } from "../dist/src/zkvm/witness-slot.js";
import { sortInput, spawnInbox } from "./zkvm-slots.mjs";

const [file, ...numbers] = process.argv.slice(2);
const [objects, threads, memory] = numbers.map(Number);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const clock = () => {
  const { user, system } = process.cpuUsage();
  return { ms: performance.now(), cpuMs: (user + system) / 1000 };
};
const since = (start) => {
  const end = clock();
  return { ms: end.ms - start.ms, cpuMs: end.cpuMs - start.cpuMs };
};

/** Instructions of the slot's two calls, counted by the reference interpreter. */
function countOperations({ bytes, limits, inbox }) {
  const validated = validateProcess(bytes);
  const instance = instantiate(validated, { ...limits, stackSlots: validated.stackLimit });
  let count = 0;
  const { charge, enter } = Object.getOwnPropertyDescriptors(Execution.prototype);
  // Each instruction is charged once, and each call for its frame: those are not instructions.
  Execution.prototype.charge = function counted(gas) {
    count++;
    charge.value.call(this, gas);
  };
  Execution.prototype.enter = function entered(index) {
    count--;
    enter.value.call(this, index);
  };
  const deliver = (message) => {
    instance.refill(limits.gasLimit);
    const padded = 4 * Math.ceil(message.length / 4);
    const [pointer] = instance.invoke("alloc", [padded]).results;
    instance.memory.set(message, pointer);
    instance.invoke("handle", [message.length]);
  };
  instance.invoke("_start", []);
  deliver(spawnInbox());
  count = 0;
  deliver(inbox);
  Object.defineProperties(Execution.prototype, { charge, enter });
  return { operations: count, gas: instance.gasUsed };
}

const input = sortInput(new Uint8Array(readFileSync(file)), objects);
const counted = countOperations(input);
const kernel = new StateKernel();
let rows = 0;
for (const { run } of witnessSegments(kernel, input)) rows += run.steps.length;
const engine = await createWasmEngine({
  memoryBytes: memory * 2 ** 20,
  threads: { count: threads - 1, start: startProverThread },
});
const prover = await createProver(engine, kernel);
const begun = clock();
let last = begun;
let segments = 0;
const { statement, proof } = await proveSlot(prover, input, {
  onProgress: ({ done, total }) => {
    segments = total;
    const resident = process.memoryUsage.rss();
    if (done > 0) say({ segment: done, ...since(last), resident });
    last = clock();
  },
});
const proved = since(begun);
const start = clock();
const { module, inbox } = input;
const verdict = verifySlot({ module, inbox, statement, proof });
say({
  ...counted,
  rows,
  segments,
  proofBytes: proof.length,
  proved,
  verified: since(start),
  peak: 1024 * process.resourceUsage().maxRSS,
  accepted: verdict.ok,
});
await engine.close();
