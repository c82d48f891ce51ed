/**
 * The tracker: waits for the evaluations of the messages that this messenger placed, and takes what
 * their results sent. One loop a process, slot after slot; which slots are open is in the message
 * store, so a restart goes on where the last run stopped.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { Logger } from "../src/node/logger.ts";
import type {
  MessageSlot,
  MessageStore,
  StatusEvent,
} from "../src/node/store/ports/message-store.ts";
import { entryHashOf } from "../src/protocol/entry.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { resultPageMax } from "../src/protocol/limits.ts";
import { exits } from "../src/protocol/result.ts";
import type { AwaitedResults } from "./awaited-results.ts";
import type { Directory, Located } from "./directory.ts";
import type { Believed, EvidenceGatherer } from "./evidence.ts";
import { longPollMs, longPollSharedMs, longPollsMax } from "./limits.ts";
import type { MessageLife, Placed } from "./message-life.ts";
import { OpenSlots } from "./open-slots.ts";
import type { OutboxTaker } from "./outbox.ts";
import { Permits } from "./permits.ts";

/** What the tracker stands on. */
export interface TrackerOptions {
  readonly directory: Directory;
  readonly awaited: AwaitedResults;
  readonly evidence: EvidenceGatherer;
  readonly outbox: OutboxTaker;
  readonly life: MessageLife;
  readonly messages: MessageStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pauses after an answer that came at once and without news: a result is about to be attested. */
const quietPauseMinMs = 5;
const quietPauseMaxMs = 1_000;
/** Pauses after a failure. */
const failurePauseMinMs = 250;
const failurePauseMaxMs = 30_000;
/** Rows of one look into the store at the start. */
const resumePage = 1_000;

interface Track {
  readonly process: Digest;
  readonly slots: OpenSlots;
}

export class Tracker {
  readonly #options: TrackerOptions;
  readonly #tracks = new Map<string, Track>();
  readonly #loops = new Set<Promise<void>>();
  readonly #polls = new Permits(longPollsMax);
  readonly #stopping = new AbortController();
  #openCount = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  /** Slots that wait for their evaluation. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Goes on with every slot that an earlier run left open. */
  async start(): Promise<void> {
    let after: MessageSlot | null = null;
    for (;;) {
      const rows = await this.#options.messages.unevaluated(after, resumePage);
      for (const { process, slot } of rows) this.watch(process, slot);
      const last = rows.at(-1);
      if (last === undefined || this.#stopping.signal.aborted) return;
      after = last;
    }
  }

  /** Waits for the evaluation of a slot whose message is in the store. */
  watch(process: Digest, slot: number): void {
    if (this.#stopping.signal.aborted) return;
    const key = idText(process);
    const known = this.#tracks.get(key);
    const track = known ?? { process, slots: new OpenSlots() };
    if (track.slots.add(slot)) this.#openCount++;
    if (known !== undefined) return;
    this.#tracks.set(key, track);
    const loop = this.#follow(track, key).finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
  }

  /** Ends every loop; what is open stays so in the store. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  /** Never rejects: a failure is waited out, and what it concerned stays open. */
  async #follow(track: Track, key: string): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    let quietMs = quietPauseMinMs;
    let failureMs = failurePauseMinMs;
    while (track.slots.size > 0 && !signal.aborted) {
      let pauseMs: number;
      try {
        const isNews = await this.#step(track);
        pauseMs = isNews ? 0 : quietMs;
        quietMs = isNews ? quietPauseMinMs : Math.min(2 * quietMs, quietPauseMaxMs);
        failureMs = failurePauseMinMs;
      } catch (error) {
        if (signal.aborted) break;
        this.#report(track, error, failureMs);
        pauseMs = failureMs;
        failureMs = Math.min(2 * failureMs, failurePauseMaxMs);
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
    // In the turn in which the last slot was seen to be closed: one opened later begins a new loop.
    this.#tracks.delete(key);
  }

  /** One warning when it begins to fail; what is no refusal of a unit is always told. */
  #report(track: Track, error: unknown, failureMs: number): void {
    if (failureMs > failurePauseMinMs && error instanceof ProtocolError) return;
    const fields = { process: idText(track.process), error };
    this.#options.logger.warn("evaluations not taken", fields);
  }

  /** Takes what has come of the first open slots. True if it may go on at once. */
  async #step(track: Track): Promise<boolean> {
    const { directory, evidence, awaited, clock } = this.#options;
    await awaited.letGoFirst(track.process, this.#stopping.signal);
    const located = await directory.locate(track.process);
    if (located === null) {
      const fields = { process: idText(track.process), expected: "its scheduler" };
      throw new ProtocolError("UNAVAILABLE", fields);
    }
    const run = track.slots.firstRun(resultPageMax);
    if (run === null) return true;
    if (located.terms.compute.count === 0) {
      await this.#letGo(track, run);
      return true;
    }
    const start = clock.monotonic();
    const waitMs = this.#polls.waitingCount === 0 ? longPollMs : longPollSharedMs;
    const believed = await this.#polls.run(() =>
      evidence.gather(located, { ...run, waitMs }, this.#stopping.signal),
    );
    const taken = await this.#takeAll(located, believed);
    this.#close(track, run.from, taken);
    // A whole wait without news is no reason to pause; an empty answer at once is.
    return taken > 0 || clock.monotonic() - start >= waitMs / 2;
  }

  /** Nobody speaks for such a process, so no result of it will ever be believed. */
  async #letGo(
    track: Track,
    run: { readonly from: number; readonly count: number },
  ): Promise<void> {
    const { messages, life } = this.#options;
    const slots = Array.from({ length: run.count }, (_, i) => run.from + i);
    await Promise.all(
      slots.map(async (slot) => {
        const id = await messages.messageAt(track.process, slot);
        if (id !== null) await life.settled(id);
      }),
    );
    this.#close(track, run.from, run.count);
  }

  #close(track: Track, from: number, count: number): void {
    this.#openCount -= track.slots.close(from, count);
  }

  /**
   * Takes results in the order of their slots, for what they send to one target arrives in it;
   * answers how many are done. Evaluations are noted beside, in transactions that they share.
   */
  async #takeAll(located: Located, believed: readonly Believed[]): Promise<number> {
    const { outbox, life } = this.#options;
    const known = await Promise.all(believed.map((one) => this.#messageOf(one)));
    const { signal } = this.#stopping;
    // Asked for at once, so that all that one head covers is answered together.
    const receipts = believed.map(async (one, i) => {
      const placed = known[i] ?? null;
      return placed && outbox.receiptOf(located, one, { entry: placed.entry, signal });
    });
    // One that fails is awaited below, or its slot was not reached.
    for (const receipt of receipts) receipt.catch(() => undefined);
    const noted: Promise<void>[] = [];
    try {
      for (const [i, one] of believed.entries()) {
        const placed = known[i] ?? null;
        if (placed === null) break;
        const { id } = placed;
        const receipt = (await receipts[i]) ?? null;
        const { sent, toPush } = await outbox.take(located, { believed: one, receipt });
        const events = [life.event("evaluated", evaluatedFields(one, sent))];
        if (sent > 0 && toPush === 0) events.push(life.event("pushed"));
        const settled = life.settled(id, ...events);
        // It may fail while the next outbox is taken: then it is waited for below.
        settled.catch(() => undefined);
        noted.push(settled);
      }
    } finally {
      await Promise.all(noted);
    }
    return noted.length;
  }

  /** The message that a result is of; null where it is of another than the scheduler promised. */
  async #messageOf(believed: Believed): Promise<Placed | null> {
    const { messages, life, logger } = this.#options;
    const { process, slot, messageId, entryHash } = believed.result;
    const id = await messages.messageAt(process, slot);
    const placed = id === null ? null : await life.placed(id);
    const isSame =
      id !== null &&
      placed !== null &&
      equalBytes(messageId, id) &&
      equalBytes(entryHash, entryHashOf(placed.entry));
    if (isSame) return placed;
    // The quorum speaks of another history than the scheduler did: one of the two lies.
    const fields = { process: idText(process), slot, got: idText(messageId) };
    logger.warn("result of another history", fields);
    return null;
  }
}

function evaluatedFields(believed: Believed, sent: number): StatusEvent["fields"] {
  const { result, evaluation } = believed;
  const { slot, gasUsed } = result;
  const { diagnostic } = evaluation;
  const detail = diagnostic === null ? null : `${diagnostic.reason}: ${diagnostic.text}`;
  const exit = result.exit === exits.ok ? "ok" : "failed";
  return { slot, exit, gasUsed, sent, detail: detail === null ? null : detail.slice(0, 500) };
}
