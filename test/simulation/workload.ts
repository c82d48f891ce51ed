/**
 * What the clients of a run do: they spawn processes, send them messages that set off trees of further
 * messages, send the same again, lose patience; and strangers send what nobody signed.
 *
 * @module
 */

import { utf8Bytes } from "../../src/base/bytes.ts";
import type { Clock } from "../../src/base/clock.ts";
import {
  composeBody,
  composeBundle,
  composeMessage,
  type MessageDraft,
} from "../../src/client/compose.ts";
import { putContent } from "../../src/client/content.ts";
import { messengerClient } from "../../src/client/messenger-client.ts";
import { schedulerClient } from "../../src/client/scheduler-client.ts";
import { UnitCallError, unitCaller } from "../../src/client/unit-call.ts";
import { headSignatureBytes } from "../../src/crypto/head-key.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import { leafHash, merkleRoot } from "../../src/crypto/merkle.ts";
import { attest, attestationRecord } from "../../src/protocol/attestation.ts";
import { signatureRecord } from "../../src/protocol/authorisation.ts";
import { entryHashOf, entryRecord } from "../../src/protocol/entry.ts";
import { type Envelope, envelopesOf } from "../../src/protocol/envelope.ts";
import { type Digest, idText, messageIdOf } from "../../src/protocol/ids.ts";
import { bodyRecord, dataForms, ownerKinds, type Tag } from "../../src/protocol/message.ts";
import type { OutputMessage, OutputSpawn } from "../../src/protocol/output.ts";
import { outboxAnchor, provenanceRecord } from "../../src/protocol/provenance.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { reservedTags } from "../../src/protocol/spawn.ts";
import type { History } from "./history.ts";
import { hashIdentity } from "./identities.ts";
import { startOfTime } from "./machine.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";
import { actData, type TestMachine } from "./test-process.ts";

/** An address that no scheduler serves. */
export const person: Digest = hashIdentity("a person").address;

const stranger = hashIdentity("a stranger");

/** Composing asks for the time where a message does not say how long it holds: here each one does. */
const clock: Clock = { now: () => startOfTime, monotonic: () => 0, sleep: async () => undefined };

/** Messages of a rush. */
const rushMessages = 24;

/** What clients know of the network. */
export interface WorkloadOptions {
  readonly network: Digest;
  readonly wire: SimulatedNetwork;
  readonly time: SimulatedTime;
  readonly history: History;
  readonly random: SeededRandom;
  readonly machineParts: TestMachine;
  readonly messengerUrl: string;
  readonly schedulerUrl: string;
  readonly scheduler: Digest;
  /** The head-key record of its log. */
  readonly headKey: Uint8Array;
  readonly computes: readonly Identity[];
}

/** See the module comment. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #owners: readonly Identity[] = [hashIdentity("owner 0"), hashIdentity("owner 1")];
  /** Processes whose spawn was acknowledged, with their spawn bodies. */
  readonly #processes: { readonly id: Digest; readonly spawn: Uint8Array }[] = [];
  /** Everything that honest clients signed, by id. */
  readonly signed = new Set<string>();
  /** How many messages are wanted for a moment only. */
  readonly #lateness: number;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#lateness = options.random.pick([0.1, 0.2, 0.7]);
  }

  /** Resolves when no client waits for anything. */
  async run(): Promise<void> {
    const { random, time } = this.#options;
    await this.#putModule();
    const count = random.integer(2, 3);
    await Promise.all(Array.from({ length: count }, () => this.#spawn()));
    if (this.#processes.length === 0) return;
    const messages = random.integer(2, 6);
    const pause = random.pick([20, 200, 1_000]);
    const clients: Promise<void>[] = [];
    for (let i = 0; i < messages; i++) {
      await time.passed(random.between(0, pause));
      clients.push(this.#send());
      if (random.chance(0.2)) clients.push(this.#forge());
    }
    if (random.chance(0.1)) clients.push(this.#rush());
    await Promise.all(clients);
  }

  async #putModule(): Promise<void> {
    const { wire, messengerUrl, machineParts, time } = this.#options;
    const unit = unitCaller(messengerUrl, wire.fetchOf(null));
    for (;;) {
      try {
        await putContent(unit, machineParts.module);
        return;
      } catch (error) {
        if (!(error instanceof UnitCallError)) throw error;
        await time.passed(300);
      }
    }
  }

  async #spawn(): Promise<void> {
    const { random, computes, scheduler, machineParts } = this.#options;
    const quorum = random.integer(1, computes.length);
    const tags: Tag[] = [
      { name: reservedTags.module, value: idText(machineParts.moduleId) },
      { name: reservedTags.scheduler, value: idText(scheduler) },
      ...computes.map(({ address }) => ({ name: reservedTags.compute, value: idText(address) })),
      { name: reservedTags.computeQuorum, value: String(quorum) },
    ];
    const [envelope] = this.#signedBy(random.pick(this.#owners), {
      target: null,
      tags,
      notAfter: 0,
    });
    if (envelope === undefined) return;
    const isPlaced = await this.#submit(envelope, Number.POSITIVE_INFINITY);
    if (isPlaced) this.#processes.push({ id: messageIdOf(envelope.body), spawn: envelope.body });
  }

  /** One message, alone or twice at once, by a client with more or less patience. */
  async #send(): Promise<void> {
    const { random, history, time } = this.#options;
    const target = random.pick(this.#processes).id;
    const isLate = random.chance(this.#lateness);
    const now = startOfTime + Math.floor(time.now);
    const draft: MessageDraft = {
      target,
      tags: [{ name: "Action", value: "Act" }],
      data: this.#act(random.pick([0, 1, 1, 2, 2, 3])),
      notAfter: isLate ? now + random.integer(100, 4_000) : 0,
      budget: random.chance(0.2) ? random.integer(20_000, 3_000_000) : 1e9,
    };
    const envelopes = this.#signedBy(random.pick(this.#owners), draft);
    const tries = random.chance(0.2) ? random.integer(1, 3) : Number.POSITIVE_INFINITY;
    if (envelopes.length > 1) history.reach("one message under two signatures");
    await Promise.all(envelopes.map((envelope) => this.#submit(envelope, tries)));
  }

  /** More messages for one process than a compute unit takes up in one piece. */
  async #rush(): Promise<void> {
    const { network, random } = this.#options;
    const owner = random.pick(this.#owners);
    const target = random.pick(this.#processes).id;
    const drafts = Array.from({ length: rushMessages }, (): MessageDraft => {
      return { target, data: this.#act(0), notAfter: 0, anchor: random.bytes(16) };
    });
    const envelopes = envelopesOf(composeBundle(drafts, { network, owner, clock, random }));
    for (const { body } of envelopes) this.signed.add(idText(messageIdOf(body)));
    const patience = Number.POSITIVE_INFINITY;
    await Promise.all(envelopes.map((envelope) => this.#submit(envelope, patience)));
  }

  /** A message, sometimes under two authorisations, sometimes in two hands. */
  #signedBy(owner: Identity, draft: MessageDraft): Envelope[] {
    const { network, random } = this.#options;
    const context = { network, owner, clock, random };
    const anchored = { ...draft, anchor: random.bytes(16) };
    const composed = composeMessage(anchored, context);
    this.signed.add(idText(composed.id));
    const { body, authorisation, data } = composed;
    const envelopes: Envelope[] = [{ body, authorisation, data }];
    if (random.chance(0.15)) envelopes.push({ body, authorisation, data });
    if (random.chance(0.15)) {
      envelopes.push(...envelopesOf(composeBundle([anchored], context)));
    }
    return envelopes;
  }

  /** A tree of messages, so deep; its leaves do nothing but come in. */
  #act(depth: number): Uint8Array {
    const { random, machineParts } = this.#options;
    const messages: OutputMessage[] = [];
    const spawns: OutputSpawn[] = [];
    const count = depth === 0 ? 0 : random.integer(0, 3);
    for (let i = 0; i < count; i++) {
      const target = random.chance(0.15) ? person : random.pick(this.#processes).id;
      const tags = [{ name: "Action", value: `${depth} ${i}` }];
      messages.push({ target, tags, data: this.#act(depth - 1) });
    }
    if (depth > 0 && random.chance(0.1)) {
      const tags = [{ name: reservedTags.module, value: idText(machineParts.moduleId) }];
      spawns.push({ tags, data: this.#act(depth - 1) });
    }
    return actData({ messages, spawns, fails: random.chance(0.07) });
  }

  /** Hands a message in until it is taken or refused, or patience ends. True if it was taken. */
  async #submit(envelope: Envelope, tries: number): Promise<boolean> {
    const { wire, messengerUrl, time, random, history } = this.#options;
    const client = messengerClient(messengerUrl, wire.fetchOf(null));
    const id = idText(messageIdOf(envelope.body));
    for (let left = tries; left > 0; left--) {
      try {
        const wait = random.chance(0.1) ? ({ wait: "result", timeoutMs: 2_000 } as const) : {};
        const acceptance = await client.submit(envelope, wait);
        const { slot, assignment, process } = acceptance;
        if (slot === null || assignment === null) {
          history.violate("an answer has a slot", id);
          return false;
        }
        history.note(`client: ${id} has slot ${slot}`);
        history.acknowledged.push({ id, process: idText(process), slot, entry: assignment });
        return true;
      } catch (error) {
        if (!(error instanceof UnitCallError)) throw error;
        history.note(`client: ${id}: ${error.code}`);
        if (!error.transient) {
          history.refused.set(id, error.code);
          history.reach(`client told ${error.code}`);
          return false;
        }
        await time.passed(random.between(50, 1_500));
      }
    }
    history.reach("client gave up");
    return false;
  }

  /** What nobody authorised, to messenger and scheduler: nobody may ever take it. */
  async #forge(): Promise<void> {
    const { wire, messengerUrl, schedulerUrl, random, history } = this.#options;
    const forged = random.chance(0.5) ? this.#forgedSignature() : this.#forgedProvenance();
    const fetchUnit = wire.fetchOf(null);
    const take = random.chance(0.5)
      ? messengerClient(messengerUrl, fetchUnit).submit(forged)
      : schedulerClient(schedulerUrl, fetchUnit).submit(forged);
    await take.then(
      () => history.violate("nothing forged is taken", idText(messageIdOf(forged.body))),
      (error: unknown) => {
        if (!(error instanceof UnitCallError)) throw error;
        history.reach(error.transient ? "forgery not answered" : `forgery met ${error.code}`);
      },
    );
  }

  /** In an owner's name, signed by someone else. */
  #forgedSignature(): Envelope {
    const { network, random } = this.#options;
    const owner = random.pick(this.#owners);
    const draft = { target: random.pick(this.#processes).id, notAfter: 0, data: this.#act(0) };
    const { id, body, data } = composeBody(draft, { network, owner, clock, random });
    const signature = stranger.sign("nymcompute/message-signature/v1", id);
    const { algorithm, publicKey } = owner;
    return {
      body,
      data,
      authorisation: signatureRecord.encode({ algorithm, publicKey, signature }),
    };
  }

  /** In a process's name, with a result that its compute units never came to. */
  #forgedProvenance(): Envelope {
    const { network, random, computes, machineParts, headKey } = this.#options;
    const source = random.pick(this.#processes);
    const [slot, index] = [random.integer(1, 5), 0];
    const body = bodyRecord.encode({
      network,
      owner: { kind: ownerKinds.process, id: source.id },
      target: random.pick(this.#processes).id,
      anchor: outboxAnchor(slot, index),
      notAfter: 0,
      depth: 1,
      budget: 1e9,
      tags: [{ name: "Action", value: "Forged" }],
      dataForm: dataForms.plain,
      dataHash: null,
      dataSize: 0,
    });
    const digest = random.bytes(32);
    const entry = entryRecord.encode({
      ...{ process: source.id, slot, messageId: digest, authorisationHash: digest },
      ...{ timestamp: 0, epoch: 0, previous: digest },
    });
    const result = resultRecord.encode({
      rules: 1,
      process: source.id,
      slot,
      entryHash: entryHashOf(entry),
      messageId: digest,
      module: machineParts.moduleId,
      preRoot: digest,
      postRoot: digest,
      inboxHash: digest,
      outputHash: digest,
      outboxRoot: merkleRoot([leafHash(body)]),
      outboxCount: 1,
      gasUsed: 1_000,
      exit: exits.ok,
    });
    const quorum = bodyRecord.decode(source.spawn).tags;
    const count = Number(quorum.find(({ name }) => name === reservedTags.computeQuorum)?.value);
    const attestations = computes.slice(0, count).map((unit) => {
      const liar: Identity = {
        ...unit,
        sign: () => utf8Bytes("no signature of this unit's at all"),
      };
      const [attestation] = attest(liar, [result]);
      if (attestation === undefined) throw new RangeError("one attestation a result");
      return attestationRecord.encode(attestation);
    });
    const provenance = {
      spawn: source.spawn,
      result,
      index,
      path: [],
      attestations,
      receipt: {
        ...{ entry, treeIndex: 1, path: [digest], size: 2, seconds: 0, headKey },
        signature: new Uint8Array(headSignatureBytes),
      },
    };
    return { body, data: null, authorisation: provenanceRecord.encode(provenance) };
  }
}
