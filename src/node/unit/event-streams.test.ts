import { expect, test } from "vitest";
import type { ServerEvent } from "../http/event-stream.ts";
import { HttpError } from "../http/http-error.ts";
import type { HttpRequest, HttpResponse } from "../http/server.ts";
import { EventStreams, lastEventId } from "./event-streams.ts";

function requestOf(remote: string, headers: Record<string, string> = {}): HttpRequest {
  return {
    ...{ method: "GET", path: "/", query: new URLSearchParams(), body: new Uint8Array(0) },
    headers: new Map(Object.entries(headers)),
    signal: new AbortController().signal,
    remote,
  };
}

/** Ends only with its signal. */
async function* silent(signal: AbortSignal): AsyncGenerator<ServerEvent> {
  yield { event: "first", data: "1" };
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Reads the opening comment and the first event. */
async function opened(response: HttpResponse): Promise<AsyncIterator<Uint8Array>> {
  const iterator = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await iterator.next();
  expect(Buffer.from((await iterator.next()).value as Uint8Array).toString()).toContain("first");
  return iterator;
}

function statusOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
  return 200;
}

test("one address has its bound of streams and all have theirs, and a place that is left is free", async () => {
  const streams = new EventStreams({ streamsMax: 3, streamsOfOneMax: 2 });
  const ask = (remote: string): HttpResponse => streams.answer(requestOf(remote), silent);
  const readers = [await opened(ask("a")), await opened(ask("a"))];
  expect(statusOf(() => ask("a"))).toBe(429);
  readers.push(await opened(ask("b")));
  expect(statusOf(() => ask("b"))).toBe(503);
  expect(streams.count).toBe(3);
  streams.end();
  for (const reader of readers) expect((await reader.next()).done).toBe(true);
  await new Promise(setImmediate);
  expect(streams.count).toBe(0);
});

test("those that were let in at once and are too many end before their first event", async () => {
  const streams = new EventStreams({ streamsMax: 1 });
  const first = streams.answer(requestOf("a"), silent);
  const second = streams.answer(requestOf("b"), silent);
  await opened(first);
  const parts: string[] = [];
  for await (const part of second.body as AsyncIterable<Uint8Array>) {
    parts.push(Buffer.from(part).toString());
  }
  expect(parts).toEqual([":\n\n"]);
  streams.end();
});

test("a stream that nobody reads has no place", () => {
  const streams = new EventStreams({ streamsMax: 1 });
  for (let i = 0; i < 3; i++) streams.answer(requestOf("a"), silent);
  expect(streams.count).toBe(0);
});

test("a stream ends when it has lasted long enough", async () => {
  const streams = new EventStreams({ streamMs: 30 });
  const iterator = await opened(streams.answer(requestOf("a"), silent));
  expect((await iterator.next()).done).toBe(true);
});

test("reads the id of the last event strictly", () => {
  const idOf = (text: string): number | null =>
    lastEventId({ http: requestOf("a", { "last-event-id": text }), parameters: {} });
  expect([idOf("0"), idOf("17"), idOf("")]).toEqual([0, 17, null]);
  expect(lastEventId({ http: requestOf("a"), parameters: {} })).toBeNull();
  for (const text of ["-1", "01", "1e3", " 1", "9007199254740991", "x"]) {
    expect(() => idOf(text)).toThrow(/REQUEST_INVALID.*last-event-id/);
  }
});
