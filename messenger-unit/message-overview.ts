/**
 * The messages of a messenger for those who look on (spec/09-http.md §3.3): pages, the newest first, and the
 * newest as they come and change. However many look on and however much happens, the store is looked at
 * twice a second at most for all of them: what comes in between is on pages, and not in the stream.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { ServerEvent } from "../src/node/http/event-stream.ts";
import type { MessageStore } from "../src/node/store/ports/message-store.ts";
import type { MessagePage, MessageSummary } from "../src/protocol/http.ts";
import type { MessageLife } from "./message-life.ts";
import { readStored, summaryView } from "./status-view.ts";

/** Messages that a stream shows: the newest. */
const shownMax = 50;
const restMs = 500;
/** A page has at least one message, and ends before it has read more than this. */
const pageBytesMax = 4 * 1024 * 1024;

/** See the module comment. */
export class MessageOverview {
  readonly #messages: MessageStore;
  readonly #life: MessageLife;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  /** The look that is to come, for all who wait for it. */
  #look: Promise<MessagePage> | null = null;
  #onChange: (() => void) | null = null;
  /** Something changed since the last look began. */
  #isChanged = false;

  constructor(options: {
    readonly messages: MessageStore;
    readonly life: MessageLife;
    readonly clock: Clock;
  }) {
    this.#messages = options.messages;
    this.#life = options.life;
    this.#clock = options.clock;
  }

  /** Messages from a sequence number downwards; null: from the newest. */
  async page(from: number | null, limit: number): Promise<MessagePage> {
    const rows = await this.#messages.recent(from, limit + 1);
    const messages: MessageSummary[] = [];
    let bytes = 0;
    for (const { id, sequence } of rows.slice(0, limit)) {
      const [stored, events] = await Promise.all([this.#messages.get(id), this.#life.events(id)]);
      // A forgery, which was taken back since.
      if (stored === null) continue;
      bytes += stored.envelope.length;
      if (messages.length > 0 && bytes > pageBytesMax) return { messages, next: sequence };
      messages.push(summaryView(readStored(stored), sequence, events));
    }
    return { messages, next: rows[limit]?.sequence ?? null };
  }

  /** A message came, or took a step. */
  changed(): void {
    this.#isChanged = true;
    this.#onChange?.();
  }

  /** Ends what waits. */
  stop(): void {
    this.#stopping.abort();
    this.#onChange?.();
  }

  /** The newest messages, oldest first, then each that comes or whose state changes. */
  async *stream(signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const over = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      else signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    let sent = new Map<string, string>();
    let page: MessagePage | null = await this.page(null, shownMax);
    while (page !== null && !signal.aborted) {
      const now = new Map<string, string>();
      for (const message of page.messages.toReversed()) {
        const data = JSON.stringify(message);
        now.set(message.id, data);
        if (sent.get(message.id) === data) continue;
        yield { event: "message", id: String(message.sequence), data };
      }
      sent = now;
      page = await Promise.race([this.#next(), over]);
    }
  }

  /** What the next look finds, which is made when something has changed. */
  #next(): Promise<MessagePage> {
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = null;
    });
    // Those who wait for it may all have left by the time it fails.
    this.#look.catch(() => undefined);
    return this.#look;
  }

  async #lookOnce(): Promise<MessagePage> {
    const { signal } = this.#stopping;
    await this.#clock.sleep(restMs, signal).catch(() => undefined);
    while (!this.#isChanged && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    this.#isChanged = false;
    return signal.aborted ? { messages: [], next: null } : this.page(null, shownMax);
  }
}
