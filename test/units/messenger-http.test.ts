import { afterEach, beforeEach, expect, test } from "vitest";
import { messengerRoutes } from "../../messenger-unit/index.ts";
import { toBase64url } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { composeBundle } from "../../src/client/compose.ts";
import { putContent } from "../../src/client/content.ts";
import { unitCaller } from "../../src/client/unit-call.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { contentRoutes } from "../../src/node/unit/content-routes.ts";
import { startUnitServer, type UnitServer } from "../../src/node/unit/unit-server.ts";
import { acceptanceRecord } from "../../src/protocol/acceptance.ts";
import { bundleRecord, envelopeRecord } from "../../src/protocol/envelope.ts";
import { type Digest, idText } from "../../src/protocol/ids.ts";
import { quietLogger } from "../../src/testing/in-process-network.ts";
import type { Composed } from "../../src/testing/sender.ts";
import { MessengerNetwork, module, network } from "./messenger-network.ts";

let units: MessengerNetwork;
let server: UnitServer;
let process: Digest;
beforeEach(async () => {
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, () => ({}));
  const { service, stores } = await units.open();
  server = await startUnitServer({
    listen: { host: "127.0.0.1", port: 0 },
    http: "node",
    routes: [...contentRoutes(stores.content, systemClock), ...messengerRoutes(service)],
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
  process = await units.spawned();
});
afterEach(async () => {
  units.messenger.service.endStreams();
  await server.close(100);
  await units.close();
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly bytes: Uint8Array;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into JSON of many shapes
  readonly json: any;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(server.url + path, init);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get("content-type");
  const isJson = type?.includes("json") === true;
  const json = isJson ? JSON.parse(new TextDecoder().decode(bytes)) : null;
  return { status: response.status, type, bytes, json };
}

function post(path: string, body: Uint8Array | object, accept = "application/json") {
  const isBytes = body instanceof Uint8Array;
  const headers = { accept, "content-type": isBytes ? "application/msgpack" : "application/json" };
  const sent = isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body);
  return ask(path, { method: "POST", headers, body: sent });
}

const asJson = ({ body, authorisation, data }: Composed) => ({
  body: toBase64url(body),
  authorisation: toBase64url(authorisation),
  data: data === null ? null : toBase64url(data),
});

test("takes a message in canonical bytes and in JSON, and answers in both", async () => {
  const first = units.sender.message(process, "A");
  const canonical = await post("/messages", envelopeRecord.encode(first), "application/msgpack");
  expect(canonical).toMatchObject({ status: 202, type: "application/msgpack" });
  expect(acceptanceRecord.decode(canonical.bytes)).toMatchObject({ id: first.id, slot: 1 });
  const second = units.sender.message(process, "B", { data: "hello" });
  const json = await post("/messages", asJson(second));
  expect(json.status).toBe(202);
  expect(json.json).toMatchObject({
    id: idText(second.id),
    process: idText(process),
    slot: 2,
    assignment: { slot: 2, messageId: idText(second.id) },
    receipt: null,
  });
  const again = await post("/messages", asJson(second));
  expect(again).toEqual(json);
});

test("answers 200 with the result that was waited for, spelled out", async () => {
  const sent = units.sender.message(process, "A");
  const { status, json } = await post("/messages?wait=result&timeout=5000", asJson(sent));
  expect(status).toBe(200);
  expect(json.result).toMatchObject({
    slot: 1,
    message: idText(sent.id),
    exit: "ok",
    gasUsed: 1000,
  });
});

test("answers a bundle with an array: 202, or 200 with all results", async () => {
  const context = {
    network,
    owner: units.sender.identity,
    clock: systemClock,
    random: systemRandom,
  };
  const draft = (value: string) => ({ target: process, tags: [{ name: "Action", value }] });
  const bundle = composeBundle([draft("A"), draft("B")], context);
  const bytes = bundleRecord.encode(bundle);
  const placed = await post("/messages", bytes);
  expect(placed.status).toBe(202);
  expect(placed.json.map(({ slot }: { slot: number }) => slot)).toEqual([1, 2]);
  const results = await post("/messages?wait=result", bytes);
  expect(results.status).toBe(200);
  expect(results.json[1].result).toMatchObject({ slot: 2, exit: "ok" });
});

test("refuses what it does not understand, with a code and what was expected", async () => {
  const sent = units.sender.message(process, "A");
  const bytes = envelopeRecord.encode(sent);
  const cases: readonly [string, Uint8Array | object, number, string][] = [
    ["/messages?finality=proven", bytes, 400, "REQUEST_INVALID"],
    ["/messages?finality=witnessed", bytes, 422, "WITNESS_EMPTY"],
    ["/messages?wait=forever", bytes, 400, "REQUEST_INVALID"],
    ["/messages?timeout=60001", bytes, 400, "REQUEST_INVALID"],
    ["/messages", bytes.subarray(1), 400, "CODEC_MALFORMED"],
    ["/messages", { ...asJson(sent), more: 1 }, 400, "RECORD_FIELD"],
    ["/messages", asJson(units.sender.message(new Uint8Array(32), "A")), 404, "PROCESS_UNKNOWN"],
  ];
  for (const [path, body, status, code] of cases) {
    const answer = await post(path, body);
    expect(answer, `${path} ${code}`).toMatchObject({
      status,
      type: "application/problem+json",
      json: { code, status },
    });
    expect(answer.json.detail, code).toContain(code);
  }
  const finality = await post("/messages?finality=proven", bytes);
  expect(finality.json.expected).toContain("none");
});

test("answers 429 with the time to wait", async () => {
  await units.messenger.service.stop();
  await units.messenger.stores.close();
  await server.close(0);
  const { service } = await units.open({ limits: { remotePerSecond: 0.01, remoteBurst: 1 } });
  server = await startUnitServer({
    listen: { host: "127.0.0.1", port: 0 },
    http: "node",
    routes: messengerRoutes(service),
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
  await post("/messages", asJson(units.sender.message(process, "A")));
  const response = await fetch(`${server.url}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asJson(units.sender.message(process, "B"))),
  });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(50);
});

test("shows a message's life, streams it, and says 404 with a code of what it does not know", async () => {
  const sent = units.sender.message(process, "A");
  await post("/messages?wait=result", asJson(sent));
  const id = idText(sent.id);
  await units.until(sent.id, ({ state }) => state === "evaluated");
  expect((await ask(`/messages/${id}`)).json).toMatchObject({ id, slot: 1, state: "evaluated" });
  const stream = await ask(`/messages/${id}/events`);
  expect(stream.type).toBe("text/event-stream");
  const events = new TextDecoder().decode(stream.bytes).split("\n");
  const kinds = events.filter((line) => line.startsWith("event: ")).map((line) => line.slice(7));
  expect(kinds).toEqual(["accepted", "assigned", "evaluated"]);
  for (const path of [`/messages/${idText(new Uint8Array(32).fill(7))}`, "/messages/abc"]) {
    expect((await ask(path)).status, path).toBe(path === "/messages/abc" ? 400 : 404);
  }
  const nobody = await ask(`/addresses/${id}/messages`);
  expect(nobody).toMatchObject({ status: 404, json: { code: "ADDRESS_EMPTY" } });
});

test("pushes by request and lists its units", async () => {
  await post("/messages?wait=result", asJson(units.sender.message(process, "A")));
  const push = await ask(`/processes/${idText(process)}/results/1/push`, { method: "POST" });
  expect(push).toMatchObject({
    status: 202,
    json: { process: idText(process), slot: 1, messages: 0 },
  });
  expect((await ask("/units")).json.schedulers).toHaveLength(1);
});

test("keeps content for spawns", async () => {
  await putContent(unitCaller(server.url), module);
  const { status, json } = await post("/messages", asJson(units.spawn()));
  expect({ status, slot: json.slot }).toEqual({ status: 202, slot: 0 });
});
