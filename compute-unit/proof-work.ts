/**
 * What the proving worker does: evaluates up to a slot, takes the state before it, proves the slot, and
 * lets nothing out that the verifier does not accept for the stored result.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import { checkSlotProof } from "../src/client/slot-proof.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { memoryPageBytes, slotProofBytesMax } from "../src/protocol/limits.ts";
import { slotProofRecord } from "../src/protocol/slot-proof.ts";
import { type SpawnTerms, termsOfSpawn } from "../src/protocol/spawn.ts";
import { evaluateNext, type HotProcess } from "../src/runtime/evaluate.ts";
import type { EvaluationInput } from "../src/runtime/evaluation-input.ts";
import { Process } from "../src/runtime/process.ts";
import { compileProcessModule } from "../src/runtime/process-module.ts";
import type { StateKernel } from "../src/state/kernel.ts";
import {
  type ProofProgress,
  type Prover,
  proveSlot,
  type SlotProof,
} from "../src/zkvm/prove-slot.ts";
import { type PreparedModule, prepareModule } from "../src/zkvm/slot-context.ts";
import { UnprovableError } from "../src/zkvm/unprovable.ts";
import { savedImage } from "./evaluation-work.ts";
import type { ProofAnswer, ProofWork } from "./proof-job.ts";

interface OpenProcess {
  readonly id: string;
  readonly terms: SpawnTerms;
  readonly module: Uint8Array;
  /** Null until its first slot is proven. */
  prepared: PreparedModule | null;
  readonly hot: HotProcess;
}

/** What a `slotProof` holds beside the proof is a few hundred bytes. */
const proofBytesMax: number = slotProofBytesMax - 1024;

type WorkOf<Kind extends ProofWork["kind"]> = Extract<ProofWork, { kind: Kind }>;

/** See the module comment. */
export class ProvingWork {
  readonly #kernel: StateKernel;
  readonly #prover: Prover;
  /** Milliseconds, never falling. */
  readonly #monotonic: () => number;
  readonly #onProgress: (progress: ProofProgress) => void;
  #open: OpenProcess | null = null;

  constructor(options: {
    readonly kernel: StateKernel;
    readonly prover: Prover;
    readonly monotonic: () => number;
    readonly onProgress: (progress: ProofProgress) => void;
  }) {
    this.#kernel = options.kernel;
    this.#prover = options.prover;
    this.#monotonic = options.monotonic;
    this.#onProgress = options.onProgress;
  }

  /** Does one piece of work. What it throws says nothing about the slot. */
  async answer(work: ProofWork): Promise<ProofAnswer> {
    try {
      switch (work.kind) {
        case "where":
          return this.#at();
        case "open":
          return this.#load(work);
        case "advance":
          for (const input of work.inputs) this.#evaluate(input);
          return this.#at();
        case "prove":
          return await this.#prove(work);
      }
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #at(): ProofAnswer {
    return { kind: "at", process: this.#open?.id ?? null, next: this.#open?.hot.next ?? 0 };
  }

  #drop(): void {
    this.#open?.hot.process.dispose();
    this.#open = null;
  }

  #load({ process: id, spawn, module, saved }: WorkOf<"open">): ProofAnswer {
    this.#drop();
    const terms = termsOfSpawn(spawn);
    const memoryPagesMax = terms.memoryLimit / memoryPageBytes;
    const options = { module: compileProcessModule(module), memoryPagesMax, kernel: this.#kernel };
    const process =
      saved === null
        ? Process.genesis(options)
        : Process.restore({ ...options, checkpoints: [savedImage(saved)], root: saved.root });
    const next = saved === null ? 0 : saved.slot + 1;
    this.#open = {
      id,
      terms,
      module,
      prepared: null,
      hot: { process, next, root: process.root() },
    };
    return this.#at();
  }

  #evaluate(input: EvaluationInput): Uint8Array {
    const open = this.#opened(input);
    return evaluateNext(open.hot, open.id, open.terms, input).result;
  }

  #opened(input: EvaluationInput): OpenProcess {
    const open = this.#open;
    if (open !== null && open.hot.next === input.slot) return open;
    throw new ProtocolError("HOST_FAULT", { expected: `slot ${input.slot}`, got: "another" });
  }

  async #prove({ input, result }: WorkOf<"prove">): Promise<ProofAnswer> {
    const open = this.#opened(input);
    const { hot, terms } = open;
    const { memory, globals } = hot.process;
    const pre = { memory: memory.slice(), globals: globals.slice() };
    const evaluated = this.#evaluate(input);
    if (!equalBytes(evaluated, result)) {
      throw new ProtocolError("HOST_FAULT", { expected: "the stored result", got: "another" });
    }
    // A failed result says the limit; what the run took is known only here.
    const { gasLimit, memoryLimit, proveGasLimit } = terms;
    const gasSpent = Math.min(hot.process.gasSpent, gasLimit);
    if (gasSpent > proveGasLimit) return { kind: "unprovable", reason: "gas" };
    const limits = { gasLimit, memoryPagesMax: memoryLimit / memoryPageBytes };
    const first = input.slot === 0;
    const start = this.#monotonic();
    try {
      open.prepared ??= prepareModule(open.module, limits.memoryPagesMax);
      const module = open.prepared;
      const slot = { module, limits, first, pre, inbox: input.inbox };
      this.#onProgress({ done: 0, total: 0 });
      const proven = await proveSlot(this.#prover, slot, { onProgress: this.#onProgress });
      if (proven.proof.length > proofBytesMax) {
        return { kind: "unprovable", reason: "PROOF_TOO_LARGE" };
      }
      const proof = recordOf(proven);
      const seconds = (this.#monotonic() - start) / 1000;
      const { inbox, body } = input;
      const checked = checkSlotProof({ proof, result, module, terms, inbox, body });
      if (checked === null) return { kind: "proven", proof, seconds };
      throw new ProtocolError("HOST_FAULT", { expected: "a proof that holds", got: checked });
    } catch (error) {
      if (!(error instanceof UnprovableError)) throw error;
      return { kind: "unprovable", reason: error.code };
    }
  }
}

function recordOf({ statement, proof }: SlotProof): Uint8Array {
  const { limits, first, ...same } = statement;
  return slotProofRecord.encode({ ...same, ...limits, first: first ? 1 : 0, proof });
}
