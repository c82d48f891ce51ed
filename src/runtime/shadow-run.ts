/**
 * A shadow upgrade: one log through two modules side by side, and where what comes of it differs. The
 * process keeps its terms but for the module; gas may differ without being called a difference, since
 * other code has another price.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Digest } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { StateKernel } from "../state/kernel.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-input.ts";
import { LogRun } from "./log-run.ts";
import { type FieldDifference, outputDifferences } from "./output-difference.ts";
import type { ProcessModule } from "./process-module.ts";
import { type Pair, type StateDifference, stateDifference } from "./state-difference.ts";

/** What comes of a slot in both modules, where it is not the same. */
export interface ShadowDifference {
  readonly slot: number;
  /** Empty where only the state differs. */
  readonly outputs: readonly FieldDifference[];
  /** Why either side failed. */
  readonly diagnostics: Pair<Diagnostic | null>;
}

/** What all slots so far came to. */
export interface ShadowTally {
  readonly slots: number;
  /** Slots whose outputs differ, and slots after which the states do. */
  readonly outputsDiffer: number;
  readonly statesDiffer: number;
  readonly firstOutput: ShadowDifference | null;
  readonly firstState: ShadowDifference | null;
  /** Gas of all slots. */
  readonly gas: Pair<number>;
}

export interface ShadowRunOptions {
  readonly process: Uint8Array;
  /** The terms of the spawn, that name the current module. */
  readonly terms: SpawnTerms;
  /** The module's bytes: the log may be that of a process whose module was refused. */
  readonly current: Uint8Array;
  readonly candidate: ProcessModule;
  readonly candidateId: Digest;
  readonly kernel: StateKernel;
}

/** Two processes that read one log. */
export class ShadowRun {
  readonly #current: LogRun;
  readonly #candidate: LogRun;
  #tally: ShadowTally = {
    slots: 0,
    outputsDiffer: 0,
    statesDiffer: 0,
    firstOutput: null,
    firstState: null,
    gas: { current: 0, candidate: 0 },
  };

  constructor({ process, terms, current, candidate, candidateId, kernel }: ShadowRunOptions) {
    this.#current = new LogRun({ process, terms, module: current, kernel });
    const others = { ...terms, module: candidateId };
    this.#candidate = new LogRun({ process, terms: others, module: candidate, kernel });
  }

  get tally(): ShadowTally {
    return this.#tally;
  }

  /** Runs the next slots in both. Throws `HostFault`. */
  evaluate(inputs: readonly EvaluationInput[]): void {
    const candidates = this.#candidate.evaluateAll(inputs);
    for (const [i, current] of this.#current.evaluateAll(inputs).entries()) {
      const candidate = candidates[i];
      assert(candidate !== undefined, "both modules evaluate every slot");
      this.#tally = counted(this.#tally, current, candidate);
    }
  }

  /** How the states differ after the last slot. */
  stateDifference(): StateDifference {
    return stateDifference(this.#current, this.#candidate);
  }

  /** Lets go of both processes. */
  dispose(): void {
    this.#current.dispose();
    this.#candidate.dispose();
  }
}

/** The tally with one slot more. */
function counted(
  before: ShadowTally,
  current: EvaluationOutput,
  candidate: EvaluationOutput,
): ShadowTally {
  const ours = resultRecord.decode(current.result);
  const theirs = resultRecord.decode(candidate.result);
  const outputDiffers = !sameOutput(current, candidate);
  const stateDiffers = !equalBytes(ours.postRoot, theirs.postRoot);
  const difference = (): ShadowDifference => ({
    slot: current.slot,
    outputs: outputDifferences(current, candidate),
    diagnostics: { current: current.diagnostic, candidate: candidate.diagnostic },
  });
  return {
    slots: before.slots + 1,
    outputsDiffer: before.outputsDiffer + (outputDiffers ? 1 : 0),
    statesDiffer: before.statesDiffer + (stateDiffers ? 1 : 0),
    firstOutput: before.firstOutput ?? (outputDiffers ? difference() : null),
    firstState: before.firstState ?? (stateDiffers ? difference() : null),
    gas: {
      current: before.gas.current + ours.gasUsed,
      candidate: before.gas.candidate + theirs.gasUsed,
    },
  };
}

/** Two failures are the same output, whatever they say. */
function sameOutput({ output: ours }: EvaluationOutput, { output: theirs }: EvaluationOutput) {
  return ours === null || theirs === null ? ours === theirs : equalBytes(ours, theirs);
}
