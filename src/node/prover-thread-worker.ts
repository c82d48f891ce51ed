/**
 * The script of a prover thread: instantiates the kernels on the shared memory and runs calls.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import type { KernelCall, ThreadStart } from "../stark/kernels/kernel-host.ts";

const port = parentPort;
assert(port !== null, "a prover thread runs in a worker");
const { module, memory } = workerData as ThreadStart;
const { exports } = await WebAssembly.instantiate(module, { env: { memory } });

port.on("message", (calls: readonly KernelCall[]) => {
  for (const { kernel, with: values } of calls) {
    (exports[kernel] as (...numbers: readonly number[]) => void)(...values);
  }
  port.postMessage("done");
});
port.postMessage("ready");
