/**
 * Proves one slot with the proving worker: brings the worker to the slot from the nearest checkpoint,
 * or from where it stands, and has it prove. What is known without a run is said without one.
 *
 * @module
 */

import { CodedError } from "../src/base/error.ts";
import type { CheckpointStore } from "../src/node/store/ports/checkpoint-store.ts";
import type { ProofOutcome } from "../src/node/store/ports/proof-store.ts";
import type { ResultStore, StoredResult } from "../src/node/store/ports/result-store.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import type { WorkerPool } from "../src/node/worker-pool.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../src/protocol/spawn.ts";
import { inputOf } from "../src/runtime/evaluation-input.ts";
import { compileProcessModule } from "../src/runtime/process-module.ts";
import type { SavedState } from "./evaluation-job.ts";
import type { ProofAnswer, ProofWork } from "./proof-job.ts";
import type { QueuedSlot } from "./proof-order.ts";
import type { SlotProving } from "./proving.ts";
import { jobInputsMax } from "./restorer.ts";

export type ProofPool = Pick<WorkerPool<ProofWork, ProofAnswer>, "run">;

export interface SlotProverOptions {
  readonly pool: ProofPool;
  readonly results: ResultStore;
  readonly checkpoints: CheckpointStore;
  /** The bytes of a module; rejects with `UNAVAILABLE` where nobody has them. */
  readonly moduleOf: (module: Digest) => Promise<Uint8Array>;
}

/** A settled slot. */
export interface ProvenSlot {
  readonly outcome: ProofOutcome;
  /** What its proof took; null where none was made. */
  readonly seconds: number | null;
  /** What its run took; null where that is not known, as of a failure. */
  readonly gas: number | null;
}

interface Subject extends QueuedSlot {
  readonly id: string;
  readonly spawn: Uint8Array;
  readonly terms: SpawnTerms;
}

const unprovable = (reason: string): ProvenSlot => ({
  outcome: { kind: "unprovable", reason },
  seconds: null,
  gas: null,
});

/** See the module comment. */
export class SlotProver implements SlotProving {
  readonly #options: SlotProverOptions;

  constructor(options: SlotProverOptions) {
    this.#options = options;
  }

  async prove({ process, slot }: QueuedSlot): Promise<ProvenSlot> {
    const { results } = this.#options;
    const [first] = await results.entries(process, 0, 1);
    const [entry] = await results.entries(process, slot, 1);
    const stored = await results.get(process, slot);
    if (first === undefined || entry === undefined || stored === null) {
      throw new ProtocolError("HOST_FAULT", { expected: `slot ${slot}`, got: "nothing stored" });
    }
    const terms = termsOfSpawn(first.body);
    const subject: Subject = { process, slot, id: idText(process), spawn: first.body, terms };
    const known = await this.#knownReason(subject, stored);
    if (known !== null) return unprovable(known);
    await this.#bringTo(subject);
    const answer = await this.#ask({
      kind: "prove",
      input: inputOf(entry, terms),
      result: stored.result,
    });
    if (answer.kind === "unprovable") return unprovable(answer.reason);
    if (answer.kind !== "proven") throw new ProtocolError("HOST_FAULT", { got: answer.kind });
    const { proof, seconds } = answer;
    return { outcome: { kind: "proven", proof }, seconds, gas: gasOf(stored.result) };
  }

  #ask(work: ProofWork): Promise<ProofAnswer> {
    return this.#options.pool.run(null, work);
  }

  /** Why there is nothing to prove, as far as the result and the module say. */
  async #knownReason({ process, slot, terms }: Subject, stored: StoredResult) {
    // A failure commits all gas, however short its run was: the worker finds out.
    const gas = gasOf(stored.result);
    if (gas !== null && gas > terms.proveGasLimit) return "gas";
    const genesis = await this.#options.results.get(process, 0);
    const failed = genesis !== null && resultRecord.decode(genesis.result).exit === exits.failed;
    if (slot > 0 && failed) return "stillborn";
    const module = await this.#options.moduleOf(terms.module);
    return slot === 0 && failed && isRefused(module) ? "module" : null;
  }

  /** Has the worker hold the process just before the slot. */
  async #bringTo({ process, slot, id, spawn, terms }: Subject): Promise<void> {
    let at = await this.#ask({ kind: "where" });
    const saved = await this.#nearestCheckpoint(process, slot - 1);
    const isThere = at.kind === "at" && at.process === id && at.next <= slot;
    const isNearer = isThere && at.kind === "at" && at.next > (saved?.slot ?? -1);
    if (!isNearer) {
      const module = await this.#options.moduleOf(terms.module);
      at = await this.#ask({ kind: "open", process: id, spawn, module, saved });
    }
    while (at.kind === "at" && at.next < slot) {
      const limit = Math.min(jobInputsMax, slot - at.next);
      const entries = await this.#options.results.entries(process, at.next, limit);
      if (entries.length === 0) throw new ProtocolError("HOST_FAULT", { missing: at.next });
      const inputs = entries.map((entry) => inputOf(entry, terms));
      at = await this.#ask({ kind: "advance", inputs });
    }
  }

  /** The newest whole checkpoint at or before a slot; null for the genesis. */
  async #nearestCheckpoint(process: Digest, slot: number): Promise<SavedState | null> {
    if (slot < 0) return null;
    try {
      return await this.#options.checkpoints.load(process, slot);
    } catch (error) {
      if (error instanceof StoreError && error.code === "STORE_CORRUPT") return null;
      throw error;
    }
  }
}

/** What a run took; null where it failed: then the result says the limit. */
export function gasOf(result: Uint8Array): number | null {
  const { exit, gasUsed } = resultRecord.decode(result);
  return exit === exits.ok ? gasUsed : null;
}

function isRefused(module: Uint8Array): boolean {
  try {
    compileProcessModule(module);
    return false;
  } catch (error) {
    if (error instanceof CodedError) return true;
    throw error;
  }
}
