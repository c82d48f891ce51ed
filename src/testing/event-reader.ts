/**
 * A reader of server-sent events for tests: events with their names and ids, as a browser's
 * `EventSource` would have them.
 *
 * @module
 */

/** One event; comments are left out. */
export interface ReadEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into JSON of many shapes
  readonly data: any;
}

/** An open stream. */
export interface EventReader {
  /** The next events, so many; fewer where the stream ends before. */
  take(count: number): Promise<readonly ReadEvent[]>;
  close(): void;
}

/** Opens a stream; rejects with the answer's text where it is none. */
export async function openEvents(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  if (response.status !== 200) throw new Error(await response.text());
  const events = eventsIn(response.body as ReadableStream<Uint8Array>);
  return {
    take: async (count) => {
      const taken: ReadEvent[] = [];
      while (taken.length < count) {
        const next = await events.next();
        if (next.done === true) break;
        taken.push(next.value);
      }
      return taken;
    },
    close: () => closing.abort(),
  };
}

async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split("\n")
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join("\n");
      if (block !== ":") {
        yield { event: field("event"), id: field("id"), data: JSON.parse(field("data")) };
      }
    }
  }
}
