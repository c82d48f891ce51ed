/**
 * The evaluation worker: a thread that runs processes and nothing else, with a stack of 64 MiB, of
 * which the stack table lets a guest use 1.6.
 *
 * @module
 */

import { serveJobs } from "../src/node/worker-jobs.ts";
import { StateKernel } from "../src/state/kernel.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import { EvaluationWork } from "./evaluation-work.ts";

const work = new EvaluationWork({ kernel: new StateKernel(), now: () => performance.now() });

serveJobs<EvaluationJob, EvaluationAnswer>((job) => work.answer(job));
