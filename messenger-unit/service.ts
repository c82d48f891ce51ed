/**
 * The messenger's service: takes messages from outside to their slots, waits for their results and
 * brings what those sent on to further processes, until nothing is left. Every part is handed what
 * it stands on, so that a whole messenger runs in a simulation.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { RandomSource } from "../src/base/random.ts";
import type { KnownUnits } from "../src/client/messenger-client.ts";
import type { UnitFetch } from "../src/client/unit-call.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import type { Logger } from "../src/node/logger.ts";
import type { Metrics } from "../src/node/metrics.ts";
import type { ContentStore } from "../src/node/store/ports/content-store.ts";
import type { MessageStore } from "../src/node/store/ports/message-store.ts";
import type { PushStore } from "../src/node/store/ports/push-store.ts";
import { type EventSource, EventStreams } from "../src/node/unit/event-streams.ts";
import type { Bundle } from "../src/protocol/envelope.ts";
import type { AddressedMessage, MessageStatus } from "../src/protocol/http.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { Admission } from "./admission.ts";
import { AwaitedResults } from "./awaited-results.ts";
import { Directory } from "./directory.ts";
import { eventFeed } from "./event-feed.ts";
import { EvidenceGatherer } from "./evidence.ts";
import { type FinalityPatience, FinalityWait } from "./finality-wait.ts";
import { Forwarder } from "./forwarder.ts";
import { type BundleOutcome, Intake } from "./intake.ts";
import { type MessengerLimits, messengerLimitDefaults } from "./limits.ts";
import { LogHeads } from "./log-heads.ts";
import { MessageLife, type Placed } from "./message-life.ts";
import { MessageOverview } from "./message-overview.ts";
import { type MessengerLoad, messengerMetrics } from "./messenger-metrics.ts";
import { ModuleCourier } from "./module-courier.ts";
import { OutboxTaker } from "./outbox.ts";
import { Placing, type Taken } from "./placing.ts";
import { ProofWatch } from "./proof-watch.ts";
import { ProvenCourier } from "./proven-courier.ts";
import { PushRequests } from "./push-request.ts";
import { Pusher } from "./pusher.ts";
import { Recovery } from "./recovery.ts";
import { type Patience, ResultWait } from "./result-wait.ts";
import { SlotEvidenceSource } from "./slot-evidence.ts";
import { Standing } from "./standing.ts";
import type { EncodedEnvelope } from "./status-view.ts";
import { Tracker } from "./tracker.ts";

/** What a messenger stands on. */
export interface MessengerOptions {
  readonly network: Digest;
  /** URLs of the schedulers and compute units that it works with. */
  readonly schedulers: readonly string[];
  readonly computes: readonly string[];
  readonly messages: MessageStore;
  readonly pushes: PushStore;
  readonly content: ContentStore;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly fetch?: UnitFetch | undefined;
  readonly metrics?: Metrics;
  readonly limits?: Partial<MessengerLimits>;
  /** By configured URL: by which URL others reach the unit, where that is another. */
  readonly publicUrls?: ReadonlyMap<string, string>;
  /** Nobody is shown which messages came through this messenger. */
  readonly isUnlisted?: boolean;
}

/** Between two looks at whether all is settled. */
const settledLookMs = 25;

export class MessengerService {
  readonly #options: MessengerOptions;
  readonly #directory: Directory;
  readonly #heads: LogHeads;
  readonly #finality: FinalityWait;
  readonly #life: MessageLife;
  readonly #forwarder: Forwarder;
  readonly #intake: Intake;
  readonly #tracker: Tracker;
  readonly #pusher: Pusher;
  readonly #pushRequests: PushRequests;
  readonly #recovery: Recovery;
  readonly #results: ResultWait;
  readonly #proofs: ProofWatch;
  readonly #streaming = new AbortController();
  /** Those who look on. */
  readonly streams: EventStreams;
  /** Null where they are not shown other people's messages. */
  readonly overview: MessageOverview | null;

  constructor(options: MessengerOptions) {
    const { network, clock, logger, messages, pushes, verifier } = options;
    this.#options = options;
    const limits = { ...messengerLimitDefaults, ...options.limits };
    const directory = new Directory(options);
    const onChange = (): void => this.overview?.changed();
    const life = new MessageLife({ messages, clock, onChange });
    const { isUnlisted = false } = options;
    this.overview = isUnlisted ? null : new MessageOverview({ messages, life, clock });
    this.streams = new EventStreams(limits);
    const forwarder = new Forwarder({ waitingMax: limits.inFlightMax });
    const modules = new ModuleCourier({ content: options.content });
    const evidence = new EvidenceGatherer({ directory, verifier, logger });
    const onRecorded = (): void => this.#pusher.kick();
    const heads = new LogHeads({ network, verifier, clock, logger });
    const outbox = new OutboxTaker({ network, directory, heads, life, pushes, clock, onRecorded });
    const awaited = new AwaitedResults({ clock });
    const shared = { directory, awaited, clock, logger };
    const tracker = new Tracker({ ...shared, evidence, outbox, life, messages });
    const counts = messengerMetrics(options.metrics, () => this.load());
    const onPlaced = (process: Digest, slot: number): void => {
      counts.placed();
      tracker.watch(process, slot);
    };
    const parts = { ...options, directory, forwarder, modules, life, onPlaced };
    const slots = new SlotEvidenceSource({ directory, evidence });
    const proofs = new ProvenCourier({ directory, modules, slots, clock });
    this.#pusher = new Pusher({ ...parts, proofs, onRested: (state) => counts.rested(state) });
    const onUnsure = (): void => this.#recovery.unsure();
    this.#intake = new Intake({
      ...parts,
      placing: new Placing({ ...parts, onUnsure }),
      admission: new Admission({ clock, limits }),
      standing: new Standing(),
      inFlightMax: limits.inFlightMax,
      hasRoom: () => tracker.openCount < limits.unevaluatedMax,
    });
    this.#recovery = new Recovery({ intake: this.#intake, life, messages, tracker, clock, logger });
    this.#results = new ResultWait({ ...shared, verifier });
    this.#proofs = new ProofWatch({ life, results: this.#results, clock });
    this.#pushRequests = new PushRequests({ directory, evidence, outbox });
    this.#finality = new FinalityWait({ directory, heads, clock });
    this.#directory = directory;
    this.#heads = heads;
    this.#life = life;
    this.#forwarder = forwarder;
    this.#tracker = tracker;
  }

  /** Goes on with whatever an earlier run left unfinished. Units may come up later. */
  async start(): Promise<void> {
    // Not awaited: a unit that does not answer must not keep the messenger from answering.
    void this.#directory.learn();
    await this.#tracker.start();
    this.#pusher.start();
    this.#recovery.start();
  }

  /** Ends the event streams; their readers come back to a later run. */
  endStreams(): void {
    this.#streaming.abort();
    this.streams.end();
    this.overview?.stop();
    this.#life.wakeAll();
  }

  /**
   * For a unit to which nothing new comes: resolves when every message that it placed is evaluated and
   * what those sent is pushed, or waits for its time; or when the signal aborts.
   */
  async settled(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isTaken = this.#intake.inFlightCount === 0 && this.#tracker.openCount === 0;
      if (isTaken && this.#pusher.isSettled) return;
      await this.#options.clock.sleep(settledLookMs, signal).catch(() => undefined);
    }
  }

  /** What is not finished: on its way to a slot, without an evaluation, to be pushed. */
  async unfinished(): Promise<Readonly<Record<"messages" | "evaluations" | "pushes", number>>> {
    const { pending } = await this.#options.pushes.depth();
    const { inFlight, unevaluated } = this.load();
    return { messages: inFlight, evaluations: unevaluated, pushes: pending };
  }

  /** Lets what is under way end. What is not finished is in the stores. */
  async stop(): Promise<void> {
    this.endStreams();
    this.#heads.stop();
    await Promise.all([this.#recovery.stop(), this.#tracker.stop(), this.#pusher.stop()]);
  }

  /** Takes one message to its slot. Rejects with a code; then nothing was acknowledged. */
  submit(envelope: EncodedEnvelope, remote: string): Promise<Taken> {
    return this.#intake.submit(envelope, remote);
  }

  /** Takes the messages of a bundle to their slots; one outcome each, in order. */
  submitBundle(bundle: Bundle, remote: string): Promise<readonly BundleOutcome[]> {
    return this.#intake.submitBundle(bundle, remote);
  }

  /** The canonical evaluation of a placed message, or null where none came in time. */
  result(placed: Placed, patience: Patience): Promise<Uint8Array | null> {
    return this.#results.one(placed, patience);
  }

  /** The canonical evaluations of placed messages as far as they came in time, by message id. */
  async results(placed: readonly Placed[], patience: Patience): Promise<Map<string, Uint8Array>> {
    const byProcess = new Map<string, Placed[]>();
    for (const one of placed) {
      const key = idText(one.process);
      const group = byProcess.get(key) ?? [];
      byProcess.set(key, group);
      group.push(one);
    }
    const found = new Map<string, Uint8Array>();
    await Promise.all(
      [...byProcess.values()].map(async (group) => {
        const isProof = patience.until === "proof";
        const start = this.#options.clock.monotonic();
        const evaluated = await this.#results.many(group, patience);
        const timeoutMs = patience.timeoutMs - (this.#options.clock.monotonic() - start);
        const bySlot = isProof
          ? await this.#results.proven(group, evaluated, { ...patience, timeoutMs })
          : evaluated;
        for (const { id, slot } of group) {
          const evaluation = bySlot.get(slot);
          if (evaluation !== undefined) found.set(idText(id), evaluation);
        }
      }),
    );
    return found;
  }

  /** Rejects with `WITNESS_EMPTY` where one of these bodies is for a process that names no witness. */
  checkWitnesses(bodies: readonly Uint8Array[]): Promise<void> {
    return this.#finality.checkWitnesses(bodies);
  }

  /** The canonical receipts of placed messages, in order; null where none came in time. */
  receipts(
    placed: readonly Placed[],
    patience: FinalityPatience,
  ): Promise<readonly (Uint8Array | null)[]> {
    return this.#finality.of(placed, patience);
  }

  /** Rejects with `MESSAGE_UNKNOWN`. */
  async status(id: Digest): Promise<MessageStatus> {
    await this.#proofs.look(id, this.#streaming.signal);
    return this.#life.status(id);
  }

  /** A page of an address's inbox, by sequence. Rejects with `ADDRESS_EMPTY`. */
  addressed(address: Digest, from: number, limit: number): Promise<readonly AddressedMessage[]> {
    return this.#life.addressed(address, from, limit);
  }

  /** The life of a message as it happens. Rejects with `MESSAGE_UNKNOWN`. */
  async events(id: Digest): Promise<EventSource> {
    await this.#life.stored(id);
    const { clock } = this.#options;
    return (signal) => eventFeed(this.#life, id, { clock, signal, proofs: this.#proofs });
  }

  /** Pushes what a result sent, again if it was pushed before; answers how many messages. */
  push(process: Digest, slot: number, signal: AbortSignal): Promise<number> {
    return this.#pushRequests.push(process, slot, signal);
  }

  units(): KnownUnits {
    return this.#directory.units();
  }

  load(): MessengerLoad {
    return {
      inFlight: this.#intake.inFlightCount,
      waiting: this.#forwarder.waitingCount,
      unevaluated: this.#tracker.openCount,
      pushing: this.#pusher.inFlightCount,
      streams: this.streams.count,
    };
  }
}
