/**
 * A process as a test holds it.
 *
 * @module
 */

import type { Tag } from "../protocol/message.ts";
import type { Inspected } from "./inspect-state.ts";
import type { KitEvaluation } from "./outcome.ts";

/** Somebody who can send. */
export interface Account {
  readonly name: string;
  readonly address: string;
}

/** What a person says to a process. */
export interface MessageOptions {
  /** Who; the network's first account by default. */
  readonly from?: Account;
  /** Shorthand for the tag `Action`. */
  readonly action?: string;
  readonly tags?: Readonly<Record<string, string>> | readonly Tag[];
  readonly data?: string | Uint8Array;
  /** Gas that the message and all it causes may cost. */
  readonly budget?: number;
}

export interface KitProcess {
  readonly id: string;
  /**
   * Sends a message and everything that it causes, until nothing is left to send. Rejects with
   * `EvaluationFailed` where the process failed on this message.
   */
  send(options?: MessageOptions): Promise<KitEvaluation>;
  /** As `send`, but answers a failed evaluation too. */
  trySend(options?: MessageOptions): Promise<KitEvaluation>;
  /** Asks without leaving a trace: evaluates on the newest state and undoes it. */
  call(options?: MessageOptions): Promise<KitEvaluation>;
  /** All evaluations so far, slot by slot. */
  readonly results: readonly KitEvaluation[];
  /** The log as `nymcompute log --json` shows it. */
  readonly log: readonly unknown[];
  /**
   * A variable of the process as `nymcompute inspect` shows it: `balances`, or `assembly/ledger/balances`
   * where several files have one. Throws `VARIABLE_UNKNOWN`.
   */
  variable(name: string): Inspected;
  /** A copy of the committed memory. */
  readonly memory: Uint8Array;
}

/** Tags in the protocol's form, the action first. */
export function tagListOf(options: Pick<MessageOptions, "action" | "tags">): readonly Tag[] {
  const { action, tags = [] } = options;
  const list = Array.isArray(tags)
    ? (tags as readonly Tag[])
    : Object.entries(tags).map(([name, value]) => ({ name, value: String(value) }));
  return action === undefined ? list : [{ name: "Action", value: action }, ...list];
}
