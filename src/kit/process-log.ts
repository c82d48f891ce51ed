/**
 * One process of the kit's network: its log, checked entry by entry as everyone checks it, and its
 * state. What a scheduler and a compute unit do together, without servers and signatures.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { checkEntry, type LogContext } from "../protocol/check.ts";
import { type ChainTip, entryHashOf, entryRecord } from "../protocol/entry.ts";
import type { Envelope, LogItem } from "../protocol/envelope.ts";
import { authorisationHashOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { dryRunInput } from "../runtime/dry-run-input.ts";
import {
  type EvaluationInput,
  type EvaluationOutput,
  inputOf,
} from "../runtime/evaluation-input.ts";
import { LogRun, type LogRunSnapshot } from "../runtime/log-run.ts";
import type { StateKernel } from "../state/kernel.ts";
import { placed } from "./evaluation-failed.ts";
import { Explainer, type Explanation } from "./explainer.ts";
import { isDevelopers } from "./failure-place.ts";
import { type StackFrame, stackFrames } from "./failure-stack.ts";
import { type Inspected, inspectState } from "./inspect-state.ts";
import { NetworkError } from "./network-error.ts";
import { type KitEvaluation, kitEvaluation } from "./outcome.ts";
import type { Program } from "./program.ts";

/** How far a test looks into a variable. */
const inspected = { depth: 6, items: 1000 } as const;

type DryRun = Parameters<typeof dryRunInput>[0];

/** What one message came to. */
export interface Delivered {
  readonly evaluation: KitEvaluation;
  readonly output: EvaluationOutput;
}

/** A log and its state, to go back to. */
export interface ProcessLogSnapshot {
  readonly length: number;
  readonly tip: ChainTip | null;
  readonly run: LogRunSnapshot;
}

export class ProcessLog {
  readonly id: Digest;
  readonly terms: SpawnTerms;
  readonly program: Program;
  /** The canonical spawn body. */
  readonly spawn: Uint8Array;
  readonly items: LogItem[] = [];
  readonly evaluations: KitEvaluation[] = [];
  readonly #network: Digest;
  readonly #run: LogRun;
  readonly #seen = new Set<string>();
  readonly #kernel: StateKernel;
  /** Diagnostics that still name bytes of the module. */
  readonly #unplaced = new WeakMap<KitEvaluation, Diagnostic>();
  #explainer: Explainer | null = null;
  #tip: ChainTip | null = null;

  constructor(options: {
    readonly network: Digest;
    readonly spawn: Uint8Array;
    readonly terms: SpawnTerms;
    readonly program: Program;
    readonly kernel: StateKernel;
  }) {
    const { network, spawn, terms, program, kernel } = options;
    this.id = messageIdOf(spawn);
    this.#network = network;
    this.spawn = spawn;
    this.terms = terms;
    this.program = program;
    this.#kernel = kernel;
    this.#run = new LogRun({ process: this.id, terms, module: program.module, kernel });
  }

  /** Gives a message the next slot and evaluates it. Throws a `ProtocolError` where it is refused. */
  deliver(envelope: Envelope, timestamp: number): Delivered {
    const slot = this.items.length;
    const messageId = messageIdOf(envelope.body);
    const entry = entryRecord.encode({
      process: this.id,
      slot,
      messageId,
      authorisationHash: authorisationHashOf(envelope.authorisation),
      timestamp,
      epoch: 0,
      previous: this.#tip?.entryHash ?? null,
    });
    const item: LogItem = { ...envelope, entry };
    const { tip } = checkEntry(item, this.#context());
    this.#tip = tip;
    this.#seen.add(idText(messageId));
    this.items.push(item);
    const output = this.#run.evaluate(this.#inputAt(slot));
    const evaluation = this.#read(output);
    this.evaluations.push(evaluation);
    return { evaluation, output };
  }

  /** Evaluates an unsigned message on the newest state and undoes it. */
  call(request: DryRun, timestamp: number): KitEvaluation {
    const input = this.#dryInput(request, timestamp);
    return this.#read(this.#run.evaluateDry(input, this.terms.gasLimit));
  }

  /** All that can be found out about a failure: of a slot, or of a call that was just made. */
  async explain(
    evaluation: KitEvaluation,
    diagnostic: Diagnostic,
    call: { readonly request: DryRun; readonly timestamp: number } | null,
  ): Promise<Explanation> {
    const { slot } = evaluation;
    const explainer = await this.#explaining();
    const inputAt = (at: number): EvaluationInput => this.#inputAt(at);
    const found =
      call === null
        ? explainer?.explainSlot(slot, inputAt, diagnostic)
        : explainer?.explainDry(
            { slots: this.items.length, input: this.#dryInput(call.request, call.timestamp) },
            inputAt,
            diagnostic,
          );
    return found ?? { diagnostic, stack: this.#ownStack(evaluation) };
  }

  snapshot(): ProcessLogSnapshot {
    return { length: this.items.length, tip: this.#tip, run: this.#run.snapshot() };
  }

  /** Forgets what came after the snapshot. */
  revert({ length, tip, run }: ProcessLogSnapshot): void {
    for (const { body } of this.items.slice(length)) this.#seen.delete(idText(messageIdOf(body)));
    this.items.length = length;
    this.evaluations.length = length;
    this.#tip = tip;
    // What it evaluated is of another future.
    this.#explainer = null;
    this.#run.revert(run);
  }

  /** A variable of the process by its name. Throws `VARIABLE_UNKNOWN`. */
  variable(name: string): Inspected {
    const { memory, globals } = this.#run;
    // Libraries have variables as well, and some of the same names.
    const wants = (each: string): boolean =>
      each === name || (isDevelopers(each) && each.endsWith(`/${name}`));
    const { debug } = this.program;
    const found =
      debug === null ? [] : inspectState({ memory, globals }, debug, { ...inspected, wants });
    const [first] = found;
    if (first === undefined) throw new NetworkError("VARIABLE_UNKNOWN", { variable: name });
    return first.value;
  }

  get memory(): Uint8Array {
    return this.#run.memory.slice();
  }

  async #explaining(): Promise<Explainer | null> {
    const build = this.#explainer === null ? await this.program.explain() : null;
    if (build === null) return this.#explainer;
    const { id: process, terms } = this;
    this.#explainer = new Explainer({ process, terms, kernel: this.#kernel, build });
    return this.#explainer;
  }

  /** The stack of the module itself, where the explaining build has none. */
  #ownStack(evaluation: KitEvaluation): readonly StackFrame[] {
    const { wasm, sourceMap } = this.program;
    const unplaced = this.#unplaced.get(evaluation);
    if (sourceMap === null || unplaced === undefined) return [];
    return stackFrames(unplaced, { wasm, sourceMap, functions: null });
  }

  #inputAt(slot: number): EvaluationInput {
    const item = this.items[slot];
    assert(item !== undefined, "a slot of this log");
    const messageId = messageIdOf(item.body);
    return inputOf({ ...item, slot, messageId, entryHash: entryHashOf(item.entry) }, this.terms);
  }

  #dryInput(request: DryRun, timestamp: number): EvaluationInput {
    const slot = this.items.length;
    const place = { network: this.#network, process: this.id, slot, timestamp };
    return dryRunInput(request, place, this.terms.rules).input;
  }

  #context(): LogContext {
    return {
      network: this.#network,
      process: this.id,
      scheduler: this.terms.scheduler,
      terms: this.#tip === null ? null : this.terms,
      tip: this.#tip,
      seen: (id) => this.#seen.has(idText(id)),
    };
  }

  #read(output: EvaluationOutput): KitEvaluation {
    const evaluation = kitEvaluation(output, placed(output.diagnostic, this.program.sourceMap));
    if (output.diagnostic !== null) this.#unplaced.set(evaluation, output.diagnostic);
    return evaluation;
  }
}
