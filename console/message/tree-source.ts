/**
 * The tree of messages that one message caused, read from its messenger and kept up to date: what has
 * not come to its end is asked for again, what has is not. Nothing here calls itself, because a chain
 * may be a thousand deep.
 *
 * @module
 */

import type { MessageStatus } from "../../src/protocol/http.ts";

/** Messages that are drawn; the rest of a larger tree is counted. */
export const treeMessagesMax = 400;
/** Requests at a time. */
const requestsMax = 6;
/** How often what is done is asked for its proof, after the last change. */
const proofLooksMax = 60;
/** Messages that are asked for their proof at one look. */
const proofMessagesMax = 40;

const finalKinds: ReadonlySet<string> = new Set(["unclaimed", "stopped", "refused"]);

/**
 * The message has come to its end, but for its proof. A messenger notes an evaluation after what it
 * sent, so what was caused is complete then.
 */
export function isDone({ state, events }: MessageStatus): boolean {
  return finalKinds.has(state) || events.some(({ kind }) => kind === "evaluated");
}

export interface Tree {
  readonly root: string;
  readonly messages: ReadonlyMap<string, MessageStatus>;
  /** Everything but proofs has come to its end. */
  readonly isSettled: boolean;
  /** Messages that were named but are not read, because there are too many. */
  readonly left: number;
}

export class TreeSource {
  readonly #root: string;
  readonly #read: (id: string) => Promise<MessageStatus>;
  readonly #messages = new Map<string, MessageStatus>();
  #proofLooks = 0;

  constructor(root: string, read: (id: string) => Promise<MessageStatus>) {
    this.#root = root;
    this.#read = read;
  }

  /** Asks for everything that may have changed. Rejects where the first message is not known. */
  async refresh(): Promise<Tree> {
    const before = this.#messages.size;
    const asked = new Set<string>();
    let level: readonly string[] = [this.#root];
    while (level.length > 0 && this.#messages.size <= treeMessagesMax) {
      const room = treeMessagesMax - this.#messages.size;
      await this.#readAll(this.#open(level, asked, room));
      level = this.#below(level, asked);
    }
    const tree = this.tree();
    if (this.#messages.size > before || !tree.isSettled) this.#proofLooks = 0;
    return tree;
  }

  /** Looks at what is done but not proven; false once it was looked at often enough. */
  async refreshProofs(): Promise<boolean> {
    if (this.#proofLooks++ >= proofLooksMax) return false;
    const waiting = [...this.#messages.values()].filter(
      ({ state, events }) =>
        !finalKinds.has(state) && !events.some(({ kind }) => kind === "proven"),
    );
    await this.#readAll(waiting.slice(0, proofMessagesMax).map(({ id }) => id));
    return waiting.length > 0;
  }

  tree(): Tree {
    const messages = new Map(this.#messages);
    const named = new Set([...messages.values()].flatMap(({ caused }) => caused));
    const left = [...named].filter((id) => !messages.has(id)).length;
    const isWhole = left === 0 || messages.size >= treeMessagesMax;
    return {
      root: this.#root,
      messages,
      isSettled: isWhole && messages.size > 0 && [...messages.values()].every(isDone),
      left,
    };
  }

  /** Those of a level that are not done, and of the unknown as many as there is room for. */
  #open(level: readonly string[], asked: Set<string>, room: number): readonly string[] {
    let left = room;
    return level.filter((id) => {
      if (asked.has(id)) return false;
      asked.add(id);
      const known = this.#messages.get(id);
      if (known !== undefined) return !isDone(known);
      return left-- > 0;
    });
  }

  #below(level: readonly string[], asked: ReadonlySet<string>): readonly string[] {
    const next = new Set(level.flatMap((id) => this.#messages.get(id)?.caused ?? []));
    return [...next].filter((id) => !asked.has(id));
  }

  async #readAll(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += requestsMax) {
      const batch = ids.slice(at, at + requestsMax);
      const statuses = await Promise.all(batch.map((id) => this.#readOne(id)));
      for (const status of statuses) if (status !== null) this.#messages.set(status.id, status);
    }
  }

  /** One that cannot be read now is read at the next look; only without the first there is no tree. */
  async #readOne(id: string): Promise<MessageStatus | null> {
    try {
      return await this.#read(id);
    } catch (error) {
      if (id === this.#root && !this.#messages.has(id)) throw error;
      return null;
    }
  }
}
