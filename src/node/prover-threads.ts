/**
 * Prover threads as Node workers (spec/08-proofs.md §4): each has the kernels' module on the one
 * shared memory and runs what it is sent, in order.
 *
 * A thread that dies takes its proof with it: memory may be half written, so nothing is tried again.
 *
 * @module
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { CodedError } from "../base/error.ts";
import type { KernelCall, KernelThread, ThreadStart } from "../stark/kernels/kernel-host.ts";
import { workerScript } from "./worker-script.ts";

/** Starts a thread; it keeps the process alive only while it works. */
export async function startProverThread(start: ThreadStart): Promise<KernelThread> {
  const worker = new Worker(workerScript("prover-thread-worker"), { workerData: start });
  const failure: { error: CodedError | null } = { error: null };
  let settle: { resolve: () => void; reject: (error: CodedError) => void } | null = null;
  const fail = (reason: string): void => {
    failure.error ??= new CodedError("PROVER_THREAD_DIED", { reason });
    settle?.reject(failure.error);
    settle = null;
    worker.unref();
  };
  await once(worker, "message");
  worker.unref();
  worker.on("error", (error) => fail(error instanceof Error ? error.message : "error"));
  worker.on("exit", () => fail("exit"));
  worker.on("message", () => {
    settle?.resolve();
    settle = null;
    worker.unref();
  });
  return {
    run: (calls: readonly KernelCall[]): Promise<void> =>
      new Promise((resolve, reject) => {
        if (failure.error !== null) {
          reject(failure.error);
          return;
        }
        settle = { resolve, reject };
        worker.ref();
        worker.postMessage(calls);
      }),
    stop: async () => {
      await worker.terminate();
    },
  };
}
