/**
 * The evaluation worker: a thread that runs processes and nothing else. It has no key, no store and no
 * network, and a stack of 64 MiB, of which the stack table lets a guest use 1.6.
 *
 * @module
 */

import { serveJobs } from "../src/node/worker-jobs.ts";
import { idText } from "../src/protocol/ids.ts";
import { memoryPageBytes } from "../src/protocol/limits.ts";
import { termsOfSpawn } from "../src/protocol/spawn.ts";
import { type Checkpoint, checkpointPageBytes, nonZeroPages } from "../src/runtime/checkpoint.ts";
import { evaluateDry, evaluateNext, refusalOf } from "../src/runtime/evaluate.ts";
import { Process } from "../src/runtime/process.ts";
import { compileProcessModule, type ProcessModule } from "../src/runtime/process-module.ts";
import { StateKernel } from "../src/state/kernel.ts";
import type {
  CheckpointDelta,
  EvaluationAnswer,
  EvaluationJob,
  SavedState,
} from "./evaluation-job.ts";
import { type CachedProcess, HotProcesses } from "./hot-processes.ts";

type JobOf<Kind extends EvaluationJob["kind"]> = Extract<EvaluationJob, { kind: Kind }>;

const kernel = new StateKernel();
const hotProcesses = new HotProcesses();

serveJobs<EvaluationJob, EvaluationAnswer>(answer);

function answer(job: EvaluationJob): EvaluationAnswer {
  try {
    switch (job.kind) {
      case "evaluate":
        return evaluate(job);
      case "dry-run":
        return dryRun(job);
      case "load":
        return load(job);
      case "memory":
        return memory(job);
      case "drop":
        hotProcesses.drop(job.process);
        return { kind: "dropped" };
    }
  } catch (error) {
    // After a host fault the instance is of no use: the next job finds it cold.
    hotProcesses.drop(job.process);
    throw error;
  }
}

function evaluate(job: JobOf<"evaluate">): EvaluationAnswer {
  const hot = hotProcesses.use(job.process);
  if (hot === null || hot.next !== job.inputs[0]?.slot) return { kind: "cold" };
  const terms = termsOfSpawn(job.spawn);
  const outputs = job.inputs.map((input) => evaluateNext(hot, job.process, terms, input));
  return { kind: "evaluated", outputs, checkpoint: job.checkpoint ? checkpointOf(hot) : null };
}

function dryRun(job: JobOf<"dry-run">): EvaluationAnswer {
  const hot = hotProcesses.use(job.process);
  if (hot === null || hot.next !== job.input.slot) return { kind: "cold" };
  const terms = termsOfSpawn(job.spawn);
  const { input, gasLimit } = job;
  const output = evaluateDry(hot, job.process, terms, { input, gasLimit });
  return { kind: "evaluated", outputs: [output], checkpoint: null };
}

function load(job: JobOf<"load">): EvaluationAnswer {
  const terms = termsOfSpawn(job.spawn);
  const module = compiled(job.module, idText(terms.module));
  if (module.kind === "module-refused") return module;
  const memoryPagesMax = terms.memoryLimit / memoryPageBytes;
  const options = { module: module.compiled, memoryPagesMax, kernel };
  const { saved } = job;
  const process =
    saved === null
      ? Process.genesis(options)
      : Process.restore({ ...options, checkpoints: [imageOf(saved)], root: saved.root });
  const hot: CachedProcess = {
    process,
    next: saved === null ? 0 : saved.slot + 1,
    root: process.root(),
    hasCheckpoint: saved !== null && job.deltasFollow,
  };
  hotProcesses.add(job.process, hot);
  return { kind: "loaded", next: hot.next, root: hot.root };
}

/** The module, or why it is none. Only a host fault is nobody's answer. */
function compiled(
  bytes: Uint8Array,
  id: string,
):
  | { readonly kind: "compiled"; readonly compiled: ProcessModule }
  | Extract<EvaluationAnswer, { kind: "module-refused" }> {
  try {
    const module = hotProcesses.module(id, () => compileProcessModule(bytes));
    return { kind: "compiled", compiled: module };
  } catch (error) {
    return { kind: "module-refused", ...refusalOf(error) };
  }
}

/** A saved state in the form that the runtime restores. */
function imageOf(saved: SavedState): Checkpoint {
  const { memory, pageCount, globals } = saved;
  const indices = nonZeroPages(memory);
  const pages = new Uint8Array(indices.length * checkpointPageBytes);
  indices.forEach((index, k) => {
    const start = index * checkpointPageBytes;
    pages.set(memory.subarray(start, start + checkpointPageBytes), k * checkpointPageBytes);
  });
  const words = globals.slice();
  return { pageCount, globals: new BigUint64Array(words.buffer), indices, pages };
}

function checkpointOf(hot: CachedProcess): CheckpointDelta {
  const full = !hot.hasCheckpoint;
  const { pageCount, globals, indices, pages } = full
    ? hot.process.checkpoint()
    : hot.process.checkpointDelta();
  hot.hasCheckpoint = true;
  return {
    slot: hot.next - 1,
    root: hot.root,
    pageCount,
    globals: new Uint8Array(globals.buffer, globals.byteOffset, globals.byteLength),
    indices,
    pages,
    full,
  };
}

function memory(job: JobOf<"memory">): EvaluationAnswer {
  const hot = hotProcesses.use(job.process);
  if (hot === null || hot.next !== job.slot + 1) return { kind: "cold" };
  const { memory: committed } = hot.process;
  const bytes = committed.slice(job.from, job.from + job.length);
  return { kind: "memory", bytes, total: committed.length };
}
