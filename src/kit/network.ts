/**
 * A whole network in this process: people, processes, and the messages between them. A message and
 * all that it causes are delivered before `send` answers, in the order in which they were sent.
 *
 * @module
 */

import { u32be, utf8Bytes } from "../base/bytes.ts";
import { systemClock } from "../base/clock.ts";
import { composeBody } from "../client/compose.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Identity } from "../crypto/identity.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { depthMax, messageGasMin } from "../protocol/limits.ts";
import { bodyRecord, ownerKinds, type Tag, textData } from "../protocol/message.ts";
import { type OutboxItem, outboxOf } from "../protocol/outbox.ts";
import { outputRecord } from "../protocol/output.ts";
import { reservedTags, spawnTermsOf } from "../protocol/spawn.ts";
import { logItemView } from "../protocol/view.ts";
import { StateKernel } from "../state/kernel.ts";
import { type SimulatedClock, simulatedClock } from "./clock.ts";
import { EvaluationFailed } from "./evaluation-failed.ts";
import { contentOf, type KitEvaluation, type KitMessage } from "./outcome.ts";
import { type Account, type KitProcess, type MessageOptions, tagListOf } from "./process-handle.ts";
import { type Delivered, ProcessLog } from "./process-log.ts";
import { loadProgram, type ModuleSource, type Program } from "./program.ts";
import { type Name, nameOf, personal, provenEnvelopes } from "./unsigned.ts";

export interface NetworkOptions {
  /** By default one that stands still at the beginning of 2026. */
  readonly clock?: SimulatedClock;
}

/** A message that a process sent to somebody who is no process. */
export interface PersonalMessage extends KitMessage {
  /** The process that sent it. */
  readonly from: string;
}

/** A message that came to nothing, and why. */
export interface LostMessage {
  readonly target: string | null;
  /** `budget`, `depth`, or the code with which it was refused. */
  readonly reason: string;
}

export interface Network {
  readonly id: string;
  readonly clock: SimulatedClock;
  /** Ten people: the same in every network. */
  readonly accounts: readonly Account[];
  /** Somebody of any name. */
  account(name: string): Account;
  /** Makes a process. Rejects with `EvaluationFailed` where its slot 0 fails. */
  spawn(source: ModuleSource, options?: MessageOptions): Promise<KitProcess>;
  /** Makes a module known, so that processes can spawn it by its id; answers the id. */
  put(source: ModuleSource): Promise<string>;
  /** A process by its id, also one that a process spawned. Throws `PROCESS_UNKNOWN`. */
  process(id: string): KitProcess;
  /** What processes sent to an address that is no process, in order. */
  messagesTo(address: string | Account): readonly PersonalMessage[];
  /** Messages that ran out of budget or depth, or were refused. */
  readonly lost: readonly LostMessage[];
  /** The evaluations of the last `send` or `spawn` and all that it caused, in order. */
  readonly lastEvaluations: readonly KitEvaluation[];
}

/** A network without processes. */
export function createNetwork(options: NetworkOptions = {}): Network {
  return new KitNetwork(options.clock ?? simulatedClock());
}

const accountNames = Array.from({ length: 10 }, (_, i) => `account ${i}`);

/** Messages of one `send`, whatever its budget: an endless exchange is a mistake to be told. */
const deliveriesMax = 100_000;

class KitNetwork implements Network {
  readonly clock: SimulatedClock;
  readonly accounts: readonly Account[];
  readonly lost: LostMessage[] = [];
  lastEvaluations: readonly KitEvaluation[] = [];
  readonly #id = sha256(utf8Bytes("nymcompute/kit network"));
  readonly #scheduler = nameOf("scheduler");
  readonly #compute = nameOf("compute");
  readonly #kernel = new StateKernel();
  readonly #names = new Map<string, Name>();
  readonly #programs = new Map<string, Program>();
  readonly #processes = new Map<string, ProcessLog>();
  readonly #mail = new Map<string, PersonalMessage[]>();
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
    const evaluation = this.#settle(envelope);
    this.#refuseFailure(evaluation);
    return this.#handle(evaluation.process);
  }

  process(id: string): KitProcess {
    if (!this.#processes.has(id)) throw new ProtocolError("PROCESS_UNKNOWN", { process: id });
    return this.#handle(id);
  }

  messagesTo(address: string | Account): readonly PersonalMessage[] {
    return this.#mail.get(typeof address === "string" ? address : address.address) ?? [];
  }

  #log(id: string): ProcessLog {
    const log = this.#processes.get(id);
    if (log === undefined) throw new ProtocolError("PROCESS_UNKNOWN", { process: id });
    return log;
  }

  #handle(id: string): KitProcess {
    const log = this.#log(id);
    const trySend = async (options: MessageOptions = {}): Promise<KitEvaluation> =>
      this.#settle(this.#compose(log.id, tagListOf(options), options));
    return {
      id,
      trySend,
      send: async (options) => this.#refuseFailure(await trySend(options)),
      call: async (options = {}) => {
        const owner = { kind: ownerKinds.key, id: this.#sender(options).address };
        const { data } = options;
        const bytes = typeof data === "string" ? textData(data) : (data ?? null);
        const request = { owner, tags: tagListOf(options), data: bytes };
        return this.#refuseFailure(log.call(request, this.clock.now()));
      },
      get results() {
        return log.evaluations;
      },
      get log() {
        return log.items.map(logItemView);
      },
      get memory() {
        return log.memory;
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

  /** Nothing is random, so that every run of a test sees the same ids. */
  #compose(target: Digest | null, tags: readonly Tag[], options: MessageOptions): Envelope {
    const sender = this.#sender(options);
    const owner: Identity = {
      address: sender.address,
      algorithm: 1,
      publicKey: sender.publicKey,
      sign: () => new Uint8Array(0),
    };
    const { data, budget } = options;
    const clock = { ...systemClock, now: () => this.clock.now() };
    const { body, data: bytes } = composeBody(
      {
        target,
        tags,
        anchor: u32be(this.#anchors++),
        ...(data === undefined ? {} : { data }),
        ...(budget === undefined ? {} : { budget }),
      },
      { network: this.#id, owner, clock, random: { bytes: (n) => new Uint8Array(n) } },
    );
    return { body, data: bytes, authorisation: personal(sender) };
  }

  /** Delivers a message and all that it causes; answers its own evaluation. Throws if it is refused. */
  #settle(envelope: Envelope): KitEvaluation {
    const first = this.#deliver(envelope);
    const evaluations = [first.evaluation];
    const queue = [...this.#sent(first)];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const delivered = this.#deliverSent(next);
      if (delivered === null) continue;
      evaluations.push(delivered.evaluation);
      if (evaluations.length > deliveriesMax) throw new RangeError("the exchange does not end");
      queue.push(...this.#sent(delivered));
    }
    this.lastEvaluations = evaluations;
    return first.evaluation;
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
    if (stopped !== null) {
      this.lost.push({ target: to, reason: stopped });
      return null;
    }
    const delivered = checked(() => this.#deliver(envelope));
    if (delivered.ok) return delivered.value;
    this.lost.push({ target: to, reason: delivered.error.code });
    return null;
  }

  #sent({ evaluation, output }: Delivered): readonly Envelope[] {
    if (output.output === null) return [];
    const log = this.#log(evaluation.process);
    const item = log.items[evaluation.slot];
    if (item === undefined) return [];
    const outbox: readonly OutboxItem[] = outboxOf(outputRecord.decode(output.output), {
      process: log.id,
      slot: evaluation.slot,
      terms: log.terms,
      parent: bodyRecord.decode(item.body),
      gasUsed: evaluation.gasUsed,
    });
    const { entry } = item;
    const units = { unit: this.#compute, scheduler: this.#scheduler };
    const source = { spawn: log.spawn, entry, result: output.result, ...units };
    return provenEnvelopes(source, outbox);
  }

  #refuseFailure(evaluation: KitEvaluation): KitEvaluation {
    const { diagnostic } = evaluation;
    if (diagnostic === null) return evaluation;
    const { sourceMap } = this.#log(evaluation.process).program;
    throw new EvaluationFailed(evaluation, diagnostic, sourceMap);
  }
}
