/**
 * A whole network in this process: people, processes, and the messages between them. A message and
 * all that it causes are delivered before `send` answers, in the order in which they were sent, unless
 * the test says otherwise (`route`).
 *
 * @module
 */

import type { SimulatedClock } from "./clock.ts";
import type { KitEvaluation, KitMessage } from "./outcome.ts";
import type { Account, KitProcess, MessageOptions } from "./process-handle.ts";
import type { ModuleSource } from "./program.ts";
import type { HeldMessage, Route } from "./traffic.ts";

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
  /** `budget`, `depth`, `dropped` by the route, or the code with which it was refused. */
  readonly reason: string;
}

/** A moment of a network, to go back to any number of times. */
export interface NetworkSnapshot {
  /** When it was taken, by the network's clock. */
  readonly time: number;
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
  /** Messages that ran out of budget or depth, were dropped, or were refused. */
  readonly lost: readonly LostMessage[];
  /** The evaluations of the last `send`, `spawn`, `release` or `advance`, in order. */
  readonly lastEvaluations: readonly KitEvaluation[];
  /** From now on decides what becomes of each message between processes; null delivers all. */
  route(rule: Route | null): void;
  /** What a route held or delayed, in the order in which it was sent. */
  readonly held: readonly HeldMessage[];
  /**
   * Delivers held messages and all that they cause: all, or these in this order. The route is not
   * asked again. Throws `MESSAGE_NOT_HELD`.
   */
  release(messages?: readonly Pick<HeldMessage, "id">[]): Promise<readonly KitEvaluation[]>;
  /** Moves the clock on and delivers what was delayed until then, each at its time. */
  advance(ms: number): Promise<readonly KitEvaluation[]>;
  /** Everything as it is now: processes, mail, what is held, what is lost, the time. */
  snapshot(): NetworkSnapshot;
  /** Goes back; processes that are younger are unknown again. Throws `SNAPSHOT_FOREIGN`. */
  revert(snapshot: NetworkSnapshot): void;
}
