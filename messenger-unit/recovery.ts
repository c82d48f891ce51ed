/**
 * Recovery: messages that were remembered and have no slot, because this unit or its scheduler went
 * away in between, are handed in again. Nobody was told that they were taken, so nothing depends on
 * it but that what can be finished is. Where the store failed and may have noted a slot all the same,
 * the open slots are read anew.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { Logger } from "../src/node/logger.ts";
import type { MessageStore } from "../src/node/store/ports/message-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { isTransient } from "./call-failure.ts";
import type { Intake } from "./intake.ts";
import { recoveryMs } from "./limits.ts";
import type { MessageLife } from "./message-life.ts";
import { envelopeOf } from "./status-view.ts";
import type { Tracker } from "./tracker.ts";

/** Messages of one look into the store. */
const pageMax = 256;

export class Recovery {
  readonly #options: {
    readonly intake: Intake;
    readonly life: MessageLife;
    readonly messages: MessageStore;
    readonly tracker: Tracker;
    readonly clock: Clock;
    readonly logger: Logger;
  };
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isUnsure = false;

  constructor(options: {
    readonly intake: Intake;
    readonly life: MessageLife;
    readonly messages: MessageStore;
    readonly tracker: Tracker;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The store failed where a slot was to be noted: it may be open and nobody waits for it. */
  unsure(): void {
    this.#isUnsure = true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    // What the running intake is about to place is in the list as well: two rounds must see it.
    let seen: ReadonlySet<string> | null = null;
    while (!signal.aborted) {
      try {
        seen = await this.#round(seen);
        await this.#resume();
      } catch (error) {
        logger.error("recovery failed", { error });
      }
      await clock.sleep(recoveryMs, signal).catch(() => undefined);
    }
  }

  /** Hands in what was in the list a round ago already; at the start, everything. */
  async #round(earlier: ReadonlySet<string> | null): Promise<ReadonlySet<string>> {
    const seen = new Set<string>();
    let after: Digest | null = null;
    while (!this.#stopping.signal.aborted) {
      const ids: Digest[] = await this.#options.messages.unassigned(after, pageMax);
      const last = ids.at(-1);
      if (last === undefined) break;
      const due = ids.filter((id) => earlier === null || earlier.has(idText(id)));
      await Promise.all(due.map((id) => this.#recover(id)));
      for (const id of ids) seen.add(idText(id));
      after = last;
    }
    return seen;
  }

  async #resume(): Promise<void> {
    if (!this.#isUnsure) return;
    // Put back before reading: a failure meanwhile is looked after in the next round.
    this.#isUnsure = false;
    await this.#options.tracker.start().catch((error: unknown) => {
      this.#isUnsure = true;
      throw error;
    });
  }

  async #recover(id: Digest): Promise<void> {
    const { intake, life, logger } = this.#options;
    try {
      await intake.recover(id, envelopeOf(await life.stored(id)));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      logger.info("message not recovered", { message: idText(id), code: error.code });
      if (isTransient(error)) return;
      const detail = error.message.slice(0, 500);
      await life.settled(id, life.event("refused", { reason: error.code, detail }));
    }
  }
}
