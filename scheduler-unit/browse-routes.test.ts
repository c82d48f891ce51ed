import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { schedulerClient } from "../src/client/scheduler-client.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { createMetrics } from "../src/node/metrics.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { startUnitServer, type UnitServer } from "../src/node/unit/unit-server.ts";
import type { ProcessPage } from "../src/protocol/http.ts";
import { contentIdOf, type Digest, idText } from "../src/protocol/ids.ts";
import { openEvents } from "../src/testing/event-reader.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { TestSender, testIdentity } from "../src/testing/sender.ts";
import { schedulerRoutes } from "./routes.ts";
import { SchedulerService } from "./service.ts";

const network = new Uint8Array(32).fill(5);
const { address } = testIdentity(2);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const module = Uint8Array.of(0, 1, 2, 3);
const adapters = ["uws", "node"] as const;

let stores: SchedulerStores;
let service: SchedulerService;
let server: UnitServer;

async function serve(http: "uws" | "node"): Promise<void> {
  server = await startUnitServer({
    ...{ listen: { host: "127.0.0.1", port: 0 }, http, clock: systemClock, logger: quietLogger },
    routes: schedulerRoutes(service),
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
}

beforeEach(async () => {
  stores = await openMemoryStores({ role: "scheduler" });
  service = new SchedulerService({
    ...{ address, network, log: stores.log, content: stores.content, epoch: () => 1 },
    ...{ verifier: referenceVerifier, clock: systemClock },
    streamLimits: { streamsMax: 3, streamsOfOneMax: 2 },
  });
  await stores.content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await stores.content.put(contentIdOf(module), module);
});
afterEach(async () => {
  await service.end();
  await server.close(1000);
  await stores.close();
});

async function spawned(name?: string): Promise<Digest> {
  const tags = name === undefined ? [] : [{ name: "Name", value: name }];
  const spawn = sender.spawn({ module: contentIdOf(module), scheduler: address, tags });
  return (await service.submit(spawn)).process;
}

const send = (process: Digest, action: string) => service.submit(sender.message(process, action));
const eventsUrl = (process: Digest, query = ""): string =>
  `${server.url}/processes/${idText(process)}/log/events${query}`;

async function listed(query = ""): Promise<ProcessPage & { code?: string }> {
  return (await (await fetch(`${server.url}/processes${query}`)).json()) as ProcessPage;
}

test("lists its processes page by page, each once, in the order of their ids", async () => {
  await serve("node");
  expect(await listed()).toEqual({ total: 0, processes: [], next: null });
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) ids.push(idText(await spawned(i === 3 ? "third" : undefined)));
  ids.sort((a, b) => Buffer.compare(Buffer.from(a, "base64url"), Buffer.from(b, "base64url")));
  const found: string[] = [];
  const client = schedulerClient(server.url);
  for (let from: string | null | undefined; from !== null; ) {
    const page: ProcessPage = await client.processes({
      limit: 3,
      ...(from === undefined ? {} : { from }),
    });
    expect([page.total, page.processes.length <= 3]).toEqual([7, true]);
    found.push(...page.processes.map(({ id }) => id));
    from = page.next;
  }
  expect(found).toEqual(ids);
  const { processes } = await listed();
  expect(processes.filter(({ name }) => name === "third").length).toBe(1);
});

test("shows of a process what its spawn says, and how long its log is", async () => {
  await serve("node");
  const before = Date.now();
  const process = await spawned("a counter");
  await send(process, "A");
  const { processes } = await listed();
  expect(processes).toEqual([
    {
      id: idText(process),
      module: idText(contentIdOf(module)),
      owner: { kind: "key", id: idText(sender.identity.address) },
      name: "a counter",
      spawnedAt: expect.any(Number),
      next: 2,
    },
  ]);
  expect(processes[0]?.spawnedAt).toBeGreaterThanOrEqual(before);
});

test("finds processes by the beginning of their ids", async () => {
  await serve("node");
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(idText(await spawned()));
  for (const id of ids) {
    for (const length of [1, 2, 42, 43]) {
      const prefix = id.slice(0, length);
      const { processes, total } = await listed(`?prefix=${prefix}`);
      const expected = ids.filter((one) => one.startsWith(prefix));
      expect(new Set(processes.map((process) => process.id))).toEqual(new Set(expected));
      expect(total).toBe(5);
    }
  }
  const behind = await listed(`?prefix=A&from=${"_".repeat(42)}8`);
  expect([behind.processes, behind.next]).toEqual([[], null]);
});

test("refuses a page that cannot be", async () => {
  await serve("node");
  const codes = [
    ["?limit=0", "REQUEST_INVALID"],
    ["?limit=501", "REQUEST_INVALID"],
    ["?limit=1e2", "REQUEST_INVALID"],
    ["?from=x", "ID_MALFORMED"],
    ["?prefix=", "ID_MALFORMED"],
    [`?prefix=${"A".repeat(44)}`, "ID_MALFORMED"],
    ["?prefix=%20", "ID_MALFORMED"],
  ] as const;
  for (const [query, code] of codes)
    expect([query, (await listed(query)).code]).toEqual([query, code]);
});

test.each(adapters)(
  "streams a log from a slot on and goes on with what comes, over %s",
  async (http) => {
    await serve(http);
    const process = await spawned();
    await send(process, "A");
    const reader = await openEvents(eventsUrl(process, "?from=0"));
    const kept = await reader.take(2);
    expect(kept.map(({ event, id }) => [event, id])).toEqual([
      ["entry", "0"],
      ["entry", "1"],
    ]);
    const log = await fetch(`${server.url}/processes/${idText(process)}/log`);
    expect(kept.map(({ data }) => data)).toEqual(await log.json());
    await send(process, "B");
    const [fresh] = await reader.take(1);
    expect(fresh).toMatchObject({ id: "2", data: { message: { tags: [{ value: "B" }] } } });
    reader.close();
  },
);

test.each(adapters)("begins at the end where no slot is named, over %s", async (http) => {
  await serve(http);
  const process = await spawned();
  const reader = await openEvents(eventsUrl(process));
  await send(process, "A");
  expect((await reader.take(1)).map(({ id }) => id)).toEqual(["1"]);
  reader.close();
});

test.each(adapters)("a reader that comes back goes on where it was, over %s", async (http) => {
  await serve(http);
  const process = await spawned();
  for (const action of ["A", "B", "C"]) await send(process, action);
  const reader = await openEvents(eventsUrl(process, "?from=0"), { "last-event-id": "1" });
  expect((await reader.take(2)).map(({ id }) => id)).toEqual(["2", "3"]);
  reader.close();
});

test.each(adapters)("streams end at once when the unit stops, over %s", async (http) => {
  await serve(http);
  const process = await spawned();
  const reader = await openEvents(eventsUrl(process, "?from=0"));
  await reader.take(1);
  const start = performance.now();
  await service.end();
  expect(await reader.take(1)).toEqual([]);
  await server.close(5000);
  expect(performance.now() - start).toBeLessThan(2000);
});

test.each(adapters)(
  "streams of one address are bounded, and a closed one is free, over %s",
  async (http) => {
    await serve(http);
    const process = await spawned();
    const readers = await Promise.all([0, 1].map(() => openEvents(eventsUrl(process, "?from=0"))));
    await Promise.all(readers.map((reader) => reader.take(1)));
    const refused = await fetch(eventsUrl(process));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    await refused.body?.cancel();
    readers[0]?.close();
    for (let i = 0; service.streams.count > 1 && i < 100; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const again = await openEvents(eventsUrl(process, "?from=0"));
    expect((await again.take(1)).length).toBe(1);
  },
);

test("a page of any origin may ask: streams, canonical messages, and what it may read of answers", async () => {
  await serve("node");
  const process = await spawned();
  for (const path of ["/messages", `/processes/${idText(process)}/log/events`]) {
    const preflight = await fetch(server.url + path, {
      method: "OPTIONS",
      headers: {
        origin: "http://127.0.0.1:8701",
        "access-control-request-method": path === "/messages" ? "POST" : "GET",
        "access-control-request-headers": "content-type,last-event-id",
      },
    });
    expect(preflight.status).toBe(204);
    const allowed = preflight.headers.get("access-control-allow-headers") ?? "";
    expect(allowed.split(", ")).toEqual(expect.arrayContaining(["content-type", "last-event-id"]));
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    const method = path === "/messages" ? "POST" : "GET";
    expect(preflight.headers.get("access-control-allow-methods")).toContain(method);
  }
  const stream = await fetch(eventsUrl(process), { headers: { origin: "http://127.0.0.1:8701" } });
  expect(stream.headers.get("access-control-allow-origin")).toBe("*");
  await stream.body?.cancel();
});

test("the log of a process that is not here is not streamed", async () => {
  await serve("node");
  await expect(openEvents(eventsUrl(new Uint8Array(32)))).rejects.toThrow("PROCESS_UNKNOWN");
  const process = await spawned();
  const malformed = fetch(eventsUrl(process), { headers: { "last-event-id": "one" } });
  expect((await malformed).status).toBe(400);
});
