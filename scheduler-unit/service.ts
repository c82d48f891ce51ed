/**
 * The scheduler's service: takes messages, gives slots, serves the log. It assigns only when it
 * durably holds all that the entry commits to, and forgets a refusal as soon as it is said.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { ProvenChains } from "../src/client/proven-chains.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { SignatureClaim, SignatureVerifier } from "../src/crypto/signature.ts";
import type { Metrics } from "../src/node/metrics.ts";
import type { ContentStore } from "../src/node/store/ports/content-store.ts";
import type {
  ListedProcess,
  LogEntry,
  LogStore,
  SharedBeginning,
} from "../src/node/store/ports/log-store.ts";
import { type EventStreamLimits, EventStreams } from "../src/node/unit/event-streams.ts";
import { Waiters } from "../src/node/waiters.ts";
import { openBundle, readMember } from "../src/protocol/bundle.ts";
import {
  type CheckedMessage,
  checkNotAfter,
  checkRead,
  type ReadMessage,
  readMessage,
} from "../src/protocol/check.ts";
import type { Bundle, Envelope, LogItem, LogPage } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { logPageEntriesMax } from "../src/protocol/limits.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { ProcessTerms } from "./process-terms.ts";
import { type Assigned, Sequencer } from "./sequencer.ts";

/** What the service stands on. */
export interface SchedulerOptions {
  readonly address: Digest;
  readonly network: Digest;
  readonly log: LogStore;
  readonly content: ContentStore;
  readonly verifier: SignatureVerifier;
  /** Which processes' chains of proofs are verified here; absent: none. */
  readonly chains?: Pick<ProvenChains, "lookUp">;
  readonly clock: Clock;
  /** The epoch of the lease that is held; throws `UNAVAILABLE` where none is, or `ROLLED_BACK`. */
  readonly epoch: () => number;
  /** Told when the store refused an append of this epoch because of a later one. */
  readonly onFenced?: (epoch: number) => void;
  /** Told when the log has grown. */
  readonly onGrown?: () => void;
  /** Told of the size of a head that a request says to have been seen; rejects with `HEAD_WANTED`. */
  readonly checkSeen?: (size: number) => Promise<void>;
  /** Who waits for entries; given where others tell of entries too. */
  readonly waiters?: Waiters;
  readonly streamLimits?: Partial<EventStreamLimits>;
  readonly metrics?: Metrics;
}

/** A message that has its slot. */
export interface Placement extends Assigned {
  readonly id: Digest;
  readonly process: Digest;
}

/** A message that was checked, or the slot that it had before. */
type Examined =
  | Placement
  | {
      readonly message: CheckedMessage;
      readonly envelope: Envelope;
      readonly shared: SharedBeginning | null;
    };

/** What is a refusal is answered; anything else is our own failure and goes on. */
function refusalOf(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  throw error;
}

export class SchedulerService {
  /** Those who look on. */
  readonly streams: EventStreams;
  readonly #options: SchedulerOptions;
  readonly #terms: ProcessTerms;
  readonly #sequencer: Sequencer;
  readonly #waiters: Waiters;
  #assignments = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.streams = new EventStreams(options.streamLimits);
    this.#waiters = options.waiters ?? new Waiters();
    this.#terms = new ProcessTerms(options.log);
    this.#sequencer = new Sequencer({
      log: options.log,
      clock: options.clock,
      epoch: options.epoch,
      onAppended: (process) => {
        this.#waiters.wake(process);
        options.onGrown?.();
      },
      onFenced: (epoch) => options.onFenced?.(epoch),
    });
    options.metrics?.measured(
      { name: "messages_waiting", help: "Messages that wait for their slot." },
      () => this.waitingCount,
    );
    options.metrics?.measured(
      { name: "event_streams", help: "Open event streams." },
      () => this.streams.count,
    );
    options.metrics?.counted(
      { name: "assignments_total", help: "Messages that were given a slot." },
      () => this.#assignments,
    );
  }

  /** How many messages wait for a slot. */
  get waitingCount(): number {
    return this.#sequencer.waitingCount;
  }

  /** Throws where another instance leads, before anything is read of a request that is for that one. */
  checkLeads(): void {
    try {
      this.#options.epoch();
    } catch (error) {
      // A store that is an old copy still tells each message where it stands.
      if ((error as { code?: unknown }).code === "UNAVAILABLE") throw error;
    }
  }

  /** Rejects where whoever asks has seen a head that this log has not reached. */
  async checkSeen(size: number): Promise<void> {
    await this.#options.checkSeen?.(size);
  }

  /**
   * Gives a message its slot; one that has a slot already keeps it. Cheap checks come first,
   * signatures last. Rejects with a `ProtocolError`.
   */
  async submit(envelope: Envelope): Promise<Placement> {
    return this.#place(await this.#examine(envelope));
  }

  /**
   * Gives many messages their slots: those of one process in the order in which they stand here. A
   * refused one is answered with its error and holds up no other.
   */
  async submitAll(envelopes: readonly Envelope[]): Promise<readonly (Placement | ProtocolError)[]> {
    return this.#placeAll(envelopes.map((envelope) => this.#examine(envelope).catch(refusalOf)));
  }

  /**
   * As `submitAll`, for the messages of a bundle: one signature stands for all. Rejects where that
   * does not hold.
   */
  async submitBundle(bundle: Bundle): Promise<readonly (Placement | ProtocolError)[]> {
    const { owner, members, sharedBytes, claim } = openBundle(bundle, this.#options.network);
    const [first] = members;
    await this.#checkSignatures(first?.id ?? owner, [claim]);
    const beginning = first?.envelope.authorisation.subarray(0, sharedBytes);
    const shared = beginning === undefined ? null : { id: sha256(beginning), length: sharedBytes };
    return this.#placeAll(
      members.map(async (member) => {
        const read = readMember(member, owner, this.#options.network);
        if (!read.ok) return read.error;
        const { envelope } = member;
        const message = { ...read.value, data: envelope.data, source: null, claims: [] };
        const check = async (): Promise<CheckedMessage> => message;
        return this.#examineRead(read.value, { envelope, shared, check }).catch(refusalOf);
      }),
    );
  }

  async #placeAll(
    examining: readonly Promise<Examined | ProtocolError>[],
  ): Promise<readonly (Placement | ProtocolError)[]> {
    const examined = await Promise.all(examining);
    // All appends begin in this one turn, so the sequencer takes them in this order.
    return Promise.all(
      examined.map(async (one) =>
        one instanceof ProtocolError ? one : this.#place(one).catch(refusalOf),
      ),
    );
  }

  /** Checks a message completely, or finds the slot that it has. */
  async #examine(envelope: Envelope): Promise<Examined> {
    const read = readMessage(envelope, this.#options.network);
    const { chains } = this.#options;
    const check = async (terms: SpawnTerms | null) => {
      const isDemanding = (read.spawn ?? terms)?.evidence === "proven";
      const isProven = isDemanding ? await chains?.lookUp(envelope, terms) : undefined;
      return checkRead(read, envelope, terms, isProven);
    };
    return this.#examineRead(read, { envelope, shared: null, check });
  }

  /** `check` looks at the authorisation; the claims that it answers are verified here. */
  async #examineRead(
    read: ReadMessage,
    rest: {
      readonly envelope: Envelope;
      readonly shared: SharedBeginning | null;
      readonly check: (terms: SpawnTerms | null) => Promise<CheckedMessage>;
    },
  ): Promise<Examined> {
    const { process, spawn } = read;
    const earlier = (await this.#earlier(read)) ?? (await this.#checkTime(read));
    if (earlier !== null) return earlier;
    const terms = spawn === null ? await this.#terms.of(process) : null;
    if (spawn === null && terms === null) {
      throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
    }
    const { envelope, shared, check } = rest;
    const message = await check(terms);
    if (spawn !== null) this.#checkScheduler(spawn.scheduler);
    await this.#checkSignatures(message.id, message.claims);
    if (spawn !== null) await this.#keepModule(spawn.module);
    return { message, envelope, shared };
  }

  /** The slot that a message has. */
  async #earlier({ id, process }: ReadMessage): Promise<Placement | null> {
    const { log } = this.#options;
    const slot = await log.slotOf(process, id);
    const earlier = slot === null ? null : await log.entry(process, slot);
    return earlier === null
      ? null
      : { id, process, slot: earlier.slot, entry: earlier.entry, earlier: true };
  }

  /**
   * The entry's own time is checked again; here, what is late already costs and keeps nothing. Where
   * the same message is on its way to its slot, it is told that slot and not that it is late. Only
   * who leads may say that it is late: on its way it may be at the instance that does.
   */
  async #checkTime(read: ReadMessage): Promise<Placement | null> {
    try {
      checkNotAfter(read.body, this.#options.clock.now());
      return null;
    } catch (error) {
      if (this.#sequencer.holds(read.id)) return null;
      this.#options.epoch();
      const earlier = await this.#earlier(read);
      if (earlier === null) throw error;
      return earlier;
    }
  }

  async #place(examined: Examined): Promise<Placement> {
    if ("slot" in examined) return examined;
    const { message, envelope, shared } = examined;
    const assigned = await this.#sequencer.append(message, envelope, shared);
    if (!assigned.earlier) this.#assignments++;
    return { id: message.id, process: message.process, ...assigned };
  }

  #checkScheduler(scheduler: Digest): void {
    const { address } = this.#options;
    if (equalBytes(scheduler, address)) return;
    throw new ProtocolError("SCHEDULER_MISMATCH", {
      expected: idText(address),
      got: idText(scheduler),
    });
  }

  async #checkSignatures(id: Digest, claims: readonly SignatureClaim[]): Promise<void> {
    if (claims.length === 0) return;
    const verdicts = await this.#options.verifier.verify(claims);
    const failed = claims.find((_, i) => verdicts[i] !== true);
    if (failed === undefined) return;
    throw new ProtocolError("SIGNATURE_INVALID", { message: idText(id), tag: failed.tag });
  }

  /** The module of a spawn is held for as long as the log is served. */
  async #keepModule(module: Digest): Promise<void> {
    if (await this.#options.content.refer(module)) return;
    throw new ProtocolError("MODULE_MISSING", {
      module: idText(module),
      expected: "PUT /content/{id} before the spawn",
    });
  }

  /** True if this scheduler serves the process. */
  async serves(process: Digest): Promise<boolean> {
    return (await this.#options.log.head(process)) !== null;
  }

  /**
   * Entries from a slot on. Where there is none yet, waits for one until `waitMs` have passed or the
   * signal aborts. Rejects with `PROCESS_UNKNOWN`.
   */
  async page(
    process: Digest,
    query: { readonly from: number; readonly limit: number; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<LogPage> {
    const { log, clock } = this.#options;
    let head = await log.head(process);
    if (head === null) throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
    if (query.from >= head.next && query.waitMs > 0) {
      const woken = this.#waiters.wait(process, clock, query.waitMs, signal);
      // Between the look at the head and the wait an entry may have come: look once more.
      head = (await log.head(process)) ?? head;
      if (query.from >= head.next) await woken.done;
      else woken.cancel();
      head = (await log.head(process)) ?? head;
    }
    const limit = Math.min(query.limit, logPageEntriesMax);
    const entries = query.from < head.next ? await log.range(process, query.from, limit) : [];
    return { process, items: entries.map(itemOf), next: head.next };
  }

  /** One entry. Rejects with `PROCESS_UNKNOWN` or `SLOT_UNKNOWN`. */
  async item(process: Digest, slot: number): Promise<LogItem> {
    const entry = await this.#options.log.entry(process, slot);
    if (entry !== null) return itemOf(entry);
    const head = await this.#options.log.head(process);
    if (head === null) throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
    throw new ProtocolError("SLOT_UNKNOWN", { expected: `below ${head.next}`, got: slot });
  }

  /** Processes from one id to another, in the order of their ids. */
  listed(first: Digest, last: Digest, limit: number): Promise<readonly ListedProcess[]> {
    return this.#options.log.listed(first, last, limit);
  }

  /** How many processes this scheduler serves. */
  processCount(): Promise<number> {
    return this.#options.log.processCount();
  }

  /**
   * Gives no slot to what comes from now on, and ends what is streamed. Resolves when all that waited
   * has its answer.
   */
  async end(): Promise<void> {
    this.streams.end();
    this.#waiters.wakeAll();
    await this.#sequencer.end();
  }
}

function itemOf(entry: LogEntry): LogItem {
  const { entry: bytes, body, authorisation, data } = entry;
  return { entry: bytes, body, authorisation, data };
}
