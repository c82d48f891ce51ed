/**
 * The intake (spec/09-http.md §3): messages from outside on their way to a slot. Cheap checks come
 * first, signatures last, those of a remote in good standing at the scheduler alone; what passes is
 * remembered durably, then handed to its scheduler, and only a durable slot is ever acknowledged.
 * Sending again answers the same.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { addressOf } from "../src/crypto/address.ts";
import type { SignatureClaim, SignatureVerifier } from "../src/crypto/signature.ts";
import type { SharedBytes } from "../src/node/store/ports/message-store.ts";
import { StoreError } from "../src/node/store/store-error.ts";
import { VerifierError } from "../src/node/verifier-pool/verifier-pool.ts";
import { type BundleMember, openBundle, readMember } from "../src/protocol/bundle.ts";
import { checkNotAfter, checkRead, type ReadMessage, readMessage } from "../src/protocol/check.ts";
import type { Bundle, Envelope } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { ownerKinds } from "../src/protocol/message.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import type { Admission } from "./admission.ts";
import type { Directory, KnownScheduler } from "./directory.ts";
import type { MessageLife } from "./message-life.ts";
import { type Outbound, type Placing, sharedOf, type Taken } from "./placing.ts";
import type { Standing } from "./standing.ts";
import type { EncodedEnvelope } from "./status-view.ts";

/** What the intake stands on. */
export interface IntakeOptions {
  readonly network: Digest;
  readonly admission: Admission;
  readonly standing: Standing;
  readonly directory: Directory;
  readonly placing: Placing;
  readonly life: MessageLife;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly inFlightMax: number;
  /** False while too many messages wait for their evaluation. */
  readonly hasRoom: () => boolean;
}

/** One message of a bundle: taken, or why not. */
export type BundleOutcome =
  | Taken
  | { readonly id: Digest; readonly process: Digest; readonly error: ProtocolError };

/** So many messages in an owner's name, and who brought them. */
interface Submission {
  readonly remote: string;
  readonly owner: string;
  readonly count: number;
}

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
  submit(envelope: EncodedEnvelope, remote: string): Promise<Taken> {
    return this.#counted(1, async () => {
      const { network, admission, life, placing } = this.#options;
      const read = readMessage(envelope, network);
      const owner = idText(read.body.owner.id);
      admission.enter(remote, owner, 1);
      const earlier = await life.placed(read.id);
      if (earlier !== null) return { ...earlier, noted: Promise.resolve() };
      await this.#checkTime(read);
      const destination = await this.#destinationOf(read);
      const { claims } = this.#owned(owner, 1, () => checkRead(read, envelope, destination.terms));
      const { scheduler } = destination;
      const outbound = { read, envelope, scheduler, shared: null, isVerified: false };
      if (this.#mayPass(read, remote)) return this.#pass(outbound, remote);
      await this.#verify(claims, { id: read.id, owner, count: 1, remote });
      return placing.place({ ...outbound, isVerified: true });
    });
  }

  /** A person's message to a process: anything else costs its scheduler more than one verification. */
  #mayPass({ body, spawn }: ReadMessage, remote: string): boolean {
    return (
      spawn === null && body.owner.kind === ownerKinds.key && this.#options.standing.pass(remote)
    );
  }

  /** Places a message whose signature its scheduler is the first to verify. */
  async #pass(outbound: Outbound, remote: string): Promise<Taken> {
    const { placing, standing } = this.#options;
    try {
      const taken = await placing.place(outbound);
      standing.held(remote);
      return taken;
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "SIGNATURE_INVALID") {
        this.#forged({ remote, owner: idText(outbound.read.body.owner.id), count: 1 });
      }
      throw error;
    }
  }

  /**
   * Takes the messages of a bundle; one outcome each, in order. Rejects where the bundle itself is
   * refused: its signature, its owner's limits.
   */
  submitBundle(bundle: Bundle, remote: string): Promise<readonly BundleOutcome[]> {
    const count = bundle.messages.length;
    return this.#counted(count, async () => {
      const { network, admission, placing } = this.#options;
      const owner = idText(addressOf(bundle.algorithm, bundle.publicKey));
      admission.enter(remote, owner, count);
      const opened = openBundle(bundle, network);
      const id = opened.members[0]?.id ?? network;
      await this.#verify([opened.claim], { id, owner, count, remote });
      const shared = sharedOf(opened);
      const examined = await Promise.all(
        opened.members.map((member) => this.#examine(member, opened.owner, shared)),
      );
      const outbounds = examined.filter((one): one is Outbound => "scheduler" in one);
      const taken = (await placing.placeBundle(outbounds, bundle)).values();
      return Promise.all(
        examined.map(async (one) =>
          "scheduler" in one ? outcomeOf(one, taken.next().value) : one,
        ),
      );
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

  /** All checks of a bundle's message; a refusal stands in its place and touches no other. */
  async #examine(
    member: BundleMember,
    owner: Digest,
    shared: SharedBytes | null,
  ): Promise<Outbound | BundleOutcome> {
    const { id, envelope } = member;
    const read = readMember(member, owner, this.#options.network);
    if (!read.ok) return { id, process: id, error: read.error };
    const { process } = read.value;
    try {
      const earlier = await this.#options.life.placed(id);
      if (earlier !== null) return { ...earlier, noted: Promise.resolve() };
      await this.#checkTime(read.value);
      const { scheduler } = await this.#destinationOf(read.value);
      return { read: read.value, envelope, scheduler, shared, isVerified: true };
    } catch (thrown) {
      return { id, process, error: refusalOf(thrown) };
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
    message: Submission & { readonly id: Digest },
  ): Promise<void> {
    const { verifier, standing } = this.#options;
    const verdicts = await verifier.verify(claims);
    const failed = claims.find((_, i) => verdicts[i] !== true);
    if (failed === undefined) return standing.held(message.remote);
    this.#forged(message);
    const fields = { message: idText(message.id), tag: failed.tag };
    throw new ProtocolError("SIGNATURE_INVALID", fields);
  }

  /** A signature did not hold, whoever found it: the owner has no part in it, the remote has. */
  #forged({ remote, owner, count }: Submission): void {
    const { admission, standing } = this.#options;
    standing.forged(remote);
    admission.forged(owner, count);
  }

  /** Hands in what an earlier run, or an earlier try, remembered and got no slot for. */
  async recover(id: Digest, envelope: Envelope): Promise<void> {
    const read = readMessage(envelope, this.#options.network, id);
    const { scheduler } = await this.#destinationOf(read);
    const { placing } = this.#options;
    // Nobody remembers whether it was verified here: its scheduler says so.
    const outbound = { read, envelope, scheduler, shared: null, isVerified: false };
    const { noted } = await placing.forward(outbound);
    await noted;
  }
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

/** A bundle's message that was handed on: taken, or refused in its place. */
async function outcomeOf(
  { read }: Outbound,
  taken: Promise<Taken> | undefined,
): Promise<BundleOutcome> {
  const { id, process } = read;
  try {
    if (taken === undefined) throw new ProtocolError("HOST_FAULT", { expected: "an outcome" });
    return await taken;
  } catch (thrown) {
    return { id, process, error: refusalOf(thrown) };
  }
}

/** What is a refusal of one message; anything else is our own failure and goes on. */
function refusalOf(thrown: unknown): ProtocolError {
  const error = overloadOf(thrown);
  if (error instanceof ProtocolError) return error;
  throw error;
}
