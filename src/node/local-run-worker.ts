/**
 * The thread that a process is evaluated and looked at in: it has the stack that an evaluation worker
 * of a compute unit has, so that what fails there by its stack fails here.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { messageIdOf } from "../protocol/ids.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../protocol/spawn.ts";
import type { EvaluationInput } from "../runtime/evaluation-input.ts";
import { profileRun } from "../runtime/gas-profile.ts";
import { LogRun } from "../runtime/log-run.ts";
import { StateKernel } from "../state/kernel.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";
import { surveySlot } from "../zkvm/survey-slot.ts";
import { UnprovableError } from "../zkvm/unprovable.ts";
import type { LocalAnswer, LocalJob, Profiled, Surveyed } from "./local-run.ts";
import { serveJobs } from "./worker-jobs.ts";

interface Opened {
  readonly run: LogRun;
  readonly terms: SpawnTerms;
  readonly module: Uint8Array;
}

const kernel = new StateKernel();
let opened: Opened | null = null;

serveJobs<LocalJob, LocalAnswer>((job) => {
  if (job.kind === "open") {
    const terms = termsOfSpawn(job.spawn);
    const { module } = job;
    const run = new LogRun({ process: messageIdOf(job.spawn), terms, module, kernel });
    opened = { run, terms, module };
    return { kind: "done" };
  }
  const process = opened;
  assert(process !== null, "a process is opened before it runs");
  if (job.kind === "profile") return { kind: "profile", profiled: profiled(process, job.input) };
  if (job.kind === "survey") return { kind: "survey", surveyed: surveyed(process, job.input) };
  const { run } = process;
  if (job.kind === "state") {
    return { kind: "state", state: { memory: run.memory.slice(), globals: run.globals.slice() } };
  }
  run.evaluateAll(job.inputs);
  return { kind: "done" };
});

/** Both machines run the message: what one counts, the other one must confirm. */
function profiled({ run, terms, module }: Opened, input: EvaluationInput): Profiled {
  const { gasLimit } = terms;
  const output = run.evaluateDry(input, gasLimit);
  if (run.memory.length === 0) return { output, profile: null };
  const profile = profileRun(validateProcess(module), run, {
    inbox: input.inbox,
    gasLimit,
    first: input.slot === 0,
    memoryPagesMax: terms.memoryLimit / memoryPageBytes,
  });
  const { exit, gasUsed } = resultRecord.decode(output.result);
  const agrees = exit === exits.ok ? profile.spent === gasUsed : profile.spent <= gasUsed;
  assert(agrees, `${profile.spent} gas were counted of ${gasUsed}`);
  return { output, profile };
}

/** What a compute unit finds out before it proves (its reasons are the same words). */
function surveyed({ run, terms, module }: Opened, input: EvaluationInput): Surveyed {
  const { gasLimit, proveGasLimit } = terms;
  const { output, profile } = profiled({ run, terms, module }, input);
  const none = (reason: string): Surveyed => ({ output, segments: null, reason });
  if (profile === null) return none("module");
  if (output.diagnostic?.reason === "stillborn") return none("stillborn");
  // Where gas ran out, all of it was spent, also what the last charge did not get.
  const spent = output.diagnostic?.reason === "gas" ? gasLimit : profile.spent;
  if (spent > proveGasLimit) return none("gas");
  const limits = { gasLimit, memoryPagesMax: terms.memoryLimit / memoryPageBytes };
  const pre = { memory: run.memory.slice(), globals: run.globals.slice() };
  const first = input.slot === 0;
  try {
    const segments = surveySlot(kernel, { module, limits, first, pre, inbox: input.inbox });
    return { output, segments, reason: null };
  } catch (error) {
    if (!(error instanceof UnprovableError)) throw error;
    return none(error.code);
  }
}
