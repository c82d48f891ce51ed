/**
 * The worker's side of the worker pool: what the two threads say to each other, and the loop that
 * answers jobs. The pool gives a worker one job at a time, so a handler never runs twice at once.
 *
 * @module
 */

import { parentPort, type TransferListItem } from "node:worker_threads";
import { assert } from "../base/assert.ts";

/** What a worker says: that it serves, a job's answer, or that the job's handler threw. */
export type WorkerReply =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "failed"; readonly message: string };

/**
 * Serves jobs until the thread is ended. Call it once, when whatever the handler needs is loaded:
 * only then does the pool count the worker as started.
 *
 * @param handle answers a job; what it throws fails that job alone, with its message
 * @param transferOf buffers of the answer that move instead of being copied
 */
export function serveJobs<Job, Answer>(
  handle: (job: Job) => Answer | Promise<Answer>,
  transferOf: (answer: Answer) => TransferListItem[] = () => [],
): void {
  assert(parentPort !== null, "serveJobs runs in a worker thread");
  const port = parentPort;
  const serve = async (job: Job): Promise<void> => {
    try {
      const answer = await handle(job);
      port.postMessage({ kind: "answer", answer } satisfies WorkerReply, transferOf(answer));
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      port.postMessage({ kind: "failed", message } satisfies WorkerReply);
    }
  };
  // `serve` catches everything, so its promise cannot be rejected.
  port.on("message", (job: Job) => void serve(job));
  port.postMessage({ kind: "ready" } satisfies WorkerReply);
}
