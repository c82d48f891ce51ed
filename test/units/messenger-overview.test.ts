import { afterEach, beforeEach, expect, test } from "vitest";
import { messengerRoutes } from "../../messenger-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { messengerClient } from "../../src/client/messenger-client.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { startUnitServer, type UnitServer } from "../../src/node/unit/unit-server.ts";
import { type Digest, idText } from "../../src/protocol/ids.ts";
import { openEvents } from "../../src/testing/event-reader.ts";
import { quietLogger } from "../../src/testing/in-process-network.ts";
import { MessengerNetwork } from "./messenger-network.ts";

const adapters = ["uws", "node"] as const;
let units: MessengerNetwork;
let server: UnitServer;
let process: Digest;

async function serve(
  http: "uws" | "node",
  shown: Parameters<MessengerNetwork["open"]>[0] = {},
): Promise<void> {
  const { service } = await units.open(shown);
  server = await startUnitServer({
    ...{ listen: { host: "127.0.0.1", port: 0 }, http, clock: systemClock, logger: quietLogger },
    routes: messengerRoutes(service),
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
  process = await units.spawned();
}

beforeEach(async () => {
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, () => ({}));
});
afterEach(async () => {
  units.messenger.service.endStreams();
  await server.close(100);
  await units.close();
});

async function sent(action: string): Promise<string> {
  const message = units.sender.message(process, action);
  await messengerClient(server.url).submit(message, { wait: "result", timeoutMs: 20_000 });
  return idText(message.id);
}

test("lists what came through it, the newest first, page by page", async () => {
  await serve("node");
  const ids: string[] = [];
  for (const action of ["A", "B", "C"]) ids.push(await sent(action));
  const client = messengerClient(server.url);
  const all = await client.messages();
  expect(all.next).toBeNull();
  expect(all.messages.map(({ id }) => id)).toEqual([...ids.toReversed(), idText(process)]);
  const [newest] = all.messages;
  expect(newest).toMatchObject({
    process: idText(process),
    from: { kind: "key", id: idText(units.sender.identity.address) },
    ...{ slot: 3, action: "C", spawn: false, cause: null },
  });
  expect(all.messages.at(-1)).toMatchObject({ slot: 0, spawn: true, process: idText(process) });
  const first = await client.messages({ limit: 3 });
  expect(first.messages).toEqual(all.messages.slice(0, 3));
  const second = await client.messages({ limit: 3, from: first.next ?? -1 });
  expect([second.messages, second.next]).toEqual([all.messages.slice(3), null]);
});

test.each(adapters)(
  "streams the newest, then what comes and how it goes on, over %s",
  async (http) => {
    await serve(http);
    const reader = await openEvents(`${server.url}/events`);
    const [spawn] = await reader.take(1);
    expect(spawn).toMatchObject({ event: "message", data: { id: idText(process), spawn: true } });
    const id = await sent("A");
    for (;;) {
      const [event] = await reader.take(1);
      if (event === undefined) throw new Error("the stream has ended");
      if (event.data.id === id && ["evaluated", "pushed"].includes(event.data.state)) break;
    }
    const start = performance.now();
    units.messenger.service.endStreams();
    await reader.take(100);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(units.messenger.service.load().streams).toBe(0);
  },
);

test("many who look on share the looks at the store", async () => {
  await serve("node");
  const { messages } = units.messenger.stores;
  let looks = 0;
  const recent = messages.recent.bind(messages);
  messages.recent = (from, limit) => {
    looks++;
    return recent(from, limit);
  };
  const readers = await Promise.all(
    Array.from({ length: 20 }, () => openEvents(`${server.url}/events`)),
  );
  await Promise.all(readers.map((reader) => reader.take(1)));
  expect(looks).toBe(20);
  const id = await sent("A");
  await Promise.all(
    readers.map(async (reader) => {
      for (
        let [event] = await reader.take(1);
        event?.data.id !== id;
        [event] = await reader.take(1)
      );
    }),
  );
  expect(looks).toBeLessThan(40);
  for (const reader of readers) reader.close();
});

test("a messenger that is told to list nothing has neither list nor stream, and serves lives as ever", async () => {
  await serve("node", { isUnlisted: true });
  const id = await sent("A");
  for (const path of ["/messages", "/events"]) {
    const answer = await fetch(server.url + path);
    const { code } = (await answer.json()) as { code: string };
    expect([path, answer.status, code]).toEqual([path, 404, "ROUTE_UNKNOWN"]);
  }
  expect((await fetch(`${server.url}/messages/${id}`)).status).toBe(200);
});

test("others are told the units' public URLs, and that they may read them from any page", async () => {
  const [{ url: own } = { url: "" }] = units.schedulers;
  await serve("node", { publicUrls: new Map([[own, "https://scheduler.example.org"]]) });
  const { schedulers, computes } = await messengerClient(server.url).units();
  expect(schedulers.map(({ url }) => url)).toEqual(["https://scheduler.example.org"]);
  expect(computes.map(({ url }) => url)).toEqual(units.computes.map(({ url }) => url));
  const answer = await fetch(`${server.url}/units`, { headers: { origin: "http://page.test" } });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
});
