/**
 * Placing: what passed every check is remembered durably, handed to its scheduler, and its slot
 * noted. Only a durable slot is ever acknowledged. A bundle whose messages all go to one scheduler is
 * handed on as it came: its signature travels once, and not with each message.
 *
 * @module
 */

import { sha256 } from "../src/crypto/hash.ts";
import type { SharedBytes } from "../src/node/store/ports/message-store.ts";
import type { OpenedBundle } from "../src/protocol/bundle.ts";
import type { ReadMessage } from "../src/protocol/check.ts";
import type { Bundle } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { isTransient } from "./call-failure.ts";
import type { Directory, KnownScheduler } from "./directory.ts";
import type { Forwarder, Slotted } from "./forwarder.ts";
import type { MessageLife, NewMessage, Placed } from "./message-life.ts";
import type { ModuleCourier } from "./module-courier.ts";
import type { EncodedEnvelope } from "./status-view.ts";

/** What the placing stands on. */
export interface PlacingOptions {
  readonly directory: Directory;
  readonly forwarder: Forwarder;
  readonly modules: ModuleCourier;
  readonly life: MessageLife;
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

/** A message that passed every check, on its way to its scheduler. */
export interface Outbound {
  readonly read: ReadMessage;
  readonly envelope: EncodedEnvelope;
  readonly scheduler: KnownScheduler;
  /** False where its scheduler is the first to verify its signature. */
  readonly isVerified: boolean;
  /** What its authorisation begins with, where other messages' do as well. */
  readonly shared: SharedBytes | null;
}

/** What the authorisations of a bundle's messages begin with. */
export function sharedOf({ members, sharedBytes }: OpenedBundle): SharedBytes | null {
  const [first] = members;
  // One message alone shares nothing.
  if (first === undefined || members.length === 1) return null;
  const bytes = first.envelope.authorisation.subarray(0, sharedBytes);
  return { id: sha256(bytes), bytes };
}

export class Placing {
  readonly #options: PlacingOptions;

  constructor(options: PlacingOptions) {
    this.#options = options;
  }

  /** Remembers the message, hands it to its scheduler and notes the slot. */
  async place(outbound: Outbound): Promise<Taken> {
    const { modules } = this.#options;
    const { read, scheduler } = outbound;
    if (read.spawn !== null) await modules.bring(read.spawn.module, scheduler, null);
    await this.#options.life.accept(rememberedOf(outbound));
    return this.forward(outbound);
  }

  /** As `place`, for all messages of a bundle. One promise each; none rejects before it is handled. */
  async placeBundle(outbounds: readonly Outbound[], bundle: Bundle): Promise<Promise<Taken>[]> {
    const { forwarder } = this.#options;
    const [first] = outbounds;
    const isWhole =
      outbounds.length === bundle.messages.length &&
      outbounds.every(({ scheduler }) => scheduler === first?.scheduler);
    if (first === undefined || !isWhole || !(await this.#broughtModules(outbounds))) {
      return outbounds.map((each) => this.place(each));
    }
    await this.#options.life.acceptAll(outbounds.map(rememberedOf));
    const messages = outbounds.map(({ read, envelope }) => ({
      id: read.id,
      process: read.process,
      envelope,
    }));
    const slotted = forwarder.forwardBundle(first.scheduler, bundle, messages);
    return outbounds.map((each, i) => this.#note(each, slotted[i] as Promise<Slotted>));
  }

  /**
   * Brings each module of a bundle's spawns once; false where one is missing, which is then said of
   * the messages that name it alone.
   */
  async #broughtModules(outbounds: readonly Outbound[]): Promise<boolean> {
    const named = new Map<string, () => Promise<void>>();
    for (const { read, scheduler } of outbounds) {
      const { spawn } = read;
      if (spawn === null) continue;
      const bring = () => this.#options.modules.bring(spawn.module, scheduler, null);
      named.set(idText(spawn.module), bring);
    }
    const brought = await Promise.allSettled([...named.values()].map((bring) => bring()));
    return brought.every(({ status }) => status === "fulfilled");
  }

  /** Hands a message that is remembered to its scheduler, and notes the slot. */
  forward(outbound: Outbound): Promise<Taken> {
    const { read, envelope, scheduler } = outbound;
    const { id, process } = read;
    const slotted = this.#options.forwarder.forward(scheduler, { id, process, envelope });
    return this.#note(outbound, slotted);
  }

  async #note(outbound: Outbound, answer: Promise<Slotted>): Promise<Taken> {
    const { directory, life, onPlaced, onUnsure } = this.#options;
    const { read, envelope, scheduler } = outbound;
    const { id, process, spawn } = read;
    try {
      const slotted = await answer;
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
      if (error instanceof ProtocolError && !isTransient(error)) {
        await this.#refused(outbound, error);
      }
      throw error;
    }
  }

  /** A refusal is told and shown, and never remembered; of a forgery nothing stays. */
  async #refused({ read, envelope, isVerified }: Outbound, error: ProtocolError): Promise<void> {
    const { life } = this.#options;
    const { id } = read;
    if (!isVerified && error.code === "SIGNATURE_INVALID") return life.forged({ id, envelope });
    const detail = error.message.slice(0, 500);
    await life.settled(id, life.event("refused", { reason: error.code, detail }));
  }
}

/** The message as it is remembered. */
function rememberedOf({ read, envelope, shared }: Outbound): NewMessage {
  return { id: read.id, envelope, shared, parent: null, addressee: null };
}
