/**
 * The attester (spec/05-log.md §4): signs results in batches, without a timer: while one signature is
 * made, the next batch fills. A digest is durably claimed before it is signed, and a second digest for
 * one entry is never signed.
 *
 * @module
 */

import type { Identity } from "../src/crypto/identity.ts";
import type { Logger } from "../src/node/logger.ts";
import type { ResultStore, StoredResult } from "../src/node/store/ports/result-store.ts";
import { attest, attestationRecord } from "../src/protocol/attestation.ts";
import { idText } from "../src/protocol/ids.ts";
import { attestationBatchMax } from "../src/protocol/limits.ts";
import { resultDigestOf } from "../src/protocol/result.ts";

/** Says when an entry has the finality that the unit demands before it speaks for what follows from it. */
export interface FinalityGate {
  covered(process: Uint8Array, slot: number): Promise<void>;
}

/** No head is signed yet, so there is nothing to wait for. */
export const openGate: FinalityGate = { covered: () => Promise.resolve() };

export class Attester {
  readonly #identity: Identity;
  readonly #results: ResultStore;
  readonly #gate: FinalityGate;
  readonly #logger: Logger;
  readonly #onAttested: (process: Uint8Array) => void;
  #waiting: StoredResult[] = [];
  #running: Promise<void> | null = null;

  constructor(options: {
    readonly identity: Identity;
    readonly results: ResultStore;
    readonly gate: FinalityGate;
    readonly logger: Logger;
    /** Told of each process that has a new attestation. */
    readonly onAttested: (process: Uint8Array) => void;
  }) {
    this.#identity = options.identity;
    this.#results = options.results;
    this.#gate = options.gate;
    this.#logger = options.logger;
    this.#onAttested = options.onAttested;
  }

  /** Results that wait for their signature. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Takes results that are durably stored. */
  add(results: readonly StoredResult[]): void {
    this.#waiting.push(...results);
    this.#running ??= this.#signAll().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #signAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, attestationBatchMax);
      this.#waiting = this.#waiting.slice(attestationBatchMax);
      try {
        await this.#sign(batch);
      } catch (error) {
        // They stay unsigned until the unit follows the process anew; nothing wrong was said.
        this.#logger.error("attestation failed", { error, results: batch.length });
      }
    }
  }

  async #sign(batch: readonly StoredResult[]): Promise<void> {
    const claims = await Promise.all(
      batch.map(async (stored) => {
        const { process, slot, entryHash, result } = stored;
        await this.#gate.covered(process, slot);
        return this.#results.claimAttestation(process, entryHash, resultDigestOf(result));
      }),
    );
    const conflicting = batch.filter((_, i) => claims[i] === "conflict");
    for (const { process, slot } of conflicting) {
      // This machine came to two results for one entry: an operator must look at it.
      this.#logger.error("a second result for one entry", { process: idText(process), slot });
    }
    const fit = batch.filter((_, i) => claims[i] !== "conflict");
    if (fit.length === 0) return;
    const attestations = attest(
      this.#identity,
      fit.map(({ result }) => result),
    );
    await this.#results.attest(
      fit.map(({ process, slot }, i) => {
        const attestation = attestations[i];
        if (attestation === undefined) throw new RangeError("one attestation a result");
        return { process, slot, attestation: attestationRecord.encode(attestation) };
      }),
    );
    for (const { process } of fit) this.#onAttested(process);
  }
}
