/**
 * The tree of messages that one message caused, as its messenger tells it. A chain may be a thousand
 * hops deep, so nothing here calls itself. Messages of one level are asked for together; what is
 * settled is not asked for again.
 *
 * @module
 */

import type { MessengerClient } from "../client/messenger-client.ts";
import type { MessageEvent, MessageStatus } from "../protocol/http.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";

/** One message with what it caused. */
export interface TreeNode {
  readonly status: MessageStatus;
  readonly caused: TreeNode[];
}

export interface MessageTree {
  readonly root: TreeNode;
  /** Nothing more is to be expected, nowhere in the tree. */
  readonly isSettled: boolean;
  readonly count: number;
  /** The tree is larger than what is read. */
  readonly isCut: boolean;
}

/** Messages read at most. */
export const messagesMax = 10_000;
/** Requests at a time. */
const concurrencyMax = 16;
const finalKinds: ReadonlySet<string> = new Set(["unclaimed", "stopped", "refused"]);

/** Reads trees again and again; settled messages once. */
export class TreeReader {
  readonly #messenger: MessengerClient;
  readonly #known = new Map<string, MessageStatus>();

  constructor(messenger: MessengerClient) {
    this.#messenger = messenger;
  }

  /** The tree as it is now. Rejects with `MESSAGE_UNKNOWN` where the messenger does not know it. */
  async read(message: Digest): Promise<MessageTree> {
    const root: TreeNode = { status: await this.#status(idText(message)), caused: [] };
    let level = [root];
    let count = 1;
    let isSettled = true;
    while (level.length > 0 && count < messagesMax) {
      const next: TreeNode[] = [];
      for (const node of level) {
        isSettled &&= isDone(node.status);
        const ids = node.status.caused.slice(0, Math.max(0, messagesMax - count));
        for (const status of await this.#statuses(ids)) {
          const child: TreeNode = { status, caused: [] };
          node.caused.push(child);
          next.push(child);
        }
        count += ids.length;
      }
      level = next;
    }
    return { root, isSettled, count, isCut: count >= messagesMax };
  }

  async #statuses(ids: readonly string[]): Promise<readonly MessageStatus[]> {
    const statuses: MessageStatus[] = [];
    for (let at = 0; at < ids.length; at += concurrencyMax) {
      const batch = ids.slice(at, at + concurrencyMax);
      statuses.push(...(await Promise.all(batch.map((id) => this.#status(id)))));
    }
    return statuses;
  }

  async #status(id: string): Promise<MessageStatus> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const status = await this.#messenger.status(parseId(id, "message"));
    if (isDone(status)) this.#known.set(id, status);
    return status;
  }
}

/**
 * The message has had its end. What it caused is complete then: a messenger notes an evaluation only
 * after everything that it sent.
 */
export function isDone({ state, events }: MessageStatus): boolean {
  return finalKinds.has(state) || eventOf(events, "evaluated") !== undefined;
}

/** The last event of a kind. */
export function eventOf(
  events: readonly MessageEvent[],
  kind: MessageEvent["kind"],
): MessageEvent | undefined {
  return events.findLast((event) => event.kind === kind);
}
