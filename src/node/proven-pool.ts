/**
 * Checks steps of chains of proofs in one thread of low priority (spec/09-http.md §5.4), started when
 * the first one comes: most units never meet a process that demands `proven`. What waits is bounded;
 * one more is `OVERLOADED`.
 *
 * @module
 */

import type { ProvenStep } from "../client/proven-step.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { WorkerPool, WorkerPoolError } from "./worker-pool.ts";
import { workerScript } from "./worker-script.ts";

/** Steps that wait beside the one that is checked. */
const waitingMax = 16;
/** The longest proofs have 64 segments, and a thread of low priority may have to wait. */
const stepTimeoutMs = 60_000;

export class ProvenPool {
  #pool: WorkerPool<ProvenStep, string | null> | null = null;

  /** Null where the step is shown, else why not. Rejects with `OVERLOADED` or `UNAVAILABLE`. */
  async check(step: ProvenStep): Promise<string | null> {
    this.#pool ??= new WorkerPool<ProvenStep, string | null>({
      script: workerScript("proven-worker"),
      workerCount: 1,
      queueMax: waitingMax,
      jobTimeoutMs: stepTimeoutMs,
    });
    try {
      return await this.#pool.run(null, step);
    } catch (error) {
      if (!(error instanceof WorkerPoolError)) throw error;
      const code = error.code === "WORKER_POOL_BUSY" ? "OVERLOADED" : "UNAVAILABLE";
      const fields = { expected: "a verdict on a proof", cause: error.code };
      throw new ProtocolError(code, fields, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
