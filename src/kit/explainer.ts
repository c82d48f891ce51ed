/**
 * Why a message of a process failed, by evaluating its log once more with the explaining build. The run
 * is kept: what it has evaluated it need not evaluate again at the next failure.
 *
 * @module
 */

import type { Digest } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { gasLimitMax, memoryLimitMax } from "../protocol/limits.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { EvaluationInput } from "../runtime/evaluation-input.ts";
import { LogRun } from "../runtime/log-run.ts";
import type { StateKernel } from "../state/kernel.ts";
import { placed } from "./evaluation-failed.ts";
import type { ExplainingModule } from "./explaining-module.ts";
import { type StackFrame, stackFrames } from "./failure-stack.ts";

/** A failure with all that is known of it. */
export interface Explanation {
  /** With its place; of an assertion the text tells the values. */
  readonly diagnostic: Diagnostic;
  readonly stack: readonly StackFrame[];
}

/** Notes and their texts need memory, and unoptimised code gas: it is given all there can be. */
const memoryFactor = 2;
/** Failures that another build can come to as well; the others are of amounts that it changes. */
const explained: ReadonlySet<string> = new Set(["abort", "trap"]);

/** A slot's input again, by its number. */
export type InputAt = (slot: number) => EvaluationInput;

export class Explainer {
  readonly #build: ExplainingModule;
  readonly #make: () => LogRun;
  #run: LogRun;
  #next = 0;

  constructor(options: {
    readonly process: Digest;
    readonly terms: SpawnTerms;
    readonly kernel: StateKernel;
    readonly build: ExplainingModule;
  }) {
    const { process, kernel, build } = options;
    this.#build = build;
    const memoryLimit = Math.min(options.terms.memoryLimit * memoryFactor, memoryLimitMax);
    const terms = { ...options.terms, gasLimit: gasLimitMax, memoryLimit };
    this.#make = () => new LogRun({ process, terms, module: build.module, kernel });
    this.#run = this.#make();
  }

  /** Why a slot failed, or null where the explaining build did not fail as the module did. */
  explainSlot(slot: number, inputAt: InputAt, failure: Diagnostic): Explanation | null {
    if (!explained.has(failure.reason)) return null;
    this.#catchUp(slot, inputAt);
    this.#next = slot + 1;
    return this.#read(this.#run.evaluate(inputAt(slot)).diagnostic, failure);
  }

  /** Why a message failed that was only tried, on the state after `slots` slots. */
  explainDry(
    { slots, input }: { readonly slots: number; readonly input: EvaluationInput },
    inputAt: InputAt,
    failure: Diagnostic,
  ): Explanation | null {
    if (!explained.has(failure.reason)) return null;
    this.#catchUp(slots, inputAt);
    return this.#read(this.#run.evaluateDry(input, gasLimitMax).diagnostic, failure);
  }

  /** Evaluates what comes before `slot`, from the beginning where the run is beyond it. */
  #catchUp(slot: number, inputAt: InputAt): void {
    if (this.#next > slot) {
      this.#run.dispose();
      this.#run = this.#make();
      this.#next = 0;
    }
    for (; this.#next < slot; this.#next++) this.#run.evaluate(inputAt(this.#next));
  }

  #read(found: Diagnostic | null, failure: Diagnostic): Explanation | null {
    const diagnostic = placed(found, this.#build.sourceMap);
    if (found === null || diagnostic === null || diagnostic.reason !== failure.reason) return null;
    const [said] = diagnostic.text.split("\n");
    // An assertion without a text of its own is given one.
    if (failure.reason === "abort" && said !== failure.text && failure.text !== "abort")
      return null;
    return {
      diagnostic,
      stack: stackFrames(found, { ...this.#build, functions: this.#build.debug.functions }),
    };
  }
}
