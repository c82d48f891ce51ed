/**
 * What of each result is still to be delivered, so that a message can be said to be `pushed` when
 * all it sent has gone on its way. Kept in memory for what is under way now; read from the push
 * store where it is not there (after a restart, or for a result that was forgotten).
 *
 * @module
 */

import type { PendingPush, PushStore } from "../src/node/store/ports/push-store.ts";
import { idText } from "../src/protocol/ids.ts";
import type { MessageLife } from "./message-life.ts";

/** Results that are remembered; the oldest go first. */
const resultsMax = 10_000;

/** Outbox index → target of what is not delivered. */
type Left = Map<number, string>;

export class Outstanding {
  readonly #pushes: PushStore;
  readonly #life: MessageLife;
  readonly #results = new Map<string, Left>();

  constructor(options: { readonly pushes: PushStore; readonly life: MessageLife }) {
    this.#pushes = options.pushes;
    this.#life = options.life;
  }

  /** Notes the end of one item. True if it was the last of its result. */
  async ended(push: PendingPush): Promise<boolean> {
    const left = await this.#leftOf(push);
    left.delete(push.index);
    return this.#isDone(push, left);
  }

  /**
   * Notes that nobody takes an item: neither it nor what waits behind it for the same target keeps
   * its result from being done. True if nothing else is left.
   */
  async unclaimed(push: PendingPush): Promise<boolean> {
    const left = await this.#leftOf(push);
    const target = idText(push.target);
    for (const [index, other] of left) if (other === target) left.delete(index);
    return this.#isDone(push, left);
  }

  #isDone(push: PendingPush, left: Left): boolean {
    if (left.size > 0) return false;
    this.#results.delete(keyOf(push));
    return true;
  }

  async #leftOf(push: PendingPush): Promise<Left> {
    const key = keyOf(push);
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const pending = await this.#pushes.pendingOf(push.process, push.slot);
    // What is unclaimed may not even be tried: it waits behind an earlier one for the same target.
    const unclaimed = await Promise.all(
      pending.map((one) => this.#life.isUnclaimed(one.messageId)),
    );
    // While this was read, another item's end may have read it too: there is one table a result.
    const other = this.#results.get(key);
    if (other !== undefined) return other;
    const left: Left = new Map();
    for (const [i, { index, target }] of pending.entries()) {
      if (!unclaimed[i]) left.set(index, idText(target));
    }
    this.#results.set(key, left);
    this.#evict();
    return left;
  }

  #evict(): void {
    if (this.#results.size <= resultsMax) return;
    for (const oldest of this.#results.keys()) {
      this.#results.delete(oldest);
      return;
    }
  }
}

function keyOf(push: PendingPush): string {
  return `${idText(push.process)} ${push.slot}`;
}
