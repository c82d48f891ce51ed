/**
 * The attester (spec/05-log.md §4): signs results in batches, without a timer: while one signature is
 * made, the next batch fills. Only what the finality gate let through comes here. A digest is durably claimed before it is signed, and a second digest for
 * one entry is never signed.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { Identity } from "../src/crypto/identity.ts";
import type { Logger } from "../src/node/logger.ts";
import type { ResultStore, StoredResult } from "../src/node/store/ports/result-store.ts";
import { attest, attestationRecord } from "../src/protocol/attestation.ts";
import { idText } from "../src/protocol/ids.ts";
import { attestationBatchMax } from "../src/protocol/limits.ts";
import { resultDigestOf } from "../src/protocol/result.ts";
import type { UnattestedResult } from "./process-gate.ts";

/** Pauses after a batch that could not be signed or stored. */
const retryMinMs = 250;
const retryMaxMs = 15_000;

export class Attester {
  readonly #identity: Identity;
  readonly #results: ResultStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onAttested: (process: Uint8Array) => void;
  /** By process and slot, in the order of signing: a result that comes again waits once. */
  readonly #waiting = new Map<string, UnattestedResult>();
  #unstored: ReadonlyMap<string, Uint8Array> = new Map();
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: {
    readonly identity: Identity;
    readonly results: ResultStore;
    readonly clock: Clock;
    readonly logger: Logger;
    /** Told of each process that has a new attestation. */
    readonly onAttested: (process: Uint8Array) => void;
  }) {
    this.#identity = options.identity;
    this.#results = options.results;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#onAttested = options.onAttested;
  }

  /** Results that wait for their signature. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Attestations that were made and may not be durable yet, by `resultKey`: for whoever waits, since
   * nothing is lost with one. Its digest is durable, so another of the same digest can always be made.
   * To be taken before the store is read, where it is as soon as it is no longer here.
   */
  get unstored(): ReadonlyMap<string, Uint8Array> {
    return this.#unstored;
  }

  /** Takes results that are durably stored, and covered by a head. */
  add(results: readonly UnattestedResult[]): void {
    for (const { process, slot, entryHash, result } of results) {
      this.#waiting.set(resultKey({ process, slot }), { process, slot, entryHash, result });
    }
    if (this.#waiting.size > 0) this.#running ??= this.#signAll();
  }

  /** Takes what was stored before slot `next` and not attested when the unit last ended: the newest. */
  async addLeftOver(process: Uint8Array, next: number): Promise<void> {
    for (let from = next - 1; from >= 0; ) {
      const page = await this.#results.range(process, from, 256, "descending");
      const bare = page.filter(({ attestation }) => attestation === null);
      this.add(bare);
      const last = page.at(-1);
      if (last === undefined || bare.length < page.length) return;
      from = last.slot - 1;
    }
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** As `drained`; what cannot be signed now is left to a later run of the unit. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.drained();
  }

  /**
   * One batch after the other. One that fails is tried again before any later one, so that what a
   * process's results lack is always their newest attestations.
   */
  async #signAll(): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = retryMinMs;
    // It ends in the turn in which it finds nothing: what is added later begins it anew.
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, attestationBatchMax);
      try {
        await this.#sign(batch.map(([, result]) => result));
        for (const [key] of batch) this.#waiting.delete(key);
        pauseMs = retryMinMs;
      } catch (error) {
        this.#logger.error("attestation failed", { error, results: batch.length });
        if (signal.aborted) break;
        await this.#clock.sleep(pauseMs, signal).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, retryMaxMs);
      }
    }
    this.#running = null;
  }

  async #sign(batch: readonly UnattestedResult[]): Promise<void> {
    const claims = await Promise.all(
      batch.map(async (stored) => {
        const { process, entryHash, result } = stored;
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
    this.#attest(fit.filter((stored) => !this.#unstored.has(resultKey(stored))));
    await this.#results.attest(
      fit.map((stored) => {
        const attestation = this.#unstored.get(resultKey(stored));
        if (attestation === undefined) throw new RangeError("one attestation a result");
        return { process: stored.process, slot: stored.slot, attestation };
      }),
    );
    this.#unstored = new Map();
  }

  /** Signs results and wakes who waits for them. What could not be stored is not signed again. */
  #attest(batch: readonly UnattestedResult[]): void {
    if (batch.length === 0) return;
    const attestations = attest(
      this.#identity,
      batch.map(({ result }) => result),
    );
    const made = attestations.map((attestation, i): [string, Uint8Array] => [
      resultKey(batch[i] as UnattestedResult),
      attestationRecord.encode(attestation),
    ]);
    this.#unstored = new Map([...this.#unstored, ...made]);
    for (const { process } of batch) this.#onAttested(process);
  }
}

/** Where a result stands: its process and slot. */
export function resultKey({ process, slot }: Pick<StoredResult, "process" | "slot">): string {
  return `${idText(process)} ${slot}`;
}
