/**
 * The evaluation worker: a thread that runs processes and nothing else, with a stack of 64 MiB, of
 * which the stack table lets a guest use 1.6. That of the slow lane yields to everything else.
 *
 * @module
 */

import { openSync, readSync } from "node:fs";
import { platform, setPriority } from "node:os";
import { workerData } from "node:worker_threads";
import { serveJobs } from "../src/node/worker-jobs.ts";
import { StateKernel } from "../src/state/kernel.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import { EvaluationWork } from "./evaluation-work.ts";
import { type HotLimits, hotLimits } from "./hot-processes.ts";

/** What a worker is told when it starts. */
export interface EvaluationWorkerData {
  readonly lane: "quick" | "slow";
  readonly hot: HotLimits;
}

/** A tenth of the share of an ordinary thread that wants the same processor. */
const slowLanePriority = 10;

// A pool of its own, as tests have one, says nothing.
const { lane = "quick", hot = hotLimits } = (workerData ?? {}) as Partial<EvaluationWorkerData>;
// Only Linux has priorities of threads: elsewhere this would be that of the whole unit.
if (lane === "slow" && platform() === "linux") setPriority(0, slowLanePriority);

/**
 * Milliseconds of processor time that this thread has had, as Linux tells: nanoseconds are the first word
 * of the file. Null where it does not, for Node 20 itself knows only that of the whole unit.
 */
function threadClock(): (() => number) | null {
  try {
    const file = openSync("/proc/thread-self/schedstat", "r");
    const text = Buffer.alloc(80);
    const read = (): number => {
      const length = readSync(file, text, 0, text.length, 0);
      return Number.parseInt(text.toString("latin1", 0, length), 10) / 1e6;
    };
    return Number.isFinite(read()) ? read : null;
  } catch {
    return null;
  }
}

const now = (): number => performance.now();
const spent = threadClock() ?? now;
const work = new EvaluationWork({ kernel: new StateKernel(), now, spent, hot });

serveJobs<EvaluationJob, EvaluationAnswer>((job) => work.answer(job));
