/**
 * The forwarder: hands messages to schedulers in batches. What waits for one scheduler is divided among
 * the requests that may be under way, so that one batch is verified there while another is written, and
 * batches grow by themselves under load while a lone message waits for nothing. A bundle goes on as it
 * came, in a request of its own. Handing in again is harmless, so nothing is ever uncertain for long.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import type { Acceptance } from "../src/protocol/acceptance.ts";
import { entryRecord } from "../src/protocol/entry.ts";
import type { Bundle, Envelope } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { batchBytesMax, batchEnvelopesMax } from "../src/protocol/limits.ts";
import { callFailure, refusalError } from "./call-failure.ts";
import type { KnownScheduler } from "./directory.ts";
import { batchesInFlightMax, batchShareMin, bundlesInFlightMax } from "./limits.ts";

/** A message on its way to the scheduler of its process. */
export interface Outgoing {
  readonly id: Digest;
  readonly process: Digest;
  readonly envelope: Envelope;
}

/** The slot that a scheduler gave. */
export interface Slotted {
  readonly slot: number;
  /** The canonical entry. */
  readonly entry: Uint8Array;
}

interface Waiting {
  readonly message: Outgoing;
  readonly bytes: number;
  readonly resolve: (slotted: Slotted) => void;
  readonly reject: (error: unknown) => void;
}

/** A bundle that goes on as it came. */
interface WaitingBundle {
  readonly bundle: Bundle;
  readonly messages: readonly Waiting[];
}

/** What waits for one scheduler. */
interface Lane {
  waiting: Waiting[];
  bundles: WaitingBundle[];
  inFlight: number;
  bundlesInFlight: number;
  /** True while a start is already planned for the end of this turn. */
  planned: boolean;
}

/** Bytes of a record's head and of an envelope's own lengths, generously. */
const batchOverheadBytes = 16;
const envelopeOverheadBytes = 24;

export class Forwarder {
  readonly #lanes = new Map<KnownScheduler, Lane>();
  readonly #waitingMax: number;

  constructor(options: { readonly waitingMax: number }) {
    this.#waitingMax = options.waitingMax;
  }

  /** How many messages wait for a place in a batch. */
  get waitingCount(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += waitingIn(lane);
    return count;
  }

  /**
   * Hands a message in; resolves when it has its slot, durably. Rejects with the scheduler's
   * refusal, which is final, or with `UNAVAILABLE` or `OVERLOADED`.
   */
  forward(scheduler: KnownScheduler, message: Outgoing): Promise<Slotted> {
    const lane = this.#laneOf(scheduler);
    const overload = this.#overloadOf(scheduler, lane);
    if (overload !== null) return Promise.reject(overload);
    const { body, authorisation, data } = message.envelope;
    const bytes = body.length + authorisation.length + (data?.length ?? 0) + envelopeOverheadBytes;
    return new Promise((resolve, reject) => {
      lane.waiting.push({ message, bytes, resolve, reject });
      this.#plan(scheduler, lane);
    });
  }

  /**
   * Hands in all messages of a bundle under their common signature, in a request of its own. One
   * promise each, in order, as those of `forward`.
   */
  forwardBundle(
    scheduler: KnownScheduler,
    bundle: Bundle,
    messages: readonly Outgoing[],
  ): Promise<Slotted>[] {
    const lane = this.#laneOf(scheduler);
    const overload = this.#overloadOf(scheduler, lane);
    if (overload !== null) return messages.map(() => Promise.reject(overload));
    const waiting: Waiting[] = [];
    const slotted = messages.map(
      (message) =>
        new Promise<Slotted>((resolve, reject) => {
          waiting.push({ message, bytes: 0, resolve, reject });
        }),
    );
    lane.bundles.push({ bundle, messages: waiting });
    this.#plan(scheduler, lane);
    return slotted;
  }

  #overloadOf(scheduler: KnownScheduler, lane: Lane): ProtocolError | null {
    const waiting = waitingIn(lane);
    if (waiting < this.#waitingMax) return null;
    return new ProtocolError("OVERLOADED", { unit: scheduler.url, waiting });
  }

  #laneOf(scheduler: KnownScheduler): Lane {
    const known = this.#lanes.get(scheduler);
    if (known !== undefined) return known;
    const lane: Lane = {
      waiting: [],
      bundles: [],
      inFlight: 0,
      bundlesInFlight: 0,
      planned: false,
    };
    this.#lanes.set(scheduler, lane);
    return lane;
  }

  /** Starts batches at the end of the turn: a bundle's messages arrive in one and travel in one. */
  #plan(scheduler: KnownScheduler, lane: Lane): void {
    const mayStart =
      lane.inFlight < batchesInFlightMax || lane.bundlesInFlight < bundlesInFlightMax;
    if (lane.planned || !mayStart) return;
    lane.planned = true;
    queueMicrotask(() => {
      lane.planned = false;
      this.#sendBundles(scheduler, lane);
      while (lane.waiting.length > 0 && lane.inFlight < batchesInFlightMax) {
        const free = batchesInFlightMax - lane.inFlight++;
        void this.#send(scheduler, takeBatch(lane, free)).finally(() => {
          lane.inFlight--;
          this.#plan(scheduler, lane);
        });
      }
    });
  }

  #sendBundles(scheduler: KnownScheduler, lane: Lane): void {
    while (lane.bundlesInFlight < bundlesInFlightMax) {
      const next = lane.bundles.shift();
      if (next === undefined) return;
      lane.bundlesInFlight++;
      const { bundle, messages } = next;
      const ask = (client: SchedulerClient) => client.submitBundle(bundle);
      void this.#ask(scheduler, messages, ask).finally(() => {
        lane.bundlesInFlight--;
        this.#plan(scheduler, lane);
      });
    }
  }

  #send(scheduler: KnownScheduler, batch: readonly Waiting[]): Promise<void> {
    const envelopes = batch.map(({ message }) => message.envelope);
    return this.#ask(scheduler, batch, (client) => client.submitBatch(envelopes));
  }

  /** Never rejects: every message of the batch is settled. */
  async #ask(
    scheduler: KnownScheduler,
    batch: readonly Waiting[],
    ask: (client: SchedulerClient) => Promise<readonly Acceptance[]>,
  ): Promise<void> {
    try {
      const answers = await scheduler.call(ask);
      for (const [i, waiting] of batch.entries()) settle(waiting, answers[i], scheduler.url);
    } catch (error) {
      const failure = failureOf(error, scheduler.url);
      for (const { reject } of batch) reject(failure);
    }
  }
}

function waitingIn({ waiting, bundles }: Lane): number {
  return bundles.reduce((sum, { messages }) => sum + messages.length, waiting.length);
}

/** The part of what waits that falls to one of so many free requests. */
function takeBatch(lane: Lane, free: number): readonly Waiting[] {
  const share = Math.max(batchShareMin, Math.ceil(lane.waiting.length / free));
  const countMax = Math.min(share, batchEnvelopesMax);
  let bytes = batchOverheadBytes;
  let count = 0;
  for (const waiting of lane.waiting) {
    bytes += waiting.bytes;
    if (count > 0 && (bytes > batchBytesMax || count >= countMax)) break;
    count++;
  }
  const batch = lane.waiting.slice(0, count);
  lane.waiting = lane.waiting.slice(count);
  return batch;
}

/** What the scheduler says is taken only if its entry is one of this message in this process. */
function settle(waiting: Waiting, answer: Acceptance | undefined, url: string): void {
  if (answer === undefined) {
    waiting.reject(new ProtocolError("UNAVAILABLE", { unit: url, expected: "an answer each" }));
  } else if (answer.error !== null) {
    waiting.reject(refusalError(answer.error, url));
  } else {
    const slotted = slottedOf(waiting.message, answer);
    if (slotted !== null) waiting.resolve(slotted);
    else {
      const fields = { unit: url, expected: `an entry of ${idText(waiting.message.id)}` };
      waiting.reject(new ProtocolError("UNAVAILABLE", fields));
    }
  }
}

function slottedOf(message: Outgoing, answer: Acceptance): Slotted | null {
  const { assignment: bytes, slot } = answer;
  if (bytes === null || slot === null) return null;
  try {
    const entry = entryRecord.decode(bytes);
    const fits =
      entry.slot === slot &&
      equalBytes(entry.messageId, message.id) &&
      equalBytes(entry.process, message.process);
    return fits ? { slot, entry: bytes } : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/**
 * What came is not an answer: malformed bytes of another unit are its failure, not the message's.
 */
function failureOf(error: unknown, url: string): unknown {
  if (error instanceof ProtocolError) {
    return new ProtocolError("UNAVAILABLE", { unit: url, cause: error.code }, { cause: error });
  }
  try {
    return callFailure(error, url);
  } catch (other) {
    return other;
  }
}
