/**
 * The pusher: takes what is due from the push store and brings it to the scheduler of its target,
 * as often as it takes. What to do next is `push.machine`'s to say. At least once by the store, at
 * most once by the target's log: once in effect.
 *
 * @module
 */

import { type SnapshotFrom, transition } from "xstate";
import type { Clock } from "../src/base/clock.ts";
import type { RandomSource } from "../src/base/random.ts";
import type { Logger } from "../src/node/logger.ts";
import type { MessageStore } from "../src/node/store/ports/message-store.ts";
import type { PendingPush, PushStore } from "../src/node/store/ports/push-store.ts";
import { readMessage } from "../src/protocol/check.ts";
import { type Envelope, envelopeRecord } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { isTransient, retryAfterMs } from "./call-failure.ts";
import type { Directory, KnownScheduler } from "./directory.ts";
import type { Forwarder } from "./forwarder.ts";
import { pushesInFlightMax, pushVisibilityMs } from "./limits.ts";
import type { MessageLife } from "./message-life.ts";
import type { ModuleCourier } from "./module-courier.ts";
import { Outstanding } from "./outstanding.ts";
import type { ProvenCourier } from "./proven-courier.ts";
import {
  awaitingReason,
  type PushEvent,
  pushMachine,
  unclaimedReason,
  waitMaxMs,
} from "./push.machine.ts";

/** What the pusher stands on. */
export interface PusherOptions {
  readonly network: Digest;
  readonly directory: Directory;
  readonly forwarder: Forwarder;
  readonly modules: ModuleCourier;
  readonly proofs: ProvenCourier;
  readonly life: MessageLife;
  readonly messages: MessageStore;
  readonly pushes: PushStore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** Told of every message that got its slot, after that is durable. */
  readonly onPlaced: (process: Digest, slot: number) => void;
  /** Told of the state in which each try came to rest, after that is durable. */
  readonly onRested: (state: string) => void;
}

type Snapshot = SnapshotFrom<typeof pushMachine>;

/** How long the pusher sleeps at most: a due time may pass while nobody looks. */
const idleMs = 1_000;
/** A wall clock that falls behind the monotonic one by more than this was put back. */
const clockStepMs = 1_000;
/** How often it then looks for what was put off too far. */
const looksAfterStep = 6;
const lookEveryMs = 10_000;

/** A pushed message, read, with where it goes. */
interface Parcel {
  readonly envelope: Envelope;
  readonly process: Digest;
  readonly spawn: SpawnTerms | null;
}

export class Pusher {
  readonly #options: PusherOptions;
  readonly #outstanding: Outstanding;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** By how much the wall clock was ahead of the monotonic one when due times were last checked. */
  #aheadMs = Number.POSITIVE_INFINITY;
  #looks = { left: 0, next: 0 };
  /** How often something new may have come to be pushed. */
  #news = 1;
  /** Up to which of these everything due was handed out. */
  #handedOut = 0;
  /** Of those in flight, those that were never tried before. */
  #firstTries = 0;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#outstanding = new Outstanding(options);
  }

  /** Messages that are on their way now. */
  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Told that there is something new to push. */
  kick(): void {
    this.#news++;
    this.#wake.abort();
  }

  /**
   * True where whatever may be pushed was tried at least once. Who has many inboxes of people always has
   * something to try again, so that is not waited for.
   */
  get isSettled(): boolean {
    return this.#handedOut === this.#news && this.#firstTries === 0;
  }

  /** Ends when what is under way has ended; what is not delivered stays in the store. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    await this.#running;
    await Promise.all(this.#inFlight.values());
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      // Made before looking, so that a kick while looking is not lost.
      this.#wake = new AbortController();
      const wake = AbortSignal.any([this.#wake.signal, this.#stopping.signal]);
      try {
        await this.#hurryPutOff();
        if ((await this.#claimDue()) > 0) continue;
        const waitMs = await this.#idleMs();
        if (waitMs > 0) await clock.sleep(waitMs, wake).catch(() => undefined);
      } catch (error) {
        logger.error("pushes not claimed", { error });
        await clock.sleep(idleMs, this.#stopping.signal).catch(() => undefined);
      }
    }
  }

  /**
   * Due times are of the wall clock: after a start, and when it was put back, none may be far off.
   * What was under way then is written down a little later, so it looks again for a while.
   */
  async #hurryPutOff(): Promise<void> {
    const { clock, pushes, logger } = this.#options;
    const [now, moment] = [clock.now(), clock.monotonic()];
    const aheadMs = now - moment;
    if (aheadMs < this.#aheadMs - clockStepMs) {
      this.#aheadMs = aheadMs;
      this.#looks = { left: looksAfterStep, next: moment };
    }
    this.#aheadMs = Math.max(this.#aheadMs, aheadMs);
    const { left, next } = this.#looks;
    if (left === 0 || moment < next) return;
    this.#looks = { left: left - 1, next: moment + lookEveryMs };
    const count = await pushes.hurry(now, waitMaxMs);
    if (count > 0) logger.warn("pushes were put off by another clock", { count });
  }

  async #claimDue(): Promise<number> {
    const { pushes, clock } = this.#options;
    const room = pushesInFlightMax - this.#inFlight.size;
    if (room <= 0) return 0;
    const news = this.#news;
    const due = await pushes.nextDue();
    const isDue = due !== null && due <= clock.now();
    const claims = isDue ? await pushes.claim(room, clock.now(), pushVisibilityMs) : [];
    for (const claim of claims) this.#begin(claim);
    if (claims.length < room) this.#handedOut = news;
    return claims.length;
  }

  async #idleMs(): Promise<number> {
    if (this.#inFlight.size >= pushesInFlightMax) return idleMs;
    const due = await this.#options.pushes.nextDue();
    if (due === null) return idleMs;
    return Math.min(idleMs, Math.max(1, due - this.#options.clock.now()));
  }

  #begin(claim: PendingPush): void {
    const key = `${idText(claim.process)} ${claim.slot} ${claim.index}`;
    // Its claim ran out while it is under way: it is hidden again, and that is all.
    if (this.#inFlight.has(key)) return;
    const isFirst = claim.tries === 1;
    if (isFirst) this.#firstTries++;
    const pushing = this.#push(claim)
      .catch((error: unknown) => {
        // The claim runs out and the item is handed out again.
        this.#options.logger.error("push not ended", { message: idText(claim.messageId), error });
      })
      .finally(() => {
        this.#inFlight.delete(key);
        if (isFirst) this.#firstTries--;
        this.#wake.abort();
      });
    this.#inFlight.set(key, pushing);
  }

  async #push(claim: PendingPush): Promise<void> {
    const { tries, recordedAt, reason } = claim;
    const resting = pushMachine.resolveState({
      value: restingState(reason),
      context: { tries, recordedAt, retryAt: null, reason },
    });
    const { state, failure } = await this.#tried(claim, next(resting, { type: "push.due" }));
    await this.#end(claim, state, failure);
    // The next one to the same target had to wait for this one.
    if (state.context.retryAt === null) this.#news++;
    this.#options.onRested(state.value);
  }

  /** One try, from locating the target to wherever it comes to rest. */
  async #tried(
    claim: PendingPush,
    locating: Snapshot,
  ): Promise<{ readonly state: Snapshot; readonly failure: ProtocolError | null }> {
    let state = locating;
    try {
      const parcel = this.#read(claim);
      const scheduler = await this.#schedulerOf(parcel);
      if (scheduler === null) {
        return { state: next(state, { type: "target.unknown", ...this.#moment() }), failure: null };
      }
      state = next(state, { type: "target.located" });
      await this.#deliver(claim, parcel, scheduler);
      return { state: next(state, { type: "slot.assigned" }), failure: null };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { state: next(state, this.#failureEvent(error, state)), failure: error };
    }
  }

  /** What the outbox taker wrote; that it can be read was checked before it was recorded. */
  #read(claim: PendingPush): Parcel {
    const envelope = envelopeRecord.decode(claim.payload);
    const { process, spawn } = readMessage(envelope, this.#options.network);
    return { envelope, process, spawn };
  }

  async #schedulerOf({ process, spawn }: Parcel): Promise<KnownScheduler | null> {
    const { directory } = this.#options;
    if (spawn !== null) return directory.schedulerAt(spawn.scheduler);
    return (await directory.locate(process))?.scheduler ?? null;
  }

  /** Hands the message in, and notes its slot before the item ends. */
  async #deliver(claim: PendingPush, parcel: Parcel, scheduler: KnownScheduler): Promise<void> {
    const { directory, forwarder, modules, life, onPlaced } = this.#options;
    const { envelope, process, spawn } = parcel;
    if (spawn !== null) {
      const source = await directory.locate(claim.process);
      await modules.bring(spawn.module, scheduler, source?.scheduler ?? null);
    }
    const terms = spawn ?? (await directory.locate(process))?.terms ?? null;
    if (terms?.evidence === "proven") {
      await this.#options.proofs.bring(claim, scheduler, this.#stopping.signal);
    }
    const id = claim.messageId;
    const slotted = await forwarder.forward(scheduler, { id, process, envelope });
    if (spawn !== null) {
      directory.spawned({ process, spawn: envelope.body, terms: spawn, scheduler });
    }
    await life.assigned({ id, process, ...slotted });
    onPlaced(process, slotted.slot);
  }

  /** Only what a scheduler said of the message itself is final, not what was in the way to it. */
  #failureEvent(error: ProtocolError, state: Snapshot): PushEvent {
    const { code } = error;
    if (code === awaitingReason) return { type: "proof.awaited", ...this.#moment() };
    if (state.value === "sending" && !isTransient(error)) return { type: "message.refused", code };
    return { type: "unit.failed", code, retryAfterMs: retryAfterMs(error), ...this.#moment() };
  }

  #moment(): { readonly now: number; readonly jitter: number } {
    const [high = 0, low = 0] = this.#options.random.bytes(2);
    return { now: this.#options.clock.now(), jitter: (high * 256 + low) / 65_536 };
  }

  /** Writes down where the push came to rest. */
  async #end(claim: PendingPush, state: Snapshot, failure: ProtocolError | null): Promise<void> {
    const { pushes, life } = this.#options;
    const { retryAt, reason } = state.context;
    const detail = failure === null ? null : failure.message.slice(0, 500);
    // That a result is pushed is noted before its last item ends: a crash in between repeats the
    // item.
    if (state.value === "delivered") {
      if (await this.#outstanding.ended(claim)) await this.#notePushed(claim);
      await pushes.done([claim]);
    } else if (state.value === "refused" || state.value === "lapsed") {
      const code = reason ?? "UNAVAILABLE";
      // A message that nobody took in all the time is unclaimed and stays so: that is no error.
      const isError = state.value === "refused" || claim.reason !== unclaimedReason;
      if (isError)
        await life.noted(claim.messageId, life.event("refused", { reason: code, detail }));
      if (await this.#outstanding.ended(claim)) await this.#notePushed(claim);
      await pushes.fail(claim, code);
    } else if (retryAt !== null && reason !== null) {
      const isUnclaimed = state.value === "unclaimed";
      if (state.value === "awaiting") {
        await life.noted(claim.messageId, life.event("awaiting-proof", { detail }));
      }
      if (isUnclaimed) await life.noted(claim.messageId, life.event("unclaimed"));
      if (isUnclaimed && (await this.#outstanding.unclaimed(claim))) await this.#notePushed(claim);
      await pushes.retry(claim, retryAt, reason);
    }
  }

  /** Nothing that the result sent waits any more, but for what nobody claims. */
  async #notePushed(claim: PendingPush): Promise<void> {
    const { messages, life } = this.#options;
    const parent = await messages.messageAt(claim.process, claim.slot);
    if (parent !== null) await life.noted(parent, life.event("pushed"));
  }
}

function next(state: Snapshot, event: PushEvent): Snapshot {
  const [after] = transition(pushMachine, state, event);
  return after;
}

/** In which state an item rested in the store. */
function restingState(reason: string | null): "queued" | "unclaimed" | "awaiting" | "waiting" {
  if (reason === null) return "queued";
  if (reason === awaitingReason) return "awaiting";
  return reason === unclaimedReason ? "unclaimed" : "waiting";
}
