/**
 * The unit's prover (README, "Proofs"): a durable queue of slots, one proof at a time. A slot is settled
 * once, and whatever fails here is tried again a bounded number of times, so that none stays queued for
 * ever. The store holds all that wait; of those, a bounded number is in memory.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { CodedError } from "../src/base/error.ts";
import type { Logger } from "../src/node/logger.ts";
import type { CounterMetric, HistogramMetric } from "../src/node/metrics.ts";
import type { ProofStore } from "../src/node/store/ports/proof-store.ts";
import type { ProofState } from "../src/protocol/evaluation.ts";
import type { ProofQueue } from "../src/protocol/http.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { ProofOrder, type QueuedSlot } from "./proof-order.ts";
import { ProofPace, type ProofSegments } from "./proof-pace.ts";
import { ProofTroubles } from "./proof-troubles.ts";
import { SettledProofs } from "./settled-proofs.ts";
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
  /** Proofs that were begun and failed for a reason of this machine. */
  readonly failures: CounterMetric;
}

export interface ProvingOptions {
  readonly proofs: ProofStore;
  readonly prover: SlotProving;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProvingMetrics | null;
  /** Told of each process of which a proof's state has changed. */
  readonly onNews: (process: Digest) => void;
  /** Parts of the proof that is being made; null where they are not known. */
  readonly segments?: () => ProofSegments | null;
  /** Slots in memory. */
  readonly queueMax?: number;
}

/** What can be said of a proof that is not there yet; null is what is not known. */
export interface ProofProgress {
  /** Proofs that are made before; 0 for the one that is being made. */
  readonly position: number;
  /** An estimate, of this machine's pace of late. */
  readonly secondsLeft: number | null;
  /** Of the one that is being made, where there are several. */
  readonly segments: ProofSegments | null;
}

const queueMaxDefault = 10_000;
/** Beginnings, those that ended with the whole unit among them: what takes the unit down is left alone. */
const attemptsMax = 10;
/** Slots that one look for unqueued ones queues at once. */
const catchUpSlots = 256;

export class Proving {
  readonly #options: ProvingOptions;
  readonly #order: ProofOrder;
  readonly #queueMax: number;
  readonly #stopping = new AbortController();
  readonly #pace = new ProofPace();
  readonly #troubles = new ProofTroubles();
  readonly #settled = new SettledProofs();
  readonly #since: number;
  /** Slots that rest until they are tried again. */
  readonly #resting = new Set<Promise<void>>();
  #current: (QueuedSlot & { readonly since: number; readonly startedAt: number }) | null = null;
  #running: Promise<void> | null = null;
  /** All that wait, in memory or not. */
  #waitingCount = 0;
  /** The store may hold some that are not in memory. */
  #hasMore = false;

  constructor(options: ProvingOptions) {
    this.#options = options;
    this.#queueMax = options.queueMax ?? queueMaxDefault;
    this.#order = new ProofOrder({ max: this.#queueMax });
    this.#since = options.clock.now();
  }

  /** Takes up what waited when the unit last ended. */
  async resume(): Promise<void> {
    this.#waitingCount = await this.#options.proofs.queuedCount();
    await this.#fill();
    this.#start();
  }

  /** Slots that wait or are being proven. */
  get queueLength(): number {
    return this.#waitingCount;
  }

  /** Rows that proofs of late took in a second; null before the first. */
  get rowsPerSecond(): number | null {
    return this.#pace.rowsPerSecond;
  }

  /** Queues slots that have their results. Those that memory has no room for wait in the store. */
  async add(slots: readonly QueuedSlot[]): Promise<void> {
    const { proofs, clock } = this.#options;
    const queuedAt = clock.now();
    // Durable first: what the loop finds in the order and not in the store counts as settled.
    const jobs = slots.map(({ process, slot }) => ({ process, slot, queuedAt }));
    const added = await proofs.enqueue(jobs);
    // Not in one step with the wait: what others changed meanwhile would be lost.
    this.#waitingCount += added;
    const room = this.#order.room;
    for (const { process, slot } of slots.slice(0, room)) this.#order.add({ process, slot });
    this.#hasMore ||= slots.length > room;
    this.#start();
  }

  /**
   * Queues the newest slots of a process that are neither queued nor settled: the unit ended between
   * result and queue, or had no prover then.
   */
  async catchUp(process: Digest, next: number): Promise<void> {
    const { proofs } = this.#options;
    let slot = next - 1;
    const isBare = async () => slot >= 0 && (await proofs.standing(process, slot)) === null;
    while (!this.#stopping.signal.aborted) {
      const bare: QueuedSlot[] = [];
      for (; bare.length < catchUpSlots && (await isBare()); slot--) bare.push({ process, slot });
      if (bare.length > 0) await this.add(bare.reverse());
      if (bare.length < catchUpSlots) return;
    }
  }

  /** Where a slot's proof stands. A slot that is neither queued nor settled is queued by being asked for. */
  async state({ process, slot }: QueuedSlot): Promise<ProofState> {
    const standing = await this.#options.proofs.standing(process, slot);
    if (standing?.kind === "proven") return { state: "proven", reason: null };
    if (standing?.kind === "unprovable") return { state: "unprovable", reason: standing.reason };
    if (this.#isCurrent(process, slot)) return { state: "proving", reason: null };
    if (standing === null) await this.add([{ process, slot }]);
    if (this.#order.isWaited(process, slot)) {
      // Requests are bounded, and so is what they bring in beyond the bound.
      this.#order.add({ process, slot });
      this.#start();
    }
    return { state: "queued", reason: this.#troubles.reasonOf(process, slot) };
  }

  /** What can be said of a slot that is not settled; `gas` is what its run took, if that is known. */
  progress({ process, slot }: QueuedSlot, gas: number | null): ProofProgress {
    const { clock, segments } = this.#options;
    const current = this.#current;
    const seconds = current === null ? 0 : (clock.monotonic() - current.since) / 1000;
    if (this.#isCurrent(process, slot)) {
      const found = segments?.() ?? null;
      const parts = found !== null && found.total > 1 ? found : null;
      return { position: 0, secondsLeft: this.#pace.left(gas, seconds, parts), segments: parts };
    }
    const position = this.#order.before(process, slot) + (current === null ? 0 : 1);
    const own = this.#pace.secondsOf(gas);
    const each = this.#pace.secondsOf(null);
    const before = each === null ? null : Math.max(0, position * each - seconds);
    const secondsLeft =
      own === null || before === null ? null : Math.max(1, Math.ceil(before + own));
    return { position, secondsLeft, segments: null };
  }

  /**
   * The queue as it stands, its first slots and what was settled last. `gasOf` says what the runs of slots
   * took, as far as that is known.
   */
  async queue(
    limit: number,
    gasOf: (slot: QueuedSlot) => Promise<number | null>,
  ): Promise<ProofQueue> {
    const current = await this.#currentProof(gasOf);
    const first = this.#order.first(limit);
    const gas = await Promise.all(first.map(gasOf));
    let seconds = current === null ? 0 : current.secondsLeft;
    const queue = first.map(({ process, slot }, i) => {
      const own = this.#pace.secondsOf(gas[i] ?? null);
      seconds = own === null || seconds === null ? null : seconds + own;
      return {
        process: idText(process),
        slot,
        position: i + (current === null ? 0 : 1),
        secondsLeft: seconds === null ? null : Math.max(1, Math.ceil(seconds)),
        reason: this.#troubles.reasonOf(process, slot),
      };
    });
    const settled = this.#settled.newest(limit);
    const since = this.#since;
    return { prover: true, since, waiting: this.#waitingCount, current, queue, ...settled };
  }

  async #currentProof(
    gasOf: (slot: QueuedSlot) => Promise<number | null>,
  ): Promise<ProofQueue["current"]> {
    const current = this.#current;
    if (current === null) return null;
    const { process, slot, startedAt } = current;
    const { secondsLeft, segments } = this.progress({ process, slot }, await gasOf(current));
    return {
      process: idText(process),
      slot,
      startedAt,
      secondsLeft,
      segmentsDone: segments?.done ?? null,
      segments: segments?.total ?? null,
    };
  }

  /** Somebody waits for a slot's proof from now on; the answer ends that. */
  wait(process: Digest, slot: number): () => void {
    return this.#order.wait(process, slot);
  }

  /** Ends at once: what is being proven is proven after the restart. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#running, ...this.#resting]);
  }

  #isCurrent(process: Digest, slot: number): boolean {
    const current = this.#current;
    return current !== null && current.slot === slot && idText(current.process) === idText(process);
  }

  #start(): void {
    if (this.#stopping.signal.aborted || this.#order.size === 0) return;
    this.#running ??= this.#run();
  }

  /** Takes into memory what waits in the store, as far as there is room. */
  async #fill(): Promise<void> {
    // Half of them at most are in memory already, so this finds as many that are not.
    const limit = 2 * this.#queueMax;
    const jobs = await this.#options.proofs.queued(limit);
    for (const { process, slot } of jobs) {
      if (this.#order.room === 0) break;
      if (!this.#isCurrent(process, slot)) this.#order.add({ process, slot });
    }
    this.#hasMore = jobs.length === limit || this.#order.size < jobs.length;
  }

  async #next(): Promise<QueuedSlot | null> {
    if (this.#hasMore && this.#order.size <= this.#queueMax / 2) {
      await this.#fill().catch((error: unknown) => {
        this.#options.logger.error("proving queue not read", { error });
      });
    }
    return this.#order.take();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    for (let next = await this.#next(); next !== null; next = await this.#next()) {
      this.#current = { ...next, since: clock.monotonic(), startedAt: clock.now() };
      const failure = await this.#proveOne(next).catch((error: unknown) => error ?? "failed");
      this.#current = null;
      if (this.#stopping.signal.aborted) break;
      if (failure !== null) await this.#rest(next, failure);
      this.#options.onNews(next.process);
    }
    this.#running = null;
    // One that came while the last look was on its way back.
    this.#start();
  }

  /** Has a slot tried again later. What is this machine's trouble and not one slot's makes all wait. */
  async #rest(queued: QueuedSlot, error: unknown): Promise<void> {
    const { clock, logger, metrics } = this.#options;
    const { process, slot } = queued;
    const { restMs, counts } = this.#troubles.note(queued, error);
    metrics?.failures.add(1);
    logger.error("proving failed", { process: idText(process), slot, error });
    const rest = clock
      .sleep(restMs, this.#stopping.signal)
      .catch(() => undefined)
      .then(() => {
        this.#order.add(queued);
        this.#start();
      })
      .finally(() => this.#resting.delete(rest));
    this.#resting.add(rest);
    const isOfSlot = error instanceof CodedError && error.code === "UNAVAILABLE";
    if (!isOfSlot) await rest;
    if (counts) return;
    // Taken back after the rest: a disk that was full may take it now.
    await this.#options.proofs.release(process, slot).catch(() => undefined);
  }

  /** Settles the slot, or answers why it has to be tried again. */
  async #proveOne(queued: QueuedSlot): Promise<unknown> {
    const { process, slot } = queued;
    const { proofs, prover, metrics, onNews } = this.#options;
    const attempt = await proofs.begin(process, slot);
    // Settled meanwhile.
    if (attempt === 0) return null;
    if (attempt > attemptsMax || this.#troubles.isHopeless(queued)) {
      const outcome = { kind: "unprovable", reason: "the prover failed" } as const;
      await this.#settle(queued, { outcome, seconds: null, gas: null });
      return null;
    }
    onNews(process);
    try {
      const stopped = rejectionOf(this.#stopping.signal);
      const settled = await Promise.race([prover.prove(queued), stopped]);
      await this.#settle(queued, settled);
      const { seconds, gas } = settled;
      if (seconds === null) return null;
      metrics?.seconds.observe(seconds);
      this.#pace.note(gas, seconds);
      return null;
    } catch (error) {
      if (this.#stopping.signal.aborted) await proofs.release(process, slot);
      return error;
    }
  }

  async #settle({ process, slot }: QueuedSlot, settled: ProvenSlot): Promise<void> {
    const { outcome, seconds, gas } = settled;
    await this.#options.proofs.settle(process, slot, outcome);
    const at = this.#options.clock.now();
    this.#settled.note({ process, slot }, outcome, { at, seconds, gas });
    this.#troubles.forget({ process, slot });
    this.#waitingCount = Math.max(0, this.#waitingCount - 1);
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
