/**
 * The intake (spec/09-http.md §3): messages from outside on their way to a slot. Cheap checks come
 * first, signatures last; what passes is remembered durably, then handed to its scheduler, and only
 * a durable slot is ever acknowledged. Sending again answers the same.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import { addressOf } from "../src/crypto/address.ts";
import type { SignatureClaim, SignatureVerifier } from "../src/crypto/signature.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import { VerifierError } from "../src/node/verifier-pool/verifier-pool.ts";
import { signatureClaimOf } from "../src/protocol/authorisation.ts";
import { checkNotAfter, checkRead, type ReadMessage, readMessage } from "../src/protocol/check.ts";
import { type Bundle, type Envelope, envelopesOf } from "../src/protocol/envelope.ts";
import { type Checked, checked, ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf } from "../src/protocol/ids.ts";
import { kinds } from "../src/protocol/kinds.ts";
import { ownerKinds } from "../src/protocol/message.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import type { Admission } from "./admission.ts";
import { isTransient } from "./call-failure.ts";
import type { Directory, KnownScheduler } from "./directory.ts";
import type { Forwarder } from "./forwarder.ts";
import type { MessageLife, Placed } from "./message-life.ts";
import type { ModuleCourier } from "./module-courier.ts";

/** What the intake stands on. */
export interface IntakeOptions {
  readonly network: Digest;
  readonly admission: Admission;
  readonly directory: Directory;
  readonly forwarder: Forwarder;
  readonly modules: ModuleCourier;
  readonly life: MessageLife;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly inFlightMax: number;
  /** False while too many messages wait for their evaluation. */
  readonly hasRoom: () => boolean;
  /** Told of every message that got its slot, after that is durable. */
  readonly onPlaced: (process: Digest, slot: number) => void;
  /** Told where it is not known whether a slot was noted. */
  readonly onUnsure: () => void;
}

/** A message that has its slot at the scheduler. */
export interface Taken extends Placed {
  /** Resolves when the messenger, too, has noted the slot; an acknowledgement waits for it. */
  readonly noted: Promise<void>;
}

/** One message of a bundle: taken, or why not. */
export type BundleOutcome =
  | Taken
  | { readonly id: Digest; readonly process: Digest; readonly error: ProtocolError };

/** Where a message goes; for a spawn the scheduler that it names. */
interface Destination {
  readonly scheduler: KnownScheduler;
  /** Null for a spawn. */
  readonly terms: SpawnTerms | null;
}

export class Intake {
  readonly #options: IntakeOptions;
  #inFlight = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Messages between their request and their slot. */
  get inFlightCount(): number {
    return this.#inFlight;
  }

  /** Takes one message. Rejects with a `ProtocolError`, or `RATE_LIMITED`. */
  submit(envelope: Envelope, remote: string): Promise<Taken> {
    return this.#counted(1, async () => {
      const { network, admission, life } = this.#options;
      const read = readMessage(envelope, network);
      const owner = idText(read.body.owner.id);
      admission.enter(remote, owner, 1);
      const earlier = await life.placed(read.id);
      if (earlier !== null) return { ...earlier, noted: Promise.resolve() };
      await this.#checkTime(read);
      const destination = await this.#destinationOf(read);
      const { claims } = this.#owned(owner, 1, () => checkRead(read, envelope, destination.terms));
      await this.#verify(claims, { id: read.id, owner, count: 1 });
      return this.#place(read, envelope, destination);
    });
  }

  /**
   * Takes the messages of a bundle; one outcome each, in order. Rejects where the bundle itself is
   * refused: its signature, its owner's limits.
   */
  submitBundle(bundle: Bundle, remote: string): Promise<readonly BundleOutcome[]> {
    const count = bundle.messages.length;
    return this.#counted(count, async () => {
      const { network, admission } = this.#options;
      const [first] = bundle.messages;
      if (first === undefined) {
        throw new ProtocolError("REQUEST_INVALID", { expected: "messages", got: "none" });
      }
      const owner = addressOf(bundle.algorithm, bundle.publicKey);
      admission.enter(remote, idText(owner), count);
      const envelopes = envelopesOf(bundle);
      // One signature stands for all, and each member's place under it was made here: verified
      // once.
      const authorised = {
        network,
        owner: { kind: ownerKinds.key, id: owner },
        id: messageIdOf(first.body),
      };
      const authorisation = envelopes[0]?.authorisation ?? new Uint8Array(0);
      const claim = signatureClaimOf(authorisation, kinds.bundleMember, authorised);
      await this.#verify([claim], { id: authorised.id, owner: idText(owner), count });
      return Promise.all(envelopes.map((envelope) => this.#member(envelope, owner)));
    });
  }

  async #counted<Answer>(count: number, action: () => Promise<Answer>): Promise<Answer> {
    const { inFlightMax, hasRoom } = this.#options;
    if (this.#inFlight + count > inFlightMax || !hasRoom()) {
      throw new ProtocolError("OVERLOADED", { waiting: this.#inFlight });
    }
    this.#inFlight += count;
    try {
      return await action();
    } catch (error) {
      throw overloadOf(error);
    } finally {
      this.#inFlight -= count;
    }
  }

  /** A refusal stands in its message's place and touches no other. */
  async #member(envelope: Envelope, owner: Digest): Promise<BundleOutcome> {
    const read = checkedMember(envelope, owner, this.#options.network);
    if (!read.ok) {
      const id = messageIdOf(envelope.body);
      return { id, process: id, error: read.error };
    }
    const { id, process } = read.value;
    const { life } = this.#options;
    try {
      const earlier = await life.placed(id);
      if (earlier !== null) return { ...earlier, noted: Promise.resolve() };
      await this.#checkTime(read.value);
      const destination = await this.#destinationOf(read.value);
      return await this.#place(read.value, envelope, destination);
    } catch (thrown) {
      const error = overloadOf(thrown);
      if (error instanceof ProtocolError) return { id, process, error };
      throw error;
    }
  }

  /**
   * What is late costs and keeps nothing. A message that was handed on before may have its slot from
   * when it was in time: that is for its scheduler to say.
   */
  async #checkTime({ id, body }: ReadMessage): Promise<void> {
    const { life, clock } = this.#options;
    try {
      checkNotAfter(body, clock.now());
    } catch (error) {
      if (!(await life.isKnown(id))) throw error;
    }
  }

  async #destinationOf({ process, spawn }: ReadMessage): Promise<Destination> {
    const { directory } = this.#options;
    if (spawn !== null) {
      const scheduler = await directory.schedulerAt(spawn.scheduler);
      if (scheduler !== null) return { scheduler, terms: null };
      throw new ProtocolError("SCHEDULER_MISMATCH", {
        expected: "a scheduler that this messenger knows",
        got: idText(spawn.scheduler),
      });
    }
    const located = await directory.locate(process);
    if (located !== null) return located;
    throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
  }

  /** Runs a check of an authorisation; where it throws, the owner has no part in it. */
  #owned<Answer>(owner: string, count: number, check: () => Answer): Answer {
    try {
      return check();
    } catch (error) {
      this.#options.admission.forged(owner, count);
      throw error;
    }
  }

  async #verify(
    claims: readonly SignatureClaim[],
    message: { readonly id: Digest; readonly owner: string; readonly count: number },
  ): Promise<void> {
    const { verifier, admission } = this.#options;
    const verdicts = await verifier.verify(claims);
    const failed = claims.find((_, i) => verdicts[i] !== true);
    if (failed === undefined) return;
    admission.forged(message.owner, message.count);
    const fields = { message: idText(message.id), tag: failed.tag };
    throw new ProtocolError("SIGNATURE_INVALID", fields);
  }

  /** Remembers the message, hands it to its scheduler and notes the slot. */
  async #place(read: ReadMessage, envelope: Envelope, { scheduler }: Destination): Promise<Taken> {
    const { life, modules } = this.#options;
    const { id, spawn } = read;
    if (spawn !== null) await modules.bring(spawn.module, scheduler, null);
    await life.accept({ id, envelope, parent: null, addressee: null });
    return this.#forward(read, envelope, scheduler);
  }

  async #forward(
    { id, process, spawn }: ReadMessage,
    envelope: Envelope,
    scheduler: KnownScheduler,
  ): Promise<Taken> {
    const { directory, forwarder, life, onPlaced, onUnsure } = this.#options;
    try {
      const slotted = await forwarder.forward(scheduler, { id, process, envelope });
      if (spawn !== null) {
        // A copy: the body is a view of the whole request, and the directory keeps it.
        directory.spawned({ process, spawn: envelope.body.slice(), terms: spawn, scheduler });
      }
      const placed = { id, process, ...slotted };
      const noted = life.assigned(placed).then(() => onPlaced(process, slotted.slot));
      // Whoever acknowledges awaits it; what the store may have written all the same is looked for.
      noted.catch(onUnsure);
      return { ...placed, noted };
    } catch (error) {
      // A refusal is told and shown, and never remembered: the same message may be sent again.
      if (error instanceof ProtocolError && !isTransient(error)) {
        const detail = error.message.slice(0, 500);
        await life.settled(id, life.event("refused", { reason: error.code, detail }));
      }
      throw error;
    }
  }

  /** Hands in what an earlier run, or an earlier try, remembered and got no slot for. */
  async recover(id: Digest, envelope: Envelope): Promise<void> {
    const read = readMessage(envelope, this.#options.network);
    const { scheduler } = await this.#destinationOf(read);
    const { noted } = await this.#forward({ ...read, id }, envelope, scheduler);
    await noted;
  }
}

function checkedMember(envelope: Envelope, owner: Digest, network: Digest): Checked<ReadMessage> {
  return checked(() => {
    const read = readMessage(envelope, network);
    const from = read.body.owner;
    if (from.kind === ownerKinds.key && equalBytes(from.id, owner)) return read;
    const fields = { expected: idText(owner), got: idText(from.id) };
    throw new ProtocolError("OWNER_MISMATCH", fields);
  });
}

/**
 * Full queues of this machine are the sender's sign to come back, under the protocol's own code.
 */
function overloadOf(error: unknown): unknown {
  const isFull =
    (error instanceof VerifierError && error.code === "VERIFIER_BUSY") ||
    (error instanceof StoreError && error.code === "STORE_BUSY");
  return isFull ? new ProtocolError("OVERLOADED", { cause: error.code }, { cause: error }) : error;
}
