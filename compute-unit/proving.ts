/**
 * The unit's prover (README, "Proofs"): a durable queue of slots, one proof at a time. A slot is settled
 * once, and whatever fails here is tried again a bounded number of times, so that none stays queued for
 * ever.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { CodedError } from "../src/base/error.ts";
import type { Logger } from "../src/node/logger.ts";
import type { CounterMetric, HistogramMetric } from "../src/node/metrics.ts";
import type { ProofOutcome, ProofStore } from "../src/node/store/ports/proof-store.ts";
import type { ProofState } from "../src/protocol/evaluation.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { ProofOrder, type QueuedSlot } from "./proof-order.ts";
import type { ProvenSlot } from "./slot-prover.ts";

/** Proves one slot; rejects where this machine, or a unit that it needs, failed. */
export interface SlotProving {
  prove(queued: QueuedSlot): Promise<ProvenSlot>;
}

/** What is counted. */
export interface ProvingMetrics {
  /** Seconds that proofs took. */
  readonly seconds: HistogramMetric;
  /** Settled slots by outcome. */
  readonly settled: CounterMetric;
}

export interface ProvingOptions {
  readonly proofs: ProofStore;
  readonly prover: SlotProving;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProvingMetrics | null;
  /** Told of each process of which a proof's state has changed. */
  readonly onNews: (process: Digest) => void;
  /** Slots that may wait. */
  readonly queueMax?: number;
}

const queueMaxDefault = 10_000;
/** How often a slot is begun before it is called unprovable. */
const attemptsMax = 3;
const retryMinMs = 1000;
const retryMaxMs = 60_000;

/** The state of slots that the full queue does not take. */
const full: ProofState = { state: "unprovable", reason: "the proving queue is full" };

export class Proving {
  readonly #options: ProvingOptions;
  readonly #order: ProofOrder;
  readonly #stopping = new AbortController();
  #current: QueuedSlot | null = null;
  #running: Promise<void> | null = null;

  constructor(options: ProvingOptions) {
    this.#options = options;
    this.#order = new ProofOrder({ max: options.queueMax ?? queueMaxDefault });
  }

  /** Takes up what waited when the unit last ended. */
  async resume(): Promise<void> {
    const { proofs, queueMax = queueMaxDefault } = this.#options;
    for (const job of await proofs.queued(queueMax)) this.#order.add(job);
    this.#start();
  }

  /** Slots that wait or are being proven. */
  get queueLength(): number {
    return this.#order.size + (this.#current === null ? 0 : 1);
  }

  /** Queues slots that have their results, as far as there is room. */
  async add(slots: readonly QueuedSlot[]): Promise<void> {
    const { proofs, clock } = this.#options;
    const taken = slots.slice(0, this.#order.room);
    const queuedAt = clock.now();
    // Durable first: what the loop finds in the order and not in the store counts as settled.
    await proofs.enqueue(taken.map(({ process, slot }) => ({ process, slot, queuedAt })));
    for (const { process, slot } of taken) this.#order.add({ process, slot });
    this.#start();
  }

  /** Where a slot's proof stands. A slot that is neither queued nor settled is queued by being asked for. */
  async state({ process, slot }: QueuedSlot): Promise<ProofState> {
    const { proofs } = this.#options;
    const standing = await proofs.standing(process, slot);
    if (standing?.kind === "proven") return { state: "proven", reason: null };
    if (standing?.kind === "unprovable") return { state: "unprovable", reason: standing.reason };
    if (this.#isCurrent(process, slot)) return { state: "proving", reason: null };
    if (this.#order.has(process, slot)) return { state: "queued", reason: null };
    if (this.#order.room === 0) return full;
    await this.add([{ process, slot }]);
    return { state: "queued", reason: null };
  }

  /** Somebody waits for a slot's proof from now on; the answer ends that. */
  wait(process: Digest, slot: number): () => void {
    return this.#order.wait(process, slot);
  }

  /** Ends at once: what is being proven is proven after the restart. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #isCurrent(process: Digest, slot: number): boolean {
    const current = this.#current;
    return current !== null && current.slot === slot && idText(current.process) === idText(process);
  }

  #start(): void {
    if (this.#stopping.signal.aborted || this.#order.size === 0) return;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = retryMinMs;
    for (let next = this.#order.take(); next !== null; next = this.#order.take()) {
      this.#current = next;
      const failure = await this.#proveOne(next).catch((error: unknown) => error ?? "failed");
      this.#current = null;
      if (signal.aborted) break;
      if (failure === null) {
        pauseMs = retryMinMs;
      } else {
        const { process, slot } = next;
        logger.error("proving failed", { process: idText(process), slot, error: failure });
        await clock.sleep(pauseMs, signal).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, retryMaxMs);
        this.#order.add(next);
      }
      this.#options.onNews(next.process);
    }
    this.#running = null;
  }

  /** Settles the slot, or answers why it has to be tried again. */
  async #proveOne(queued: QueuedSlot): Promise<unknown> {
    const { process, slot } = queued;
    const { proofs, prover, metrics, onNews } = this.#options;
    const attempt = await proofs.begin(process, slot);
    // Settled meanwhile.
    if (attempt === 0) return null;
    if (attempt > attemptsMax) {
      await this.#settle(queued, { kind: "unprovable", reason: "the prover failed" });
      return null;
    }
    onNews(process);
    try {
      const stopped = rejectionOf(this.#stopping.signal);
      const { outcome, seconds } = await Promise.race([prover.prove(queued), stopped]);
      await this.#settle(queued, outcome);
      if (seconds !== null) metrics?.seconds.observe(seconds);
      return null;
    } catch (error) {
      const { signal } = this.#stopping;
      // Bytes that nobody gives now, and a unit that ends, are no fault of the slot.
      const isInnocent = error instanceof CodedError && error.code === "UNAVAILABLE";
      if (signal.aborted || isInnocent) await proofs.release(process, slot);
      return error;
    }
  }

  async #settle({ process, slot }: QueuedSlot, outcome: ProofOutcome): Promise<void> {
    await this.#options.proofs.settle(process, slot, outcome);
    this.#options.metrics?.settled.add(1, { outcome: outcome.kind });
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error("stopped"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
