/**
 * The thread that a shadow replay evaluates in: it has the stack that an evaluation worker of a compute
 * unit has, so that what fails there by its stack fails here.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { contentIdOf, messageIdOf } from "../protocol/ids.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { compileProcessModule } from "../runtime/process-module.ts";
import { ShadowRun } from "../runtime/shadow-run.ts";
import { StateKernel } from "../state/kernel.ts";
import type { ShadowAnswer, ShadowJob } from "./shadow-replay.ts";
import { serveJobs } from "./worker-jobs.ts";

const kernel = new StateKernel();
let run: ShadowRun | null = null;

serveJobs<ShadowJob, ShadowAnswer>((job) => {
  if (job.kind === "open") {
    run = new ShadowRun({
      process: messageIdOf(job.spawn),
      terms: termsOfSpawn(job.spawn),
      current: job.current,
      candidate: compileProcessModule(job.candidate),
      candidateId: contentIdOf(job.candidate),
      kernel,
    });
    return { tally: run.tally, state: null };
  }
  const opened = run;
  assert(opened !== null, "a process is opened before it runs");
  if (job.kind === "state") return { tally: opened.tally, state: opened.stateDifference() };
  opened.evaluate(job.inputs);
  return { tally: opened.tally, state: null };
});
