/**
 * Follows one process: reads its log, evaluates it slot by slot, stores results, hands them to the
 * attester. Nothing here waits without a limit, and whatever fails is tried again from what is stored.
 *
 * @module
 */

import { createActor } from "xstate";
import type { Clock } from "../src/base/clock.ts";
import { CodedError } from "../src/base/error.ts";
import type { ProvenChains } from "../src/client/proven-chains.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import type { Logger } from "../src/node/logger.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { ResultStore } from "../src/node/store/ports/result-store.ts";
import type { LogPage } from "../src/protocol/envelope.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { resultDigestOf } from "../src/protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../src/protocol/spawn.ts";
import {
  type EvaluationInput,
  type EvaluationOutput,
  inputOf,
} from "../src/runtime/evaluation-input.ts";
import type { Attester } from "./attester.ts";
import { Evaluator, type EvaluatorOptions, type FollowedProcess } from "./evaluator.ts";
import type { FinalityGate, GatedEntry } from "./head-gate.ts";
import { storedResult } from "./inputs.ts";
import { LogReader, type LogSource } from "./log-reader.ts";
import type { LongPolls } from "./long-polls.ts";
import { type LogFault, processMachine } from "./process.machine.ts";
import { type GateBudget, ProcessGate, type UnattestedResult } from "./process-gate.ts";
import type { Proving } from "./proving.ts";
import { Rest } from "./rest.ts";
import { jobInputsMax } from "./restorer.ts";
import type { Schedulers } from "./schedulers.ts";
import type { Starts } from "./starts.ts";

/** A place in a process's log: a slot, or the message in it. */
export type Place = { readonly slot: number } | { readonly message: Digest };

/** What all followers of a unit share. */
export interface FollowerOptions extends EvaluatorOptions {
  readonly network: Digest;
  readonly results: ResultStore;
  readonly verifier: SignatureVerifier;
  /** Undefined: none are verified. */
  readonly chains: ProvenChains | undefined;
  readonly schedulers: Schedulers;
  readonly attester: Attester;
  readonly gate: FinalityGate;
  readonly budget: GateBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each process that has new results, or a new state of affairs. */
  readonly onNews: (process: Digest) => void;
  /** Null where the unit proves nothing. */
  readonly proving: Proving | null;
  readonly starts: Starts;
  readonly polls: LongPolls;
  /** Told of a log's fault, and where it is read. */
  readonly onFault?: ((fault: LogFault, process: Digest, source: LogSource) => void) | undefined;
  /** True while a request waits for news of the process. */
  readonly isAwaited: (process: Digest) => boolean;
}

/** How long one look at a log waits for news. */
const lookMs = 25_000;
/** How often who has no long poll looks while a request waits for what is in no log yet. */
const awaitedLookMs = 500;
/** A process that nobody asks for and that gets no message is let go after this long. */
const sleepAfterMs = 5 * 60 * 1000;
/** How long a process that was let go waits for a head, which comes within 250 ms of an entry. */
const leaveMs = 10_000;
const retryMinMs = 250;
const retryMaxMs = 15_000;
/** Why pauses end; made once, for a trace costs more than an abort. */
const woken = new Error("somebody asks");

export class Follower {
  readonly process: Digest;
  readonly #options: FollowerOptions;
  readonly #machine = createActor(processMachine).start();
  readonly #reader: LogReader;
  readonly #gate: ProcessGate;
  #followed: FollowedProcess | null = null;
  readonly #rest = new Rest();
  #next = 0;
  #lastUse: number;
  #stopping = new AbortController();
  /** Ends a pause between two looks at the log. */
  #wake = new AbortController();
  #running: Promise<void> | null = null;
  #isPolling = false;
  /** Its last long poll brought nothing, and nobody asked since. */
  #isQuiet = false;

  constructor(options: FollowerOptions, process: Digest) {
    this.process = process;
    this.#options = options;
    this.#lastUse = options.clock.monotonic();
    const { network, results, verifier, chains } = options;
    this.#reader = new LogReader({ process, network, results, verifier, chains });
    const { gate, attester } = options;
    const release = (covered: readonly UnattestedResult[]): void => attester.add(covered);
    this.#gate = new ProcessGate({ gate, budget: options.budget, release });
  }

  /** `locating`, `following`, `caughtUp`, `unavailable`, `faulty`, `unknown` or `asleep`. */
  get state(): string {
    return this.#machine.getSnapshot().value;
  }

  get fault(): LogFault | null {
    return this.#machine.getSnapshot().context.fault;
  }

  /** Why the process is unavailable, or null. */
  get reason(): string | null {
    return this.#machine.getSnapshot().context.reason;
  }

  /** The slot that is evaluated next. */
  get next(): number {
    return this.#next;
  }

  /** Null until slot 0 is known. */
  get followed(): FollowedProcess | null {
    return this.#followed;
  }

  /**
   * Somebody asks for the process: it is followed from now on, if it was not. `place` says for what of
   * it: who asks for what was read needs no look at the log. A log that had a fault is never read
   * again, or a scheduler could take the fault back and have the unit go on.
   */
  use(place: Place | null): void {
    this.#lastUse = this.#options.clock.monotonic();
    const isThere = place !== null && "slot" in place && place.slot < this.#reader.next;
    if (!isThere) {
      this.#isQuiet = false;
      this.#wake.abort(woken);
    }
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    if (this.state === "faulty") return;
    this.#machine.send({ type: "wake" });
    this.#running = this.#run().finally(() => {
      this.#running = null;
      this.#options.onNews(this.process);
    });
  }

  /** Results that wait for a head before they are signed. */
  get uncoveredCount(): number {
    return this.#gate.pendingCount;
  }

  /** Stops at the next safe point. What was evaluated waits on for its head. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** As `stop`, for a process that is let go: what no head covers soon waits no longer. */
  async leave(): Promise<void> {
    await this.stop();
    void this.#gate.leave(this.#options.clock, leaveMs);
  }

  /**
   * True where nothing is lost by letting go of it: what it knows is in the store, and whoever asks
   * begins anew. What had a fault is kept, and who waits for news would wait in vain. Who polls is
   * kept as long as that lasts: to end a poll is to end its connection.
   */
  get isSpare(): boolean {
    const isResting = ["caughtUp", "asleep", "unknown"].includes(this.state);
    return isResting && !this.#isPolling && !this.#options.isAwaited(this.process);
  }

  async #run(): Promise<void> {
    let retryMs = retryMinMs;
    const { clock, logger, starts } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let leave: (() => void) | null = null;
      try {
        leave = await starts.enter(signal);
        this.#wake = new AbortController();
        await this.#follow(leave);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof CodedError ? error.message : "internal failure";
        const isOurs = !(error instanceof CodedError) || error.code === "HOST_FAULT";
        const fields = { process: idText(this.process), error };
        if (isOurs) logger.error("process unavailable", fields);
        else logger.info("process unavailable", fields);
        this.#machine.send({ type: "unavailable", reason });
        this.#options.onNews(this.process);
      } finally {
        leave?.();
      }
      await clock.sleep(retryMinMs, signal).catch(() => undefined);
      await this.#pause(retryMs - retryMinMs);
      retryMs = Math.min(2 * retryMs, retryMaxMs);
      this.#machine.send({ type: "retry" });
    }
  }

  /**
   * From locating to the end: asleep, faulty, unknown or stopped. Calls `onCaughtUp` when it is that.
   * Rejects where it should be tried again.
   */
  async #follow(onCaughtUp: () => void): Promise<void> {
    const { results } = this.#options;
    const cursor = await results.following(this.process);
    this.#next = cursor?.nextSlot ?? 0;
    const kept = await this.#reader.resume(this.#next);
    const found = await this.#locate();
    if (found === null) {
      this.#machine.send({ type: "unknown" });
      return;
    }
    this.#machine.send({ type: "located" });
    if (this.#next > 0) {
      await this.#addLeftOver(found.source);
      await this.#options.proving?.catchUp(this.process, this.#next);
    }
    if (this.#reader.terms !== null) {
      await this.#evaluate(kept, [], found.source);
    }
    await this.#readOn(found.source, found.page, onCaughtUp);
  }

  /** What was evaluated and not attested when the unit last ended. */
  async #addLeftOver(source: LogSource): Promise<void> {
    const { results, attester } = this.#options;
    const next = this.#next;
    const [last] = await results.entries(this.process, next - 1, 1);
    const { terms } = this.#reader;
    if (last === undefined || terms === null) return;
    const newest = gatedEntry(last, source, terms);
    this.#gate.addBefore(newest, () => attester.addLeftOver(this.process, next));
  }

  /** Where the process is; whose spawn is not in the store is found by the first page of its log. */
  async #locate(): Promise<{
    readonly source: LogSource;
    readonly page: LogPage | null;
  } | null> {
    const { schedulers } = this.#options;
    const { terms } = this.#reader;
    if (terms === null) return schedulers.locate(this.process);
    const source = await schedulers.at(terms.scheduler);
    return source === null ? null : { source, page: null };
  }

  /** Asks for what comes next while it evaluates what came: nothing of that waits for a request. */
  async #readOn(source: LogSource, first: LogPage | null, onCaughtUp: () => void): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, ended.signal]);
    let asked: Promise<LogPage> | null = first === null ? null : Promise.resolve(first);
    try {
      for (let isCaughtUp = false; !signal.aborted; ) {
        const page = await (asked ?? this.#askRested(source, isCaughtUp, signal));
        const { entries, fault, isEnd } = await this.#reader.take(page, source, signal);
        const isNews = entries.length > 0 || fault !== null;
        if (!isNews && isCaughtUp && this.#isIdle()) return this.#sleep();
        isCaughtUp = entries.length === 0 || isEnd;
        if (entries.length > 0) this.#machine.send({ type: "entries" });
        const evaluated = entries.length > 0 ? this.#evaluate(entries, entries, source) : null;
        // Asked once the worker has its job, and awaited when its turn has come.
        const mayAsk = fault === null && !this.#rest.isDue;
        asked = mayAsk ? this.#ask(source, isCaughtUp, signal) : null;
        asked?.catch(() => undefined);
        await evaluated;
        if (fault !== null) return this.#giveUp(fault, source);
        if (!isCaughtUp) continue;
        this.#machine.send({ type: "caughtUp" });
        onCaughtUp();
      }
    } finally {
      ended.abort();
      await asked?.catch(() => undefined);
    }
  }

  /** As `#ask`, once a process that is caught up has had the rest that it is due. */
  async #askRested(source: LogSource, isCaughtUp: boolean, signal: AbortSignal): Promise<LogPage> {
    const { ms } = this.#rest;
    if (isCaughtUp && ms > 0) await this.#options.clock.sleep(ms, signal).catch(() => undefined);
    return this.#ask(source, isCaughtUp, signal);
  }

  /** What is new in the log; who is caught up waits for it. */
  async #ask(source: LogSource, isCaughtUp: boolean, signal: AbortSignal): Promise<LogPage> {
    const { polls, isAwaited } = this.#options;
    if (!isCaughtUp) return this.#read(source, 0, signal);
    const polled = this.#isQuiet ? null : await polls.run(() => this.#poll(source, signal));
    if (polled !== null) return polled;
    // Who waits for what was read, for its evaluation or its signature, needs no look at the log.
    while (isAwaited(this.process)) {
      const isWoken = await this.#pause(awaitedLookMs, signal);
      const isBusy = this.#next < this.#reader.next;
      if (isWoken || (isAwaited(this.process) && !isBusy)) return this.#read(source, 0, signal);
    }
    this.#isQuiet = !(await this.#pause(sleepAfterMs, signal));
    return this.#read(source, 0, signal);
  }

  /** A long poll that brought nothing is the last until somebody asks: others need its place. */
  async #poll(source: LogSource, signal: AbortSignal): Promise<LogPage> {
    this.#isPolling = true;
    try {
      const page = await this.#read(source, lookMs, signal);
      this.#isQuiet = page.items.length === 0;
      return page;
    } finally {
      this.#isPolling = false;
    }
  }

  #read(source: LogSource, waitMs: number, signal: AbortSignal): Promise<LogPage> {
    // Whoever asked before has what this look brings.
    this.#wake = new AbortController();
    return this.#reader.ask(source, waitMs, signal);
  }

  /**
   * Waits until somebody asks, who may have asked since the last look, or the time is over. True
   * unless it is over.
   */
  async #pause(ms: number, signal: AbortSignal = this.#stopping.signal): Promise<boolean> {
    const ended = AbortSignal.any([this.#wake.signal, signal]);
    await this.#options.clock.sleep(ms, ended).catch(() => undefined);
    return ended.aborted;
  }

  #isIdle(): boolean {
    return this.#options.clock.monotonic() - this.#lastUse > sleepAfterMs;
  }

  async #sleep(): Promise<void> {
    this.#machine.send({ type: "sleep" });
    await this.#followed?.evaluator.drop();
  }

  /** The log ends before this entry, for ever: published, never evaluated. */
  #giveUp(fault: LogFault, source: LogSource): void {
    const { logger, onFault } = this.#options;
    logger.error("faulty log", { process: idText(this.process), ...fault });
    this.#machine.send({ type: "fault", fault });
    onFault?.(fault, this.process, source);
  }

  /**
   * Evaluates entries. Those that are `unkept` are stored with the first of their results where they
   * are few, which spares a flush; many are stored while they are evaluated.
   */
  async #evaluate(
    entries: readonly StoredEntry[],
    unkept: readonly StoredEntry[],
    source: LogSource,
  ): Promise<void> {
    const { signal } = this.#stopping;
    const followed = this.#followed ?? (await this.#open(entries[0]));
    if (followed === null) return;
    const newest = entries.at(-1);
    if (newest !== undefined) this.#gate.expect(gatedEntry(newest, source, followed.terms));
    const areFew = unkept.length <= jobInputsMax;
    const kept = areFew ? null : this.#options.results.putEntries(unkept);
    // Whoever keeps what comes of them awaits it.
    kept?.catch(() => undefined);
    let together = areFew ? unkept : [];
    const left = entries.filter(({ slot }) => slot >= this.#next);
    for (let at = 0; at < left.length && !signal.aborted; ) {
      // Whether any later slot runs at all is known only when slot 0 has its result.
      const count = left[at]?.slot === 0 ? 1 : jobInputsMax;
      const batch = left.slice(at, at + count);
      at += count;
      await this.#gate.room(this.#options.clock, signal);
      if (signal.aborted) break;
      const inputs = batch.map((entry): EvaluationInput => inputOf(entry, followed.terms));
      await followed.evaluator.evaluate(inputs, async (outputs) => {
        await kept;
        await this.#keep({ entries: batch, unkept: together, outputs }, source);
        together = [];
      });
    }
    await kept;
  }

  /** Knows the process by its slot 0, which is in the store or has just come. */
  async #open(next: StoredEntry | undefined): Promise<FollowedProcess | null> {
    const isFirst = next?.slot === 0;
    const [first] = isFirst ? [next] : await this.#options.results.entries(this.process, 0, 1);
    if (first === undefined) return null;
    const spawn = first.body;
    const terms = termsOfSpawn(spawn);
    const evaluator = new Evaluator(this.#options, { id: this.process, spawn, terms });
    this.#followed = { terms, evaluator };
    // Who waits for a result that is in the store waits for no more than this.
    if (this.#next > 0) this.#options.onNews(this.process);
    return this.#followed;
  }

  /** Results and cursor in one transaction: where it fails, the slots are evaluated again. */
  async #keep(
    evaluated: {
      readonly entries: readonly StoredEntry[];
      readonly unkept: readonly StoredEntry[];
      readonly outputs: readonly EvaluationOutput[];
    },
    source: LogSource,
  ): Promise<void> {
    const { entries, unkept, outputs } = evaluated;
    const { results, onNews, clock, proving } = this.#options;
    const bySlot = new Map(entries.map((entry) => [entry.slot, entry]));
    const stored = outputs.flatMap((output) => {
      const entry = bySlot.get(output.slot);
      return entry === undefined ? [] : [storedResult(entry, output)];
    });
    const nextSlot = (stored.at(-1)?.slot ?? this.#next - 1) + 1;
    // What the unit will sign is claimed in the same transaction; the attester finds it so.
    const digests = stored.map(({ result }) => resultDigestOf(result));
    const cursor = { process: this.process, nextSlot, schedulerUrl: source.client.unit.url };
    const memoryBytes = outputs.map((output) => output.memoryBytes);
    await results.put(stored, { digests, entries: unkept, memoryBytes, cursor });
    this.#next = nextSlot;
    this.#lastUse = clock.monotonic();
    this.#rest.note(outputs);
    const last = bySlot.get(nextSlot - 1);
    const terms = this.#followed?.terms;
    if (last !== undefined && terms !== undefined) {
      this.#gate.add(stored, gatedEntry(last, source, terms));
    }
    // Not waited for: should the unit end before they are queued, `catchUp` queues them.
    void proving?.add(stored).catch((error: unknown) => {
      this.#options.logger.error("slots not queued for proofs", { error });
    });
    onNews(this.process);
  }
}

function gatedEntry(stored: StoredEntry, source: LogSource, terms: SpawnTerms): GatedEntry {
  const { process, slot, entry } = stored;
  return { source, terms, process, slot, entry };
}
