/**
 * Evaluation of one process on the unit's side: keeps it in a worker's memory, loads it from the
 * nearest checkpoint and replays what came after, and asks for checkpoints. Whatever the way to a
 * state, the results are the same bytes; where a replay differs from what was stored, this machine is
 * at fault and says so.
 *
 * @module
 */

import { createActor } from "xstate";
import { equalBytes } from "../src/base/bytes.ts";
import type { Checkpoint, CheckpointStore } from "../src/node/store/ports/checkpoint-store.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { ResultStore } from "../src/node/store/ports/result-store.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import type { WorkerPool } from "../src/node/worker-pool.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { Diagnostic } from "../src/protocol/judge.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { failWithoutRun, stillbornDiagnostic } from "../src/runtime/evaluate.ts";
import {
  type EvaluationInput,
  type EvaluationOutput,
  inputOf,
} from "../src/runtime/evaluation-input.ts";
import { evaluationMachine } from "./evaluation.machine.ts";
import type { CheckpointDelta, EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";

export type EvaluationPool = Pick<WorkerPool<EvaluationJob, EvaluationAnswer>, "run">;

/** What all evaluators of a unit share. */
export interface EvaluatorOptions {
  readonly pool: EvaluationPool;
  readonly results: ResultStore;
  readonly checkpoints: CheckpointStore;
  /** The bytes of a module; rejects with `UNAVAILABLE` where nobody has them. */
  readonly moduleOf: (module: Digest) => Promise<Uint8Array>;
  /** Slots between checkpoints: what a restart replays at most. */
  readonly checkpointSlots?: number | undefined;
}

/** Messages in one job: the watchdog times them together. */
export const jobInputsMax = 16;
/** Slots between checkpoints where nothing else is said: what a restart replays at most. */
const checkpointSlotsDefault = 64;
/** Checkpoints kept beside the newest. */
const checkpointsKept = 3;

export class Evaluator {
  readonly #options: EvaluatorOptions;
  readonly #process: Digest;
  readonly #key: string;
  readonly #spawn: Uint8Array;
  readonly #terms: SpawnTerms;
  readonly #machine = createActor(evaluationMachine).start();
  #checkpointSlot = -1;

  constructor(
    options: EvaluatorOptions,
    process: { readonly id: Digest; readonly spawn: Uint8Array; readonly terms: SpawnTerms },
  ) {
    this.#options = options;
    this.#process = process.id;
    this.#key = idText(process.id);
    this.#spawn = process.spawn;
    this.#terms = process.terms;
  }

  /** `cold`, `loading`, `ready`, `evaluating` or `stillborn`. */
  get state(): string {
    return this.#machine.getSnapshot().value;
  }

  /**
   * Evaluates messages of consecutive slots, at most `jobInputsMax`; every slot before them has a
   * stored result. `keep` stores outputs durably before a checkpoint beyond them is saved; it is called
   * for the first inputs first, and again until all are evaluated.
   * Rejects where this machine failed: nothing was evaluated then.
   */
  async evaluate(
    inputs: readonly EvaluationInput[],
    keep: (outputs: readonly EvaluationOutput[]) => Promise<void>,
  ): Promise<void> {
    for (let done = 0; done < inputs.length; ) {
      await this.#evaluateSome(inputs.slice(done), async (outputs) => {
        await keep(outputs);
        done += outputs.length;
      });
    }
  }

  async #evaluateSome(
    inputs: readonly EvaluationInput[],
    keep: (outputs: readonly EvaluationOutput[]) => Promise<void>,
  ): Promise<void> {
    const first = inputs[0];
    const last = inputs.at(-1);
    if (first === undefined || last === undefined) return;
    const stillborn = await this.#stillbornRoot(first.slot);
    if (stillborn !== null) {
      this.#machine.send({ type: "stillborn" });
      return keep(inputs.map((input) => this.#failed(input, stillbornDiagnostic, stillborn)));
    }
    const { checkpointSlots = checkpointSlotsDefault } = this.#options;
    const checkpoint = last.slot - this.#checkpointSlot >= checkpointSlots;
    const job = {
      kind: "evaluate",
      process: this.#key,
      spawn: this.#spawn,
      inputs,
      checkpoint,
    } as const;
    const answer = await this.#ask(job, first.slot);
    if (answer.kind === "module-refused") {
      return keep(inputs.map((input) => this.#failed(input, answer.diagnostic, answer.root)));
    }
    await keep(answer.outputs);
    if (answer.checkpoint !== null) await this.#save(answer.checkpoint);
  }

  /** Evaluates a message on the newest state, whose next slot is `input.slot`, and undoes it. */
  async dryRun(input: EvaluationInput, gasLimit: number): Promise<EvaluationOutput> {
    const stillborn = await this.#stillbornRoot(input.slot);
    if (stillborn !== null) return this.#failed(input, stillbornDiagnostic, stillborn);
    const job = {
      kind: "dry-run",
      process: this.#key,
      spawn: this.#spawn,
      input,
      gasLimit,
    } as const;
    const answer = await this.#ask(job, input.slot);
    const [output] = answer.kind === "evaluated" ? answer.outputs : [];
    if (output === undefined) throw new ProtocolError("HOST_FAULT", { got: answer.kind });
    return output;
  }

  /** Committed memory after `slot`, the newest evaluated one. */
  async memory(
    slot: number,
    range: { readonly from: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly total: number }> {
    // A process that never ran has no memory.
    if ((await this.#stillbornRoot(slot + 1)) !== null)
      return { bytes: new Uint8Array(0), total: 0 };
    const job = { kind: "memory", process: this.#key, slot, ...range } as const;
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await this.#options.pool.run(this.#key, job);
      if (answer.kind === "memory") return answer;
      await this.#load(slot + 1);
    }
    throw new ProtocolError("MEMORY_NOT_RETAINED", { slot });
  }

  /** Lets the worker forget the process. */
  async drop(): Promise<void> {
    await this.#options.pool.run(this.#key, { kind: "drop", process: this.#key });
  }

  #failed(input: EvaluationInput, diagnostic: Diagnostic, root: Uint8Array): EvaluationOutput {
    return failWithoutRun({ process: this.#key, terms: this.#terms, input, diagnostic, root });
  }

  /** The state root of a process whose slot 0 failed; null for any other. */
  async #stillbornRoot(slot: number): Promise<Uint8Array | null> {
    if (slot === 0) return null;
    const first = await this.#options.results.get(this.#process, 0);
    if (first === null) throw new ProtocolError("HOST_FAULT", { expected: "a result of slot 0" });
    const { exit, postRoot } = resultRecord.decode(first.result);
    return exit === exits.failed ? postRoot : null;
  }

  /** Runs a job; where the process is not in memory, loads it and runs the job again. */
  async #ask(
    job: Extract<EvaluationJob, { kind: "evaluate" | "dry-run" }>,
    slot: number,
  ): Promise<Extract<EvaluationAnswer, { kind: "evaluated" | "module-refused" }>> {
    try {
      for (let attempt = 0; attempt < 2; attempt++) {
        this.#machine.send({ type: "evaluate" });
        const answer = await this.#options.pool.run(this.#key, job);
        if (answer.kind === "evaluated") {
          this.#machine.send({ type: "evaluated" });
          return answer;
        }
        this.#machine.send({ type: "evicted" });
        const refused = await this.#load(slot);
        if (refused !== null) return refused;
      }
    } catch (error) {
      this.#machine.send({ type: "hostFault" });
      throw error;
    }
    throw new ProtocolError("HOST_FAULT", {
      slot,
      expected: "a process in memory",
      got: "evicted",
    });
  }

  /** Brings the process to just before `slot`. Answers a refusal where its module is none. */
  async #load(slot: number): Promise<Extract<EvaluationAnswer, { kind: "module-refused" }> | null> {
    this.#machine.send({ type: "load" });
    const { saved, isNewest } = await this.#nearestCheckpoint(slot - 1);
    const answer = await this.#options.pool.run(this.#key, {
      kind: "load",
      process: this.#key,
      spawn: this.#spawn,
      module: await this.#options.moduleOf(this.#terms.module),
      saved,
      deltasFollow: isNewest,
    });
    if (answer.kind === "module-refused") {
      this.#machine.send({ type: "stillborn" });
      return answer;
    }
    if (answer.kind !== "loaded") throw new ProtocolError("HOST_FAULT", { got: answer.kind });
    this.#checkpointSlot = saved?.slot ?? -1;
    await this.#replay(answer.next, slot);
    this.#machine.send({ type: "loaded" });
    return null;
  }

  /** The newest checkpoint at or before a slot that is whole; null for the genesis. */
  async #nearestCheckpoint(
    slot: number,
  ): Promise<{ readonly saved: Checkpoint | null; readonly isNewest: boolean }> {
    let isNewest = true;
    for (let at = slot; at >= 0; ) {
      try {
        const saved = await this.#options.checkpoints.load(this.#process, at);
        if (saved === null) return { saved: null, isNewest };
        return { saved, isNewest };
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "STORE_CORRUPT") throw error;
        isNewest = false;
        const slots = await this.#options.checkpoints.slots(this.#process);
        const broken = Math.max(...slots.filter((other) => other <= at));
        at = broken - 1;
      }
    }
    return { saved: null, isNewest };
  }

  /** Evaluates stored entries again, from the loaded state on, and compares with what is stored. */
  async #replay(from: number, to: number): Promise<void> {
    const { results, pool } = this.#options;
    for (let next = from; next < to; ) {
      const entries = await results.entries(this.#process, next, Math.min(jobInputsMax, to - next));
      if (entries.length === 0)
        throw new ProtocolError("HOST_FAULT", { expected: `entry ${next}` });
      const inputs = entries.map((entry: StoredEntry) => inputOf(entry, this.#terms));
      const answer = await pool.run(this.#key, {
        kind: "evaluate",
        process: this.#key,
        spawn: this.#spawn,
        inputs,
        checkpoint: false,
      });
      if (answer.kind !== "evaluated") throw new ProtocolError("HOST_FAULT", { got: answer.kind });
      await this.#compare(answer.outputs);
      next += answer.outputs.length;
    }
  }

  async #compare(outputs: readonly EvaluationOutput[]): Promise<void> {
    for (const { slot, result } of outputs) {
      const stored = await this.#options.results.get(this.#process, slot);
      if (stored !== null && equalBytes(stored.result, result)) continue;
      throw new ProtocolError("HOST_FAULT", {
        slot,
        expected: "the stored result",
        got: "another",
      });
    }
  }

  /** Saves a checkpoint. Where that fails the worker's deltas would have no ground: it starts anew. */
  async #save(delta: CheckpointDelta): Promise<void> {
    const { checkpoints } = this.#options;
    const { slot, root, pageCount, globals, indices, pages, full } = delta;
    const pageBytes = indices.length === 0 ? 0 : pages.length / indices.length;
    try {
      await checkpoints.save([
        {
          process: this.#process,
          slot,
          root,
          pageCount,
          globals,
          full,
          pages: Array.from(indices, (index, k) => ({
            index,
            bytes: pages.subarray(k * pageBytes, (k + 1) * pageBytes),
          })),
        },
      ]);
      this.#checkpointSlot = slot;
      const slots = await checkpoints.slots(this.#process);
      await checkpoints.retain(this.#process, slots.slice(-checkpointsKept));
    } catch (error) {
      await this.drop();
      throw error;
    }
  }
}
