/**
 * The proving worker: a thread with an engine of its own that yields to everything else on the machine.
 *
 * @module
 */

import { platform, setPriority } from "node:os";
import { workerData } from "node:worker_threads";
import { systemClock } from "../src/base/clock.ts";
import { startProverThread } from "../src/node/prover-threads.ts";
import { serveJobs } from "../src/node/worker-jobs.ts";
import { createWasmEngine } from "../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../src/state/kernel.ts";
import { createProver } from "../src/zkvm/prove-slot.ts";
import type { ProofAnswer, ProofWork, ProofWorkerData } from "./proof-job.ts";
import { ProvingWork } from "./proof-work.ts";

/** Only Linux has priorities of threads: elsewhere this would be that of the whole unit. */
if (platform() === "linux") setPriority(10);

const { threads, progress } = workerData as ProofWorkerData;
const kernel = new StateKernel();
const engine = await createWasmEngine({
  memoryBytes: 2 ** 31,
  threads: { count: threads - 1, start: startProverThread },
});
const prover = await createProver(engine, kernel);
const cells = new Int32Array(progress);
let start = 0;
const work = new ProvingWork({
  kernel,
  prover,
  monotonic: () => systemClock.monotonic(),
  onProgress: ({ done, total }) => {
    const now = systemClock.monotonic();
    if (done === 0) start = now;
    Atomics.store(cells, 0, done);
    Atomics.store(cells, 1, total);
    Atomics.store(cells, 2, Math.round(now - start));
  },
});

serveJobs<ProofWork, ProofAnswer>((job) => work.answer(job));
