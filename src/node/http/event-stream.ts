/**
 * Server-sent events (HTML Living Standard §9.2): a response body from a source of events. A
 * comment opens the stream, so that its head goes out at once, and keeps it alive after.
 *
 * @module
 */

import type { HttpResponse } from "./server.ts";

/** One event. `data` may hold line breaks; `id` and `event` must not. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** What a reader that comes back sends as `last-event-id`. */
  readonly id?: string;
}

const keepAlive = Buffer.from(":\n\n");

/**
 * Answers with the events of `source` until it ends or `signal` aborts; then `source` is let go.
 * A comment goes out whenever nothing came for `keepAliveMs`.
 */
export function eventStream(
  source: AsyncIterable<ServerEvent>,
  options: { readonly signal: AbortSignal; readonly keepAliveMs: number },
): HttpResponse {
  return {
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    body: encodeEvents(source, options),
  };
}

async function* encodeEvents(
  source: AsyncIterable<ServerEvent>,
  options: { readonly signal: AbortSignal; readonly keepAliveMs: number },
): AsyncGenerator<Uint8Array> {
  const { signal, keepAliveMs } = options;
  const iterator = source[Symbol.asyncIterator]();
  try {
    yield keepAlive;
    let next = iterator.next();
    while (!signal.aborted) {
      const result = await firstOf(next, keepAliveMs, signal);
      if (result === null) {
        if (!signal.aborted) yield keepAlive;
        continue;
      }
      if (result.done === true) return;
      yield encodeEvent(result.value);
      next = iterator.next();
    }
  } finally {
    // Not awaited: a source that waits for an event answers `return` only after that event.
    iterator.return?.().catch(() => undefined);
  }
}

/** The value of `next`, or null if the time is up or the signal aborts first. */
async function firstOf<Value>(
  next: Promise<Value>,
  ms: number,
  signal: AbortSignal,
): Promise<Value | null> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<null>((resolve) => {
    stop = (): void => resolve(null);
  });
  const timer = setTimeout(stop, ms);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([next, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** The bytes of one event. */
export function encodeEvent(event: ServerEvent): Uint8Array {
  const lines = [`event: ${oneLine(event.event)}`];
  if (event.id !== undefined) lines.push(`id: ${oneLine(event.id)}`);
  for (const line of event.data.split(/\r\n|\r|\n/)) lines.push(`data: ${line}`);
  return Buffer.from(`${lines.join("\n")}\n\n`);
}

// A line break here would let the text of an event begin another one.
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, " ");
}
