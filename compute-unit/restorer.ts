/**
 * Brings a process into a worker's memory as it was before a slot: from the newest stored state that is
 * whole, or from its genesis, and by a replay of what came after. Where a replay differs from what was
 * stored, this machine is at fault and says so.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Checkpoint, CheckpointStore } from "../src/node/store/ports/checkpoint-store.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { ResultStore } from "../src/node/store/ports/result-store.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import type { WorkerPool } from "../src/node/worker-pool.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { type EvaluationOutput, inputOf } from "../src/runtime/evaluation-input.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";

export type EvaluationPool = Pick<WorkerPool<EvaluationJob, EvaluationAnswer>, "run">;

/** What all restorers of a unit share. */
export interface RestorerOptions {
  readonly pool: EvaluationPool;
  readonly results: ResultStore;
  readonly checkpoints: CheckpointStore;
  /** The bytes of a module; rejects with `UNAVAILABLE` where nobody has them. */
  readonly moduleOf: (module: Digest) => Promise<Uint8Array>;
  /** Told of a stored checkpoint that gives another state than it says. */
  readonly onCheckpointRefused?: (place: { process: Digest; slot: number }) => void;
}

/** Messages in one job: the watchdog times them together. */
export const jobInputsMax = 16;
/** A process that is brought into memory. */
export interface RestoredProcess {
  readonly id: Digest;
  /** The canonical spawn body. */
  readonly spawn: Uint8Array;
  readonly terms: SpawnTerms;
}

/** Where a process stands in memory, or why it has no state. */
export type Restored =
  | { readonly kind: "there"; readonly checkpointSlot: number }
  | Extract<EvaluationAnswer, { kind: "module-refused" }>;

export class Restorer {
  readonly #options: RestorerOptions;
  readonly #process: RestoredProcess;
  readonly #key: string;

  constructor(options: RestorerOptions, process: RestoredProcess) {
    this.#options = options;
    this.#process = process;
    this.#key = idText(process.id);
  }

  /** Has the worker hold the process just before `slot`; a refusal where its module is none. */
  async bringTo(slot: number): Promise<Restored> {
    const { answer, saved } = await this.#newest(slot - 1);
    if (answer.kind === "module-refused") return answer;
    if (answer.kind !== "loaded") throw new ProtocolError("HOST_FAULT", { got: answer.kind });
    await this.#replay(answer.next, slot);
    return { kind: "there", checkpointSlot: saved?.slot ?? -1 };
  }

  /**
   * Loads the newest state that is stored, at or before a slot, and is what it says it is; the genesis
   * where there is none. A disk may give back other pages than it was given.
   */
  async #newest(
    slot: number,
  ): Promise<{ readonly answer: EvaluationAnswer; readonly saved: Checkpoint | null }> {
    const module = await this.#options.moduleOf(this.#process.terms.module);
    let at = slot;
    for (let isNewest = true; ; isNewest = false) {
      const found = await this.#nearestCheckpoint(at, isNewest);
      const { saved } = found;
      const answer = await this.#options.pool.run(this.#key, {
        kind: "load",
        process: this.#key,
        spawn: this.#process.spawn,
        module,
        saved,
        deltasFollow: found.isNewest,
      });
      if (answer.kind !== "checkpoint-refused" || saved === null) return { answer, saved };
      this.#options.onCheckpointRefused?.({ process: this.#process.id, slot: saved.slot });
      at = saved.slot - 1;
    }
  }

  /** The newest checkpoint at or before a slot that is whole; null for the genesis. */
  async #nearestCheckpoint(
    slot: number,
    isFirst: boolean,
  ): Promise<{ readonly saved: Checkpoint | null; readonly isNewest: boolean }> {
    let isNewest = isFirst;
    for (let at = slot; at >= 0; ) {
      try {
        const saved = await this.#options.checkpoints.load(this.#process.id, at);
        if (saved === null) return { saved: null, isNewest };
        return { saved, isNewest };
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "STORE_CORRUPT") throw error;
        isNewest = false;
        const slots = await this.#options.checkpoints.slots(this.#process.id);
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
      const entries = await results.entries(
        this.#process.id,
        next,
        Math.min(jobInputsMax, to - next),
      );
      if (entries.length === 0)
        throw new ProtocolError("HOST_FAULT", { expected: `entry ${next}` });
      const good = await this.#succeeded(entries);
      const last = next + entries.length;
      const inputs = good.map((entry) => inputOf(entry, this.#process.terms));
      const answer = await pool.run(this.#key, {
        kind: "replay",
        process: this.#key,
        spawn: this.#process.spawn,
        inputs,
        to: last,
      });
      if (answer.kind !== "evaluated") throw new ProtocolError("HOST_FAULT", { got: answer.kind });
      await this.#compare(answer.outputs);
      const isWhole = answer.outputs.length === inputs.length;
      next = isWhole ? last : (answer.outputs.at(-1)?.slot ?? next) + 1;
    }
  }

  /** Those of these entries that have a good result, or none yet. */
  async #succeeded(entries: readonly StoredEntry[]): Promise<readonly StoredEntry[]> {
    const isFailed = await Promise.all(
      entries.map(async ({ slot }) => {
        const stored = await this.#options.results.get(this.#process.id, slot);
        return stored !== null && resultRecord.decode(stored.result).exit === exits.failed;
      }),
    );
    return entries.filter((_, i) => isFailed[i] === false);
  }

  async #compare(outputs: readonly EvaluationOutput[]): Promise<void> {
    for (const { slot, result } of outputs) {
      const stored = await this.#options.results.get(this.#process.id, slot);
      if (stored !== null && equalBytes(stored.result, result)) continue;
      throw new ProtocolError("HOST_FAULT", {
        slot,
        expected: "the stored result",
        got: "another",
      });
    }
  }
}
