/**
 * The thread that `replay` evaluates in: it has the stack that an evaluation worker of a compute unit
 * has, so that what fails there by its stack fails here.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { messageIdOf } from "../protocol/ids.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { LogRun } from "../runtime/log-run.ts";
import { StateKernel } from "../state/kernel.ts";
import type { ReplayAnswer, ReplayJob } from "./replay.ts";
import { serveJobs } from "./worker-jobs.ts";

const kernel = new StateKernel();
let run: LogRun | null = null;

serveJobs<ReplayJob, ReplayAnswer>((job) => {
  if (job.kind === "open") {
    const terms = termsOfSpawn(job.spawn);
    run = new LogRun({ process: messageIdOf(job.spawn), terms, module: job.module, kernel });
    return { outputs: [] };
  }
  const opened = run;
  assert(opened !== null, "a process is opened before it runs");
  return { outputs: opened.evaluateAll(job.inputs) };
});
