/**
 * A process's log with everything that a chain of proofs is made of, for tests: entries under signed
 * heads, results with made-up roots, attestations. Its proofs are a few bytes that show nothing; whoever
 * uses it says what its steps are worth. Honest, until a test changes a part.
 *
 * @module
 */

import type { Identity } from "../crypto/identity.ts";
import { leafHash, merklePath } from "../crypto/merkle.ts";
import { attest, attestationRecord } from "../protocol/attestation.ts";
import { entryHashOf, entryRecord } from "../protocol/entry.ts";
import type { Envelope, LogItem } from "../protocol/envelope.ts";
import { contentIdOf, type Digest, messageIdOf } from "../protocol/ids.ts";
import { inboxHashOf, inboxOf, inboxRecord } from "../protocol/inbox.ts";
import { bodyRecord, ownerKinds, type Tag } from "../protocol/message.ts";
import { outboxRootOf } from "../protocol/outbox.ts";
import { type ProvenSlot, provenSlotRecord } from "../protocol/proven-slot.ts";
import { outboxAnchor, type Provenance, provenanceRecord } from "../protocol/provenance.ts";
import { exits, type Result, resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { coveredBy, testScheduler } from "./covered-entry.ts";
import { EntryWriter } from "./honest-entries.ts";
import { testIdentity } from "./sender.ts";
import { SignedLog } from "./signed-log.ts";

const network: Digest = new Uint8Array(32).fill(5);
const schedulerByte = 2;

/** The state root before a slot; every log has its own. */
function rootOf(process: Digest, slot: number): Digest {
  return contentIdOf(Uint8Array.of(...process, slot));
}

/** A slot with the message that its result sends, if it sends one. */
interface WrittenSlot {
  readonly item: LogItem;
  readonly treeIndex: number;
  readonly outbox: readonly Uint8Array[];
  readonly result: Result;
}

/** See the module comment. */
export class ProvenLog {
  readonly network: Digest = network;
  readonly scheduler: Identity = testIdentity(schedulerByte);
  readonly unit: Identity = testIdentity(3);
  readonly log: SignedLog = new SignedLog({ network, scheduler: this.scheduler });
  readonly spawn: Uint8Array;
  readonly process: Digest;
  readonly #writer: EntryWriter = new EntryWriter({
    network,
    scheduler: this.scheduler.address,
    owner: testIdentity(1),
  });
  readonly #slots: WrittenSlot[] = [];
  /** Honest announcements: signing them takes longer than most tests. */
  readonly #announced = new Map<number, Uint8Array>();

  /** A log with its slot 0. `module` tells processes apart. */
  constructor(module: Digest, tags: readonly Tag[] = []) {
    const compute = [this.unit.address];
    const scheduler = this.scheduler.address;
    const spawn = this.#writer.sender.spawn({ module, scheduler, compute, tags });
    this.spawn = spawn.body;
    this.process = messageIdOf(spawn.body);
    this.#write(this.#writer.place(spawn), []);
  }

  get length(): number {
    return this.#slots.length;
  }

  /** Adds a slot that somebody signed. Where `target` is given, its result sends a message there. */
  add(target: Digest | null = null): number {
    return this.#write(this.#writer.send(this.process), this.#outboxTo(target));
  }

  /** Adds a slot with a message that another process sent. */
  receive(envelope: Envelope): number {
    const id = messageIdOf(envelope.body);
    return this.#write(this.#writer.place({ ...envelope, id }), []);
  }

  #outboxTo(target: Digest | null): readonly Uint8Array[] {
    if (target === null) return [];
    const body = bodyRecord.encode({
      network,
      owner: { kind: ownerKinds.process, id: this.process },
      target,
      anchor: outboxAnchor(this.#slots.length, 0),
      notAfter: 0,
      depth: 1,
      budget: 1_000_000,
      tags: [],
      dataForm: 0,
      dataHash: null,
      dataSize: 0,
    });
    return [body];
  }

  #write(item: LogItem, outbox: readonly Uint8Array[]): number {
    const entry = entryRecord.decode(item.entry);
    const body = bodyRecord.decode(item.body);
    const { module, rules } = termsOfSpawn(this.spawn);
    const source =
      body.owner.kind === ownerKinds.process
        ? termsOfSpawn(provenanceRecord.decode(item.authorisation).spawn)
        : null;
    const inbox = inboxRecord.encode(inboxOf({ entry, body, data: item.data, rules, source }));
    const { process, slot, messageId } = entry;
    const result: Result = {
      ...{ rules, process, slot, entryHash: entryHashOf(item.entry), messageId, module },
      preRoot: rootOf(process, slot),
      postRoot: rootOf(process, slot + 1),
      inboxHash: inboxHashOf(inbox),
      outputHash: contentIdOf(inbox),
      outboxRoot: outboxRootOf(outbox),
      outboxCount: outbox.length,
      gasUsed: 1000,
      exit: exits.ok,
    };
    this.#slots.push({ item, treeIndex: this.log.append(item.entry), outbox, result });
    return slot;
  }

  item(slot: number): LogItem {
    return this.#slot(slot).item;
  }

  result(slot: number): Result {
    return this.#slot(slot).result;
  }

  #slot(slot: number): WrittenSlot {
    const written = this.#slots[slot];
    if (written === undefined) throw new RangeError(`no slot ${slot}`);
    return written;
  }

  /** The bytes that stand for the proof of a slot. */
  proof(slot: number): Uint8Array {
    return Uint8Array.of(slot, 1, 2, 3);
  }

  /** What announces a slot. A changed result is attested again, unless attestations are given. */
  announced(
    slot: number,
    changes: Partial<ProvenSlot> & { readonly fields?: Partial<Result> } = {},
  ): Uint8Array {
    const isHonest = Object.keys(changes).length === 0;
    const made = isHonest ? this.#announced.get(slot) : undefined;
    if (made !== undefined) return made;
    const { fields, ...parts } = changes;
    const { item, treeIndex, result } = this.#slot(slot);
    const bytes = resultRecord.encode({ ...result, ...fields });
    const { entry, body, authorisation, data } = item;
    const proof = this.proof(slot);
    const announced = provenSlotRecord.encode({
      ...{ entry, body, authorisation, data, result: bytes },
      attestations: this.attested(bytes),
      receipt: this.log.receipt(treeIndex),
      ...{ proofHash: contentIdOf(proof), proofSize: proof.length },
      ...parts,
    });
    if (isHonest) this.#announced.set(slot, announced);
    return announced;
  }

  attested(result: Uint8Array, unit: Identity = this.unit): readonly Uint8Array[] {
    return attest(unit, [result]).map(attestationRecord.encode);
  }

  /** What a slot's result sent, with its provenance. */
  sent(
    slot: number,
    changes: Partial<Provenance> & { readonly fields?: Partial<Result> } = {},
  ): Envelope {
    const { fields, ...parts } = changes;
    const { item, outbox, result } = this.#slot(slot);
    const [body] = outbox;
    if (body === undefined) throw new RangeError(`slot ${slot} sends nothing`);
    const bytes = resultRecord.encode({ ...result, ...fields });
    const authorisation = provenanceRecord.encode({
      ...{ spawn: this.spawn, result: bytes, index: 0 },
      path: merklePath(outbox.map(leafHash), 0),
      attestations: this.attested(bytes),
      receipt: coveredBy(testScheduler(schedulerByte), item.entry, network),
      ...parts,
    });
    return { body, authorisation, data: null };
  }
}
