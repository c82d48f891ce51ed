/**
 * Takes what a result sent: every message of its outbox is remembered, then all that can be
 * delivered is recorded for the pusher. Each step is idempotent, and its evaluation is noted only
 * after all of them, so a crash anywhere repeats steps and loses none.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { StatusEvent } from "../src/node/store/ports/message-store.ts";
import type { PushItem, PushStore } from "../src/node/store/ports/push-store.ts";
import { envelopeRecord } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { SourceReceipt } from "../src/protocol/source-receipt.ts";
import type { Directory, Located } from "./directory.ts";
import type { Believed } from "./evidence.ts";
import type { LogHeads } from "./log-heads.ts";
import type { MessageLife } from "./message-life.ts";
import { hasSent, type PlannedMessage, planOutbox } from "./outbox-plan.ts";

/** What the taker stands on. */
export interface OutboxOptions {
  readonly network: Digest;
  readonly directory: Directory;
  readonly heads: LogHeads;
  readonly life: MessageLife;
  readonly pushes: PushStore;
  readonly clock: Clock;
  /** Told when there is something to push. */
  readonly onRecorded: () => void;
}

/** How many messages a result sent, and how many of them can go on their way now. */
export interface TakenOutbox {
  readonly sent: number;
  readonly toPush: number;
}

export class OutboxTaker {
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** The receipt of what a result came of, for `take`; null where it sent nothing. */
  async receiptOf(
    source: Located,
    believed: Believed,
    { entry, signal }: { readonly entry: Uint8Array; readonly signal: AbortSignal },
  ): Promise<SourceReceipt | null> {
    if (!hasSent(believed)) return null;
    const { slot } = believed.result;
    return this.#options.heads.sourceReceipt(source, { slot, entry }, signal);
  }

  /**
   * Takes the outbox of a believed result. `again` queues what was delivered or given up before
   * once more. Rejects with `OVERLOADED` where too much waits to be pushed.
   */
  async take(
    source: Located,
    { believed, receipt }: { readonly believed: Believed; readonly receipt: SourceReceipt | null },
    again = false,
  ): Promise<TakenOutbox> {
    const { network, life, pushes, clock, onRecorded } = this.#options;
    if (receipt === null) return { sent: 0, toPush: 0 };
    const planned = planOutbox(source, { believed, receipt }, network);
    const { process, slot, messageId: parent } = believed.result;
    const unclaimed = await this.#unclaimedOf(planned);
    // Submitted in one turn and in this order, which is the order in which they become durable: no
    // message is ever pushed that is not remembered, and all share a transaction.
    const accepted = planned.map(({ id, envelope, target, ending }, i) => {
      const events = this.#firstEvents(ending, unclaimed[i] === true);
      return life.accept({ id, envelope, shared: null, parent, addressee: target }, events);
    });
    const items = planned.filter(({ ending }) => ending === null).map(pushItemOf);
    const record = { process, slot, items, cursor: slot + 1, now: clock.now(), again };
    const recorded = items.length === 0 ? "known" : pushes.record(record);
    const [outcome] = await Promise.all([recorded, ...accepted]);
    if (outcome === "full") {
      const fields = { process: idText(process), slot, expected: "room for pushes" };
      throw new ProtocolError("OVERLOADED", fields);
    }
    if (items.length > 0) onRecorded();
    const toPush = planned.filter(({ ending }, i) => ending === null && unclaimed[i] !== true);
    return { sent: planned.length, toPush: toPush.length };
  }

  /** True for each message that no scheduler takes: said at once, not after the first try. */
  async #unclaimedOf(planned: readonly PlannedMessage[]): Promise<readonly boolean[]> {
    const asked = new Map<string, Promise<boolean>>();
    return Promise.all(
      planned.map((message) => {
        const key = idText(message.target ?? message.scheduler ?? message.id);
        const known = asked.get(key) ?? this.#isUnclaimed(message);
        asked.set(key, known);
        return known;
      }),
    );
  }

  async #isUnclaimed({ target, scheduler, ending }: PlannedMessage): Promise<boolean> {
    if (ending !== null) return false;
    const { directory } = this.#options;
    try {
      if (target !== null) return (await directory.locate(target)) === null;
      return scheduler === null || (await directory.schedulerAt(scheduler)) === null;
    } catch (error) {
      // A scheduler does not answer, so nothing can be said yet; the pusher will try.
      if (error instanceof ProtocolError) return false;
      throw error;
    }
  }

  #firstEvents(ending: PlannedMessage["ending"], isUnclaimed: boolean): readonly StatusEvent[] {
    const { life } = this.#options;
    if (isUnclaimed) return [life.event("unclaimed")];
    if (ending === null) return [];
    const { kind, reason } = ending;
    const detail = ending.kind === "refused" ? { detail: ending.detail } : {};
    return [life.event(kind, { reason, ...detail })];
  }
}

function pushItemOf(message: PlannedMessage): PushItem {
  const { index, id, envelope, target, scheduler } = message;
  const payload = envelopeRecord.encode(envelope);
  // A message that is to be pushed has one of the two.
  return { index, target: target ?? scheduler ?? id, messageId: id, payload };
}
