/**
 * A whole process from its log, slot after slot, in memory: what replay and the test kit run. The
 * results are those of a compute unit, byte for byte, also where the module is refused or slot 0
 * fails.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { idText } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { StateKernel } from "../state/kernel.ts";
import type { Checkpoint } from "./checkpoint.ts";
import {
  evaluateDry,
  evaluateRun,
  failWithoutRun,
  type HotProcess,
  refusalOf,
  stillbornDiagnostic,
} from "./evaluate.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-input.ts";
import { Process, type ProcessOptions } from "./process.ts";
import { compileProcessModule, type ProcessModule } from "./process-module.ts";

/** What a process is made from. */
export interface LogRunOptions {
  readonly process: Uint8Array;
  readonly terms: SpawnTerms;
  /** The module's bytes, or the module that was made of them before. */
  readonly module: Uint8Array | ProcessModule;
  readonly kernel: StateKernel;
}

/** A process that cannot run, and why. */
interface Dead {
  readonly diagnostic: Diagnostic;
  readonly root: Uint8Array;
}

/** A state that a run can go back to, any number of times. */
export interface LogRunSnapshot {
  readonly dead: Dead | null;
  /** Null where the process never ran. */
  readonly hot: {
    readonly checkpoint: Checkpoint;
    readonly next: number;
    readonly root: Uint8Array;
  } | null;
}

export class LogRun {
  readonly #process: string;
  readonly #terms: SpawnTerms;
  /** What the process is made from; null where its module is refused. */
  readonly #options: ProcessOptions | null;
  #hot: HotProcess | null = null;
  #dead: Dead | null = null;

  constructor(options: LogRunOptions) {
    this.#process = idText(options.process);
    this.#terms = options.terms;
    const made = processOptions(options);
    this.#options = "module" in made ? made : null;
    if (!("module" in made)) {
      this.#dead = made;
      return;
    }
    const process = Process.genesis(made);
    this.#hot = { process, next: 0, root: process.root() };
  }

  /** Evaluates the message of the next slot. Throws `HostFault`: there is no result then. */
  evaluate(input: EvaluationInput): EvaluationOutput {
    const [output] = this.evaluateAll([input]);
    assert(output !== undefined, "an output for the input");
    return output;
  }

  /** Evaluates the messages of the next slots, whose roots are computed together. As `evaluate`. */
  evaluateAll(inputs: readonly EvaluationInput[]): EvaluationOutput[] {
    const [first, ...others] = inputs;
    if (first === undefined) return [];
    // Whether there is a slot after slot 0 that runs is known after slot 0.
    if (first.slot === 0 && others.length > 0) {
      return [...this.evaluateAll([first]), ...this.evaluateAll(others)];
    }
    const hot = this.#dead === null ? this.#hot : null;
    if (hot === null) return inputs.map((input) => this.#fail(input));
    const outputs = evaluateRun(hot, this.#process, this.#terms, { inputs, mayGoOn: () => true });
    const { exit, postRoot } = resultRecord.decode(outputs[0]?.result ?? new Uint8Array(0));
    if (first.slot === 0 && exit === exits.failed) {
      this.#dead = { diagnostic: stillbornDiagnostic, root: postRoot };
    }
    return outputs;
  }

  /** Evaluates a message on the newest state and undoes it. */
  evaluateDry(input: EvaluationInput, gasLimit: number): EvaluationOutput {
    if (this.#dead !== null || this.#hot === null) return this.#fail(input);
    return evaluateDry(this.#hot, this.#process, this.#terms, { input, gasLimit });
  }

  /** The committed memory; empty where the process never ran. Valid until the next message. */
  get memory(): Uint8Array {
    return this.#hot?.process.memory ?? new Uint8Array(0);
  }

  /** The committed globals, in index order; none where the process never ran. */
  get globals(): BigUint64Array {
    return this.#hot?.process.globals ?? new BigUint64Array(0);
  }

  /** The state as it is now. */
  snapshot(): LogRunSnapshot {
    const hot = this.#hot;
    if (hot === null) return { dead: this.#dead, hot: null };
    const { process, next, root } = hot;
    return { dead: this.#dead, hot: { checkpoint: process.checkpoint(), next, root } };
  }

  /** Goes back to an earlier state of this run. Throws `HostFault`. */
  revert({ dead, hot }: LogRunSnapshot): void {
    this.#dead = dead;
    if (hot === null || this.#options === null) return;
    const { checkpoint, next, root } = hot;
    const process = Process.restore({ ...this.#options, checkpoints: [checkpoint], root });
    this.#hot?.process.dispose();
    this.#hot = { process, next, root };
  }

  /** Lets go of the live instance. */
  dispose(): void {
    this.#hot?.process.dispose();
  }

  #fail(input: EvaluationInput): EvaluationOutput {
    const { diagnostic, root } = this.#dead as Dead;
    return failWithoutRun({ process: this.#process, terms: this.#terms, input, diagnostic, root });
  }
}

function processOptions({ module, terms, kernel }: LogRunOptions): ProcessOptions | Dead {
  const memoryPagesMax = terms.memoryLimit / memoryPageBytes;
  try {
    const compiled = module instanceof Uint8Array ? compileProcessModule(module) : module;
    return { module: compiled, memoryPagesMax, kernel };
  } catch (error) {
    return refusalOf(error);
  }
}
