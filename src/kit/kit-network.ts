/**
 * The network behind `createNetwork`: it composes what people say, delivers it and all that it causes,
 * and holds what the processes were sent. Nothing is random, so that every run of a test sees the same
 * ids.
 *
 * @module
 */

import { u32be, utf8Bytes } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { depthMax, messageGasMin } from "../protocol/limits.ts";
import { bodyRecord, ownerKinds, type Tag, textData } from "../protocol/message.ts";
import { reservedTags, spawnTermsOf } from "../protocol/spawn.ts";
import { logItemView } from "../protocol/view.ts";
import { StateKernel } from "../state/kernel.ts";
import { type SimulatedClock, simulatedClock } from "./clock.ts";
import { EvaluationFailed } from "./evaluation-failed.ts";
import type {
  LostMessage,
  Network,
  NetworkOptions,
  NetworkSnapshot,
  PersonalMessage,
} from "./network.ts";
import { NetworkError } from "./network-error.ts";
import { contentOf, type KitEvaluation } from "./outcome.ts";
import { type Account, type KitProcess, type MessageOptions, tagListOf } from "./process-handle.ts";
import { type Delivered, ProcessLog, type ProcessLogSnapshot } from "./process-log.ts";
import { loadProgram, type ModuleSource, type Program } from "./program.ts";
import { type HeldMessage, passing, type Route, Traffic } from "./traffic.ts";
import { type Name, nameOf } from "./unsigned.ts";
import { personalEnvelope, sentEnvelopes } from "./unsigned-envelopes.ts";

/** A network without processes. */
export function createNetwork(options: NetworkOptions = {}): Network {
  return new KitNetwork(options.clock ?? simulatedClock());
}

const accountNames = Array.from({ length: 10 }, (_, i) => `account ${i}`);

/** Messages of one `send`, whatever its budget: an endless exchange is a mistake to be told. */
const deliveriesMax = 100_000;

/** All that a snapshot brings back. */
interface Saved {
  readonly time: number;
  readonly anchors: number;
  readonly processes: ReadonlyMap<string, readonly [ProcessLog, ProcessLogSnapshot]>;
  readonly mail: ReadonlyMap<string, readonly PersonalMessage[]>;
  readonly lost: readonly LostMessage[];
  readonly held: ReturnType<Traffic["snapshot"]>;
}

class KitNetwork implements Network {
  readonly clock: SimulatedClock;
  readonly accounts: readonly Account[];
  lost: readonly LostMessage[] = [];
  lastEvaluations: readonly KitEvaluation[] = [];
  readonly #id = sha256(utf8Bytes("nymcompute/kit network"));
  readonly #scheduler = nameOf("scheduler");
  readonly #compute = nameOf("compute");
  readonly #kernel = new StateKernel();
  readonly #names = new Map<string, Name>();
  readonly #programs = new Map<string, Program>();
  readonly #traffic = new Traffic();
  readonly #snapshots = new WeakMap<NetworkSnapshot, Saved>();
  #processes = new Map<string, ProcessLog>();
  #mail = new Map<string, readonly PersonalMessage[]>();
  #anchors = 0;

  constructor(clock: SimulatedClock) {
    this.clock = clock;
    this.accounts = accountNames.map((name) => this.account(name));
  }

  get id(): string {
    return idText(this.#id);
  }

  account(text: string): Account {
    const name = nameOf(text);
    const address = idText(name.address);
    this.#names.set(address, name);
    return { name: text, address };
  }

  async put(source: ModuleSource): Promise<string> {
    const program = await loadProgram(source);
    this.#programs.set(program.id, program);
    return program.id;
  }

  async spawn(source: ModuleSource, options: MessageOptions = {}): Promise<KitProcess> {
    const module = await this.put(source);
    const named = new Set(tagListOf(options).map(({ name }) => name));
    const defaults: Tag[] = [
      { name: reservedTags.module, value: module },
      { name: reservedTags.scheduler, value: idText(this.#scheduler.address) },
      { name: reservedTags.compute, value: idText(this.#compute.address) },
    ];
    const tags = [...defaults.filter(({ name }) => !named.has(name)), ...tagListOf(options)];
    const envelope = this.#compose(null, tags, options);
    const evaluation = await this.#refuseFailure(this.#settle(envelope));
    return this.#handle(evaluation.process);
  }

  process(id: string): KitProcess {
    if (!this.#processes.has(id)) throw new ProtocolError("PROCESS_UNKNOWN", { process: id });
    return this.#handle(id);
  }

  messagesTo(address: string | Account): readonly PersonalMessage[] {
    return this.#mail.get(typeof address === "string" ? address : address.address) ?? [];
  }

  route(rule: Route | null): void {
    this.#traffic.route = rule;
  }

  get held(): readonly HeldMessage[] {
    return this.#traffic.held;
  }

  async release(messages?: readonly Pick<HeldMessage, "id">[]): Promise<readonly KitEvaluation[]> {
    this.lastEvaluations = this.#deliverAll(this.#traffic.take(messages ?? null));
    return this.lastEvaluations;
  }

  async advance(ms: number): Promise<readonly KitEvaluation[]> {
    if (!(ms >= 0)) throw new RangeError(`time moves forward: ${ms}`);
    const end = this.clock.now() + Math.floor(ms);
    const evaluations: KitEvaluation[] = [];
    // One by one: what comes first may cause what comes next.
    for (let next = this.#traffic.takeDue(end); next; next = this.#traffic.takeDue(end)) {
      this.clock.set(Math.max(this.clock.now(), next.due));
      evaluations.push(...this.#deliverAll([next.envelope]));
    }
    this.clock.set(end);
    this.lastEvaluations = evaluations;
    return evaluations;
  }

  snapshot(): NetworkSnapshot {
    const time = this.clock.now();
    const snapshot: NetworkSnapshot = { time };
    this.#snapshots.set(snapshot, {
      time,
      anchors: this.#anchors,
      processes: new Map(
        [...this.#processes].map(([id, log]) => [id, [log, log.snapshot()]] as const),
      ),
      mail: new Map(this.#mail),
      lost: this.lost,
      held: this.#traffic.snapshot(),
    });
    return snapshot;
  }

  revert(snapshot: NetworkSnapshot): void {
    const saved = this.#snapshots.get(snapshot);
    if (saved === undefined) {
      throw new NetworkError("SNAPSHOT_FOREIGN", { expected: "a snapshot of this network" });
    }
    for (const [log, state] of saved.processes.values()) log.revert(state);
    this.#processes = new Map([...saved.processes].map(([id, [log]]) => [id, log]));
    this.#mail = new Map(saved.mail);
    this.#anchors = saved.anchors;
    this.#traffic.revert(saved.held);
    this.lost = saved.lost;
    this.lastEvaluations = [];
    this.clock.set(saved.time);
  }

  #log(id: string): ProcessLog {
    const log = this.#processes.get(id);
    if (log === undefined) throw new ProtocolError("PROCESS_UNKNOWN", { process: id });
    return log;
  }

  #handle(id: string): KitProcess {
    const log = (): ProcessLog => this.#log(id);
    const trySend = async (options: MessageOptions = {}): Promise<KitEvaluation> =>
      this.#settle(this.#compose(log().id, tagListOf(options), options));
    return {
      id,
      trySend,
      send: async (options) => this.#refuseFailure(await trySend(options)),
      call: async (options = {}) => {
        const owner = { kind: ownerKinds.key, id: this.#sender(options).address };
        const { data } = options;
        const bytes = typeof data === "string" ? textData(data) : (data ?? null);
        const request = { owner, tags: tagListOf(options), data: bytes };
        const timestamp = this.clock.now();
        const call = { request, timestamp };
        return this.#refuseFailure(log().call(request, timestamp), call);
      },
      variable: (name) => log().variable(name),
      get results() {
        return log().evaluations;
      },
      get log() {
        return log().items.map(logItemView);
      },
      get memory() {
        return log().memory;
      },
    };
  }

  #sender({ from }: MessageOptions): Name {
    const address = from?.address ?? this.accounts[0]?.address ?? "";
    const name = this.#names.get(address);
    if (name !== undefined) return name;
    throw new ProtocolError("OWNER_MISMATCH", {
      expected: "an account of this network",
      got: address,
    });
  }

  #compose(target: Digest | null, tags: readonly Tag[], options: MessageOptions): Envelope {
    const { data, budget } = options;
    const draft = {
      target,
      tags,
      anchor: u32be(this.#anchors++),
      ...(data === undefined ? {} : { data }),
      ...(budget === undefined ? {} : { budget }),
    };
    const place = { network: this.#id, now: this.clock.now() };
    return personalEnvelope(draft, this.#sender(options), place);
  }

  /** Delivers a message and all that it causes; answers its own evaluation. Throws if it is refused. */
  #settle(envelope: Envelope): KitEvaluation {
    const first = this.#deliver(envelope);
    const caused = this.#deliverAll(this.#admitted(this.#sent(first)), 1);
    this.lastEvaluations = [first.evaluation, ...caused];
    return first.evaluation;
  }

  /** Delivers what processes sent and all that it causes, in the order in which it was sent. */
  #deliverAll(envelopes: readonly Envelope[], delivered: number = 0): readonly KitEvaluation[] {
    const evaluations: KitEvaluation[] = [];
    const queue = [...envelopes];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const delivery = this.#deliverSent(next);
      if (delivery === null) continue;
      evaluations.push(delivery.evaluation);
      if (delivered + evaluations.length > deliveriesMax) {
        throw new RangeError("the exchange does not end");
      }
      queue.push(...this.#admitted(this.#sent(delivery)));
    }
    return evaluations;
  }

  /** What is to be delivered now, after people's mail was taken out and the route was asked. */
  #admitted(envelopes: readonly Envelope[]): readonly Envelope[] {
    return envelopes.flatMap((envelope) => {
      if (this.#isMail(envelope)) return [envelope];
      const copies = this.#traffic.admit(envelope, this.clock.now());
      if (copies !== null) return Array.from({ length: copies }, () => envelope);
      this.#lose(passing(envelope).target, "dropped");
      return [];
    });
  }

  #isMail({ body }: Envelope): boolean {
    const { target } = bodyRecord.decode(body);
    return target !== null && !this.#processes.has(idText(target));
  }

  #lose(target: string | null, reason: string): void {
    this.lost = [...this.lost, { target, reason }];
  }

  #deliver(envelope: Envelope): Delivered {
    const body = bodyRecord.decode(envelope.body);
    if (body.target !== null) {
      return this.#log(idText(body.target)).deliver(envelope, this.clock.now());
    }
    const terms = spawnTermsOf(body);
    const program = this.#programs.get(idText(terms.module));
    if (program === undefined) {
      throw new ProtocolError("MODULE_MISSING", { module: idText(terms.module) });
    }
    const network = this.#id;
    const log = new ProcessLog({
      network,
      spawn: envelope.body,
      terms,
      program,
      kernel: this.#kernel,
    });
    const delivered = log.deliver(envelope, this.clock.now());
    this.#processes.set(idText(log.id), log);
    return delivered;
  }

  /** What a process sent: delivered, put into somebody's mail, or lost with its reason. */
  #deliverSent(envelope: Envelope): Delivered | null {
    const { target, tags, owner, budget, depth } = bodyRecord.decode(envelope.body);
    const to = target === null ? null : idText(target);
    if (to !== null && !this.#processes.has(to)) {
      const mail = this.#mail.get(to) ?? [];
      const said = contentOf({ tags, data: envelope.data });
      this.#mail.set(to, [...mail, { target: to, from: idText(owner.id), ...said }]);
      return null;
    }
    const stopped = (depth > depthMax && "depth") || (budget < messageGasMin && "budget") || null;
    const delivered = stopped === null ? checked(() => this.#deliver(envelope)) : null;
    if (delivered?.ok) return delivered.value;
    this.#lose(to, stopped ?? delivered?.error.code ?? "");
    return null;
  }

  #sent(delivered: Delivered): readonly Envelope[] {
    const log = this.#log(delivered.evaluation.process);
    const units = { unit: this.#compute, scheduler: this.#scheduler };
    return sentEnvelopes(log, delivered, units);
  }

  async #refuseFailure(
    evaluation: KitEvaluation,
    call: Parameters<ProcessLog["explain"]>[2] = null,
  ): Promise<KitEvaluation> {
    const { diagnostic, process } = evaluation;
    if (diagnostic === null) return evaluation;
    const log = this.#log(process);
    const failure = await log.explain(evaluation, diagnostic, call);
    throw new EvaluationFailed(evaluation, failure, log.program.sourceMap);
  }
}
