/**
 * The life of a message as it happens (`GET /messages/{id}/events`): its steps so far, then each as
 * it comes, until nothing more is to be expected of it and of what it caused directly: its proof is
 * waited for last.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { ServerEvent } from "../src/node/http/event-stream.ts";
import type { MessageEvent } from "../src/protocol/http.ts";
import type { Digest } from "../src/protocol/ids.ts";
import { longPollMs, streamMs } from "./limits.ts";
import type { MessageLife } from "./message-life.ts";
import type { ProofWatch } from "./proof-watch.ts";
import { eventView, isAnswered, isSettled } from "./status-view.ts";

const looked = new Error("looked again");

/** Wake-ups may be lost to nobody, but a look now and then costs nothing. */
const lookMs = 5_000;

function serverEvent(event: MessageEvent, position: number): ServerEvent {
  return { event: event.kind, id: String(position), data: JSON.stringify(event) };
}

/**
 * The events of a message that is known. The iteration ends by itself, or when the signal aborts.
 */
export async function* eventFeed(
  life: MessageLife,
  id: Digest,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly proofs: ProofWatch },
): AsyncGenerator<ServerEvent> {
  const { clock, signal, proofs } = options;
  const end = clock.monotonic() + streamMs;
  const { acceptedAt } = await life.stored(id);
  yield serverEvent({ kind: "accepted", at: acceptedAt }, 0);
  let position = 1;
  let open: readonly Digest[] = [];
  while (!signal.aborted && clock.monotonic() < end) {
    // The waits begin before the look, so that nothing comes in between unseen.
    const over = new AbortController();
    const limit = AbortSignal.any([signal, over.signal]);
    const waits = [id, ...open].map((each) => life.wait(each, lookMs, limit).done);
    try {
      const events = await life.events(id);
      const fresh = events.slice(position - 1);
      for (const event of fresh) yield serverEvent(eventView(event), position++);
      if (isSettled(events)) {
        const unanswered = await unansweredOf(life, await life.children(id));
        if (unanswered.length === 0) {
          if (await proofs.wait(id, longPollMs, signal)) continue;
          const last = (await life.events(id)).slice(position - 1);
          for (const event of last) yield serverEvent(eventView(event), position++);
          return;
        }
        const isKnown = unanswered.length === open.length;
        open = unanswered;
        if (!isKnown) continue;
      }
      if (fresh.length === 0) await Promise.race(waits);
    } finally {
      over.abort(looked);
    }
  }
}

async function unansweredOf(
  life: MessageLife,
  children: readonly Digest[],
): Promise<readonly Digest[]> {
  const answered = await Promise.all(
    children.map(async (child) => isAnswered(await life.events(child))),
  );
  return children.filter((_, i) => answered[i] === false);
}
