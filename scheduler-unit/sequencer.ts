/**
 * The sequencer (spec/05-log.md §2): gives each checked message the next slot of its process and
 * appends it durably. One flush runs at a time and takes all that waits, so a flush is one durable
 * transaction for many messages, and nobody else moves a head in between.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type {
  AppendOutcome,
  AppendRequest,
  LogStore,
  ProcessHead,
  SharedBeginning,
} from "../src/node/store/ports/log-store.ts";
import { type CheckedMessage, checkNotAfter } from "../src/protocol/check.ts";
import { entryHashOf, entryRecord } from "../src/protocol/entry.ts";
import type { Envelope } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { authorisationHashOf, type Digest, idText } from "../src/protocol/ids.ts";

/** Messages that one flush appends. */
const flushMax = 256;
/** Messages that wait for a slot; more are refused with `OVERLOADED`. */
const waitingMax = 8192;

/** Where a message came to stand. */
export interface Assigned {
  readonly slot: number;
  readonly entry: Uint8Array;
  /** True if the message had this slot before. */
  readonly earlier: boolean;
}

interface Waiting {
  readonly message: CheckedMessage;
  readonly envelope: Envelope;
  readonly shared: SharedBeginning | null;
  readonly resolve: (assigned: Assigned) => void;
  readonly reject: (error: unknown) => void;
}

/** A message with the entry that a flush means to append. */
interface Placed {
  readonly waiting: Waiting;
  readonly request: AppendRequest;
}

export class Sequencer {
  readonly #log: LogStore;
  readonly #clock: Clock;
  readonly #epoch: () => number;
  readonly #onAppended: (process: Uint8Array) => void;
  readonly #onFenced: (epoch: number) => void;
  #waiting: Waiting[] = [];
  /** How many of a message's submissions wait for their answer. */
  readonly #held = new Map<string, number>();
  #flushing: Promise<void> | null = null;
  #isEnding = false;

  constructor(options: {
    readonly log: LogStore;
    readonly clock: Clock;
    /** The epoch of the lease that is held; throws `UNAVAILABLE` where none is. */
    readonly epoch: () => number;
    /** Told of every process that has a new entry, after it is durable. */
    readonly onAppended: (process: Uint8Array) => void;
    /** Told when the store refused an append of this epoch because of a later one. */
    readonly onFenced: (epoch: number) => void;
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#epoch = options.epoch;
    this.#onAppended = options.onAppended;
    this.#onFenced = options.onFenced;
  }

  /** How many messages wait for a slot. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Appends a message whose claims hold. Resolves when it is durable. */
  append(
    message: CheckedMessage,
    envelope: Envelope,
    shared: SharedBeginning | null = null,
  ): Promise<Assigned> {
    if (this.#isEnding) return Promise.reject(new ProtocolError("UNAVAILABLE", { got: "ending" }));
    if (this.#waiting.length >= waitingMax) {
      return Promise.reject(new ProtocolError("OVERLOADED", { waiting: this.#waiting.length }));
    }
    const key = idText(message.id);
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    const assigned = new Promise<Assigned>((resolve, reject) => {
      this.#waiting.push({ message, envelope, shared, resolve, reject });
      this.#flushing ??= this.#flushAll();
    });
    return assigned.finally(() => this.#letGo(key));
  }

  #letGo(key: string): void {
    const left = (this.#held.get(key) ?? 1) - 1;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
  }

  /** True while a submission of the message has no answer yet: it may have its slot already. */
  holds(id: Digest): boolean {
    return this.#held.has(idText(id));
  }

  /** Takes nothing more. Resolves when nothing waits any more. */
  async end(): Promise<void> {
    this.#isEnding = true;
    while (this.#flushing !== null) await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    // Everything that arrives in the same turn of the event loop goes into the first flush.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, flushMax);
      this.#waiting = this.#waiting.slice(flushMax);
      try {
        await this.#flush(batch);
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    // In the turn in which nothing waits any more: what comes later begins a new flush.
    this.#flushing = null;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    const placed = await this.#place(batch);
    if (placed.length === 0) return;
    const outcomes = await this.#log.append(placed.map(({ request }) => request));
    for (const [i, { waiting, request }] of placed.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined)
        waiting.reject(new ProtocolError("HOST_FAULT", { expected: "an outcome" }));
      else await this.#settle(waiting, request, outcome);
    }
  }

  /** Gives each message of the batch its entry, chained to the one before it. */
  async #place(batch: readonly Waiting[]): Promise<Placed[]> {
    const epoch = this.#epoch();
    const heads = new Map<string, ProcessHead | null>();
    const placed: Placed[] = [];
    for (const waiting of batch) {
      const key = idText(waiting.message.process);
      if (!heads.has(key)) heads.set(key, await this.#log.head(waiting.message.process));
      const head = heads.get(key) ?? null;
      try {
        const request = this.#request(waiting, head, epoch);
        placed.push({ waiting, request });
        const { entryHash, timestamp } = request;
        heads.set(key, { next: request.expectedSlot + 1, epoch, entryHash, timestamp });
      } catch (error) {
        await this.#refuse(waiting, placed, error);
      }
    }
    return placed;
  }

  /** Refuses a message, unless another submission of it was in time: that one's slot is its slot. */
  async #refuse(waiting: Waiting, placed: readonly Placed[], error: unknown): Promise<void> {
    const { id, process } = waiting.message;
    const slot = await this.#log.slotOf(process, id);
    const earlier = slot === null ? null : await this.#log.entry(process, slot);
    if (earlier !== null)
      waiting.resolve({ slot: earlier.slot, entry: earlier.entry, earlier: true });
    else if (placed.some(({ request }) => equalBytes(request.messageId, id)))
      this.#waiting.push(waiting);
    else waiting.reject(error);
  }

  #request(waiting: Waiting, head: ProcessHead | null, epoch: number): AppendRequest {
    const { message, envelope, shared } = waiting;
    const slot = head?.next ?? 0;
    // The clock may step back; the log's time never does.
    const timestamp = Math.max(this.#clock.now(), head?.timestamp ?? 0);
    checkNotAfter(message.body, timestamp);
    const authorisationHash = authorisationHashOf(envelope.authorisation);
    const entry = entryRecord.encode({
      process: message.process,
      slot,
      messageId: message.id,
      authorisationHash,
      timestamp,
      epoch,
      previous: head?.entryHash ?? null,
    });
    return {
      process: message.process,
      expectedSlot: slot,
      epoch,
      timestamp,
      messageId: message.id,
      entry,
      entryHash: entryHashOf(entry),
      body: envelope.body,
      authorisation: envelope.authorisation,
      authorisationHash,
      data: envelope.data,
      dataHash: message.body.dataHash,
      shared,
    };
  }

  async #settle(waiting: Waiting, request: AppendRequest, outcome: AppendOutcome): Promise<void> {
    switch (outcome.kind) {
      case "appended":
        waiting.resolve({ slot: outcome.slot, entry: request.entry, earlier: false });
        this.#onAppended(request.process);
        return;
      case "duplicate": {
        const earlier = await this.#log.entry(request.process, outcome.slot);
        if (earlier === null)
          waiting.reject(new ProtocolError("HOST_FAULT", { slot: outcome.slot }));
        else waiting.resolve({ slot: outcome.slot, entry: earlier.entry, earlier: true });
        return;
      }
      case "fenced":
        this.#onFenced(request.epoch);
        waiting.reject(
          new ProtocolError("FENCED", { expected: request.epoch, got: outcome.epoch }),
        );
        return;
      case "slot":
        // A duplicate earlier in the batch shifted the slots behind it: take the next flush.
        this.#waiting.push(waiting);
        return;
    }
  }
}
