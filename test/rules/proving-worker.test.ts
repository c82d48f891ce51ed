import { readFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import type { ProofWork } from "../../compute-unit/proof-job.ts";
import { ProvingWork } from "../../compute-unit/proof-work.ts";
import type { ServiceProver } from "../../compute-unit/service.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { ComputeStores } from "../../src/node/store/unit-stores.ts";
import { WorkerPoolError } from "../../src/node/worker-pool.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { createProver } from "../../src/zkvm/prove-slot.ts";
import { ComputeNetwork } from "./compute-network.ts";

const counter = new Uint8Array(
  await readFile(new URL("../../dist/processes/counter.wasm", import.meta.url)),
);

let units: ComputeNetwork;
afterEach(() => units.close());

test("a proving worker that dies is replaced, brought to the slot again, and no slot is proven twice", async () => {
  const kernel = new StateKernel();
  const prover = await createProver(await createWasmEngine({ memoryBytes: 2 ** 30 }), kernel);
  const monotonic = (): number => systemClock.monotonic();
  const newWorker = () => new ProvingWork({ kernel, prover, monotonic, onProgress: () => {} });
  let worker = newWorker();
  const asked: string[] = [];
  let deaths = 0;
  const run = async (_: string | null, job: ProofWork) => {
    asked.push(job.kind === "prove" ? `prove ${job.input.slot}` : job.kind);
    if (job.kind === "prove" && job.input.slot === 1 && deaths++ === 0) {
      worker = newWorker();
      throw new WorkerPoolError("WORKER_DIED", {});
    }
    return worker.answer(job);
  };
  const prove = ({ proofs }: ComputeStores): ServiceProver => ({
    proofs,
    pool: { run },
    metrics: null,
  });
  units = await ComputeNetwork.open({ prover: prove });
  const process = await units.spawn(counter);
  await units.send(process, "Increment");
  const wait = { timeoutMs: 50_000, until: "proof" } as const;
  for (const slot of [0, 1]) {
    const evaluation = await units.client.evaluation(process, slot, wait);
    expect(evaluation?.proof, `slot ${slot}`).toEqual({ state: "proven", reason: null });
  }
  // The new worker has nothing in memory: it is given the process, and what came before.
  expect(asked).toEqual([
    ...["where", "open", "prove 0"],
    ...["where", "prove 1"],
    ...["where", "open", "advance", "prove 1"],
  ]);
}, 60_000);
