/**
 * Evaluation of one process on the unit's side: keeps it in a worker's memory and asks for checkpoints.
 * Whatever the way to a state, the results are the same bytes.
 *
 * @module
 */

import { createActor } from "xstate";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { Diagnostic } from "../src/protocol/judge.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { failWithoutRun, stillbornDiagnostic } from "../src/runtime/evaluate.ts";
import type { EvaluationInput, EvaluationOutput } from "../src/runtime/evaluation-input.ts";
import { evaluationMachine } from "./evaluation.machine.ts";
import type { CheckpointDelta, EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import { type RestoredProcess, Restorer, type RestorerOptions } from "./restorer.ts";

/** What all evaluators of a unit share. */
export interface EvaluatorOptions extends RestorerOptions {
  /** Slots between checkpoints: what a restart replays at most. */
  readonly checkpointSlots?: number | undefined;
}

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
  readonly #restorer: Restorer;
  #checkpointSlot = -1;
  /** True once the result of slot 0 is known, and no failure. */
  #isBorn = false;

  constructor(options: EvaluatorOptions, process: RestoredProcess) {
    this.#options = options;
    this.#process = process.id;
    this.#key = idText(process.id);
    this.#spawn = process.spawn;
    this.#terms = process.terms;
    this.#restorer = new Restorer(options, process);
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
    const stillborn = this.#isBorn ? null : await this.#stillbornRoot(first.slot);
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
      module: first.slot === 0 ? await this.#options.moduleOf(this.#terms.module) : null,
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
    this.#isBorn = exit === exits.ok;
    return this.#isBorn ? null : postRoot;
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
        if (answer.kind === "module-refused") {
          this.#machine.send({ type: "stillborn" });
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
    const answer = await this.#restorer.bringTo(slot);
    if (answer.kind === "module-refused") {
      this.#machine.send({ type: "stillborn" });
      return answer;
    }
    this.#checkpointSlot = answer.checkpointSlot;
    this.#machine.send({ type: "loaded" });
    return null;
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

/** A process as it runs: its terms and its evaluator, known once its slot 0 is. */
export interface FollowedProcess {
  readonly terms: SpawnTerms;
  readonly evaluator: Evaluator;
}
