import { expect, test } from "vitest";
import { encodeEvent, eventStream, type ServerEvent } from "./event-stream.ts";

async function readAll(body: AsyncIterable<Uint8Array>, enough = 100): Promise<string[]> {
  const parts: string[] = [];
  for await (const chunk of body) {
    parts.push(Buffer.from(chunk).toString());
    if (parts.length >= enough) break;
  }
  return parts;
}

function bodyOf(
  source: AsyncIterable<ServerEvent>,
  options: { signal?: AbortSignal; keepAliveMs?: number } = {},
): AsyncIterable<Uint8Array> {
  const { signal = new AbortController().signal, keepAliveMs = 1_000 } = options;
  return eventStream(source, { signal, keepAliveMs }).body as AsyncIterable<Uint8Array>;
}

async function* events(...list: readonly ServerEvent[]): AsyncGenerator<ServerEvent> {
  for (const event of list) yield await Promise.resolve(event);
}

test("writes every line of the data, and no line that the event did not ask for", () => {
  const event = { event: "accepted\ndata: x", id: "1\r\n2", data: "a\nb\r\nc\revent: forged" };
  expect(Buffer.from(encodeEvent(event)).toString()).toBe(
    "event: accepted data: x\nid: 1  2\ndata: a\ndata: b\ndata: c\ndata: event: forged\n\n",
  );
});

test("opens with a comment, sends every event and ends with its source", async () => {
  const source = events({ event: "a", data: "1" }, { event: "b", data: "2" });
  expect(await readAll(bodyOf(source))).toEqual([
    ":\n\n",
    "event: a\ndata: 1\n\n",
    "event: b\ndata: 2\n\n",
  ]);
});

test("keeps a silent stream alive without losing the event that comes at last", async () => {
  async function* late(): AsyncGenerator<ServerEvent> {
    await new Promise((resolve) => setTimeout(resolve, 60));
    yield { event: "late", data: "1" };
  }
  const parts = await readAll(bodyOf(late(), { keepAliveMs: 20 }));
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.at(-1)).toBe("event: late\ndata: 1\n\n");
  expect(new Set(parts.slice(0, -1))).toEqual(new Set([":\n\n"]));
});

test("ends when the signal aborts, although the source waits, and lets the source go", async () => {
  let isLetGo = false;
  const source: AsyncIterable<ServerEvent> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => {
        isLetGo = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  expect(await readAll(bodyOf(source, { signal: controller.signal }))).toEqual([":\n\n"]);
  expect(isLetGo).toBe(true);
});

test("lets the source go when the reader leaves", async () => {
  let isLetGo = false;
  async function* endless(): AsyncGenerator<ServerEvent> {
    try {
      for (;;) yield await Promise.resolve({ event: "tick", data: "" });
    } finally {
      isLetGo = true;
    }
  }
  expect((await readAll(bodyOf(endless()), 3)).length).toBe(3);
  await Promise.resolve();
  expect(isLetGo).toBe(true);
});
