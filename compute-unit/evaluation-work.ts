/**
 * What an evaluation worker does with its jobs: keeps processes in memory, evaluates their messages,
 * takes checkpoints. It has no key, no store and no network, and never waits, so that a simulation
 * runs it in its own thread.
 *
 * @module
 */

import { idText } from "../src/protocol/ids.ts";
import { memoryPageBytes } from "../src/protocol/limits.ts";
import { termsOfSpawn } from "../src/protocol/spawn.ts";
import {
  type Checkpoint,
  CheckpointError,
  checkpointPageBytes,
  nonZeroPages,
} from "../src/runtime/checkpoint.ts";
import { evaluateDry, evaluateRun, refusalOf } from "../src/runtime/evaluate.ts";
import type { EvaluationOutput } from "../src/runtime/evaluation-input.ts";
import { Process } from "../src/runtime/process.ts";
import { compileProcessModule, type ProcessModule } from "../src/runtime/process-module.ts";
import type { StateKernel } from "../src/state/kernel.ts";
import type {
  CheckpointDelta,
  EvaluationAnswer,
  EvaluationJob,
  SavedState,
} from "./evaluation-job.ts";
import { type CachedProcess, type HotLimits, HotProcesses } from "./hot-processes.ts";

type JobOf<Kind extends EvaluationJob["kind"]> = Extract<EvaluationJob, { kind: Kind }>;

/** What the jobs stand on. */
export interface EvaluationWorkOptions {
  readonly kernel: StateKernel;
  /** Checks and compiles a module; throws where it is refused. */
  readonly compile?: (bytes: Uint8Array) => ProcessModule;
  /** Monotonic milliseconds; without it a job is always done to its end. */
  readonly now?: () => number;
  /** Milliseconds of processor time that this thread has had; `now` where that is not known. */
  readonly spent?: () => number;
  /** How much is kept in memory. */
  readonly hot?: HotLimits;
}

/**
 * A job that took so long answers what it has. Sixteen messages that each grow memory to 256 MiB took
 * 148 s (Node 20.20): the watchdog ended the worker again and again, and its neighbours starved. This
 * is what neighbours wait for each other, so no more than a message of the quick lane may take.
 */
const evaluateMs = 25;

/** See the module comment. */
export class EvaluationWork {
  readonly #kernel: StateKernel;
  readonly #compile: (bytes: Uint8Array) => ProcessModule;
  readonly #now: () => number;
  readonly #spent: () => number;
  readonly #hot: HotProcesses;

  constructor(options: EvaluationWorkOptions) {
    this.#now = options.now ?? (() => 0);
    this.#spent = options.spent ?? this.#now;
    this.#hot = new HotProcesses(options.hot);
    this.#kernel = options.kernel;
    this.#compile = options.compile ?? compileProcessModule;
  }

  /** Does one job. What it throws is no result, and nothing of the job's process is kept then. */
  answer(job: EvaluationJob): EvaluationAnswer {
    try {
      switch (job.kind) {
        case "evaluate":
          return this.#evaluate(job);
        case "replay":
          return this.#replay(job);
        case "dry-run":
          return this.#dryRun(job);
        case "load":
          return this.#load(job);
        case "memory":
          return this.#memory(job);
        case "drop":
          this.#hot.drop(job.process);
          return { kind: "dropped" };
      }
    } catch (error) {
      // After a host fault the instance is of no use: the next job finds it cold.
      this.#hot.drop(job.process);
      throw error;
    }
  }

  #evaluate(job: JobOf<"evaluate">): EvaluationAnswer {
    if (job.module !== null) {
      const { process, spawn, module } = job;
      const begun = this.#load({ process, spawn, module, saved: null, deltasFollow: false });
      if (begun.kind !== "loaded") return begun;
    }
    const hot = this.#hot.use(job.process);
    if (hot === null || hot.next !== job.inputs[0]?.slot) return { kind: "cold" };
    const { outputs, ms } = this.#evaluateInTime(hot, job);
    const checkpoint = job.checkpoint ? checkpointOf(hot) : null;
    return { kind: "evaluated", outputs, checkpoint, ms };
  }

  /** As many of a job's messages as there is time for, and one at least. */
  #evaluateInTime(
    hot: CachedProcess,
    job: JobOf<"evaluate" | "replay">,
  ): { readonly outputs: readonly EvaluationOutput[]; readonly ms: number } {
    const terms = termsOfSpawn(job.spawn);
    const [start, spentBefore] = [this.#now(), this.#spent()];
    const outputs = evaluateRun(hot, job.process, terms, {
      inputs: job.inputs,
      mayGoOn: () => this.#now() - start < evaluateMs,
    });
    this.#hot.settle(job.process);
    return { outputs, ms: this.#spent() - spentBefore };
  }

  #replay(job: JobOf<"replay">): EvaluationAnswer {
    const hot = this.#hot.use(job.process);
    const first = job.inputs[0]?.slot ?? job.to;
    if (hot === null || hot.next > first) return { kind: "cold" };
    const { outputs, ms } = this.#evaluateInTime(hot, job);
    if (outputs.length === job.inputs.length) hot.next = job.to;
    return { kind: "evaluated", outputs, checkpoint: null, ms };
  }

  #dryRun(job: JobOf<"dry-run">): EvaluationAnswer {
    const hot = this.#hot.use(job.process);
    // A state that is newer than the unit knows will do: to go back to the one that it knows is to
    // replay the log, and strangers who ask for dry runs would have the unit do that for ever.
    if (hot === null || hot.next < job.input.slot) return { kind: "cold" };
    const terms = termsOfSpawn(job.spawn);
    const { input, gasLimit } = job;
    const spentBefore = this.#spent();
    const output = evaluateDry(hot, job.process, terms, { input, gasLimit });
    const ms = this.#spent() - spentBefore;
    return { kind: "evaluated", outputs: [output], checkpoint: null, ms };
  }

  #load(job: Omit<JobOf<"load">, "kind">): EvaluationAnswer {
    const terms = termsOfSpawn(job.spawn);
    const id = idText(terms.module);
    const module = this.#compiled(job.module, id);
    if (module.kind === "module-refused") return module;
    const memoryPagesMax = terms.memoryLimit / memoryPageBytes;
    const options = { module: module.compiled, memoryPagesMax, kernel: this.#kernel };
    const { saved } = job;
    let process: Process;
    try {
      process =
        saved === null
          ? Process.genesis(options, this.#hot.genesis(id, module.compiled, this.#kernel))
          : Process.restore({ ...options, checkpoints: [savedImage(saved)], root: saved.root });
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return { kind: "checkpoint-refused", reason: error.message };
    }
    const hot: CachedProcess = {
      process,
      next: saved === null ? 0 : saved.slot + 1,
      root: process.root(),
      hasCheckpoint: saved !== null && job.deltasFollow,
    };
    this.#hot.add(job.process, hot);
    return { kind: "loaded", next: hot.next, root: hot.root };
  }

  /** The module, or why it is none. Only a host fault is nobody's answer. */
  #compiled(
    bytes: Uint8Array,
    id: string,
  ):
    | { readonly kind: "compiled"; readonly compiled: ProcessModule }
    | Extract<EvaluationAnswer, { kind: "module-refused" }> {
    try {
      const module = this.#hot.module(id, () => this.#compile(bytes));
      return { kind: "compiled", compiled: module };
    } catch (error) {
      return { kind: "module-refused", ...refusalOf(error) };
    }
  }

  #memory(job: JobOf<"memory">): EvaluationAnswer {
    const hot = this.#hot.use(job.process);
    if (hot === null || hot.next !== job.slot + 1) return { kind: "cold" };
    const { memory: committed } = hot.process;
    const bytes = committed.slice(job.from, job.from + job.length);
    return { kind: "memory", bytes, total: committed.length };
  }
}

/** A saved state in the form that the runtime restores. */
export function savedImage(saved: SavedState): Checkpoint {
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
