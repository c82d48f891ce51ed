/**
 * Whether a slot's result is shown, from the state that it says it began with: by a proof, or by the rules
 * alone where the process cannot run (spec/09-http.md §5.4). The costly part of a chain of proofs; it
 * needs no key, no store and no network, so a thread of its own can do it.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { checked } from "../protocol/errors.ts";
import { contentIdOf, idText } from "../protocol/ids.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import { resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { genesisRoot } from "../zkvm/genesis-root.ts";
import { type PreparedModule, prepareModule } from "../zkvm/slot-context.ts";
import { UnprovableError } from "../zkvm/unprovable.ts";
import { isFailureByRule } from "./audit-step.ts";
import { checkSlotProof } from "./slot-proof.ts";

/** What a step is held against; all of it was checked to be the log's. */
export interface ProvenStep {
  /** Canonical spawn body of the process. */
  readonly spawn: Uint8Array;
  readonly module: Uint8Array;
  /** Canonical inbox and body of the message. */
  readonly inbox: Uint8Array;
  readonly body: Uint8Array;
  /** Canonical result. */
  readonly result: Uint8Array;
  /** Slot 0 has failed: the process never runs. */
  readonly isStillborn: boolean;
  /** Canonical `slotProof`; null where the rules alone show the result. */
  readonly proof: Uint8Array | null;
}

/** Translated modules that are kept: one of a megabyte takes a second to translate. */
const keptMax = 8;

/** Checks steps, remembering the modules of the last few. */
export class StepChecker {
  readonly #kept = new Map<string, PreparedModule>();

  /** Null where the step is shown, else why it is not. Whatever the bytes are, it does not throw. */
  check(step: ProvenStep): string | null {
    const outcome = checked(() => this.#wrong(step));
    return outcome.ok ? outcome.value : outcome.error.message;
  }

  #wrong(step: ProvenStep): string | null {
    const { spawn, module, inbox, body, result: bytes, proof, isStillborn } = step;
    const terms = termsOfSpawn(spawn);
    const result = resultRecord.decode(bytes);
    if (!equalBytes(contentIdOf(module), terms.module)) return "another module";
    if (result.slot === 0 && !equalBytes(result.preRoot, genesisRoot(module))) {
      return "another genesis";
    }
    const prepared = this.#prepared(module, terms.memoryLimit / memoryPageBytes);
    const isRunnable = typeof prepared === "string" || prepared.translated !== null;
    if (isStillborn || !isRunnable) {
      if (proof !== null) return "a proof of what the rules show";
      return isFailureByRule(result, terms, result.preRoot) ? null : "the process cannot run";
    }
    if (proof === null) return "no proof";
    if (typeof prepared === "string") return prepared;
    return checkSlotProof({ proof, result: bytes, module: prepared, terms, inbox, body });
  }

  /** The module as proofs are checked against it, or why none can be. */
  #prepared(module: Uint8Array, memoryPagesMax: number): PreparedModule | string {
    const key = `${idText(contentIdOf(module))} ${memoryPagesMax}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    try {
      const prepared = prepareModule(module, memoryPagesMax);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= keptMax && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(key, prepared);
      return prepared;
    } catch (error) {
      if (error instanceof UnprovableError) return error.code;
      throw error;
    }
  }
}
