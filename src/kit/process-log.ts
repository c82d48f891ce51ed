/**
 * One process of the kit's network: its log, checked entry by entry as everyone checks it, and its
 * state. What a scheduler and a compute unit do together, without servers and signatures.
 *
 * @module
 */

import { checkEntry, type LogContext } from "../protocol/check.ts";
import { type ChainTip, entryRecord } from "../protocol/entry.ts";
import type { Envelope, LogItem } from "../protocol/envelope.ts";
import { authorisationHashOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { dryRunInput } from "../runtime/dry-run-input.ts";
import { type EvaluationOutput, inputOf } from "../runtime/evaluation-input.ts";
import { LogRun, type LogRunSnapshot } from "../runtime/log-run.ts";
import type { StateKernel } from "../state/kernel.ts";
import { placed } from "./evaluation-failed.ts";
import { type KitEvaluation, kitEvaluation } from "./outcome.ts";
import type { Program } from "./program.ts";

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
    const checked = { ...item, slot, messageId, entryHash: tip.entryHash };
    const output = this.#run.evaluate(inputOf(checked, this.terms));
    const evaluation = this.#read(output);
    this.evaluations.push(evaluation);
    return { evaluation, output };
  }

  /** Evaluates an unsigned message on the newest state and undoes it. */
  call(request: Parameters<typeof dryRunInput>[0], timestamp: number): KitEvaluation {
    const place = {
      network: this.#network,
      process: this.id,
      slot: this.items.length,
      timestamp,
    };
    const { input } = dryRunInput(request, place, this.terms.rules);
    return this.#read(this.#run.evaluateDry(input, this.terms.gasLimit));
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
    this.#run.revert(run);
  }

  get memory(): Uint8Array {
    return this.#run.memory.slice();
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
    return kitEvaluation(output, placed(output.diagnostic, this.program.sourceMap));
  }
}
