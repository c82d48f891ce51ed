import { afterEach, expect, test } from "vitest";
import { EvaluationWork } from "../../compute-unit/evaluation-work.ts";
import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import { messengerRoutes } from "../../messenger-unit/index.ts";
import { u64be } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import { contentRoutes } from "../../src/node/unit/content-routes.ts";
import { type PeerLimit, startUnitServer } from "../../src/node/unit/unit-server.ts";
import { WorkerPoolError } from "../../src/node/worker-pool.ts";
import { dryRunRecord } from "../../src/protocol/dry-run.ts";
import { envelopeRecord } from "../../src/protocol/envelope.ts";
import { contentIdOf, type Digest, idText } from "../../src/protocol/ids.ts";
import { bodyRecord } from "../../src/protocol/message.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { quietData } from "../../src/testing/hostile-process.ts";
import { quietLogger } from "../../src/testing/in-process-network.ts";
import { credulousVerifier, LiveNetwork, network, urls } from "./live-network.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function ownThread(): EvaluationPool {
  const work = new EvaluationWork({ kernel: new StateKernel() });
  return { run: (_key, job) => Promise.resolve().then(() => work.answer(job)) };
}

async function openLive(options: Partial<Parameters<typeof LiveNetwork.open>[0]> = {}) {
  const live = await LiveNetwork.open({
    pool: ownThread(),
    verifier: credulousVerifier,
    ...options,
  });
  closing.push(() => live.close());
  return live;
}

async function serve(
  routes: Parameters<typeof startUnitServer>[0]["routes"],
  peerLimit: PeerLimit | null = null,
): Promise<string> {
  const server = await startUnitServer({
    listen: { host: "127.0.0.1", port: 0 },
    http: "node",
    routes,
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit,
    onAssertion: (error) => {
      throw error;
    },
  });
  closing.push(() => server.close(100));
  return server.url;
}

async function problemOf(response: Response) {
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code, retry: Number(response.headers.get("retry-after")) };
}

test("a full content store answers 503 with the time to wait, and keeps what it has", async () => {
  const stores = await openMemoryStores({ role: "compute", contentBytesMax: 1000 });
  closing.push(() => stores.close());
  const url = await serve(contentRoutes(stores.content, systemClock));
  const put = (bytes: Uint8Array<ArrayBuffer>) =>
    fetch(`${url}/content/${idText(contentIdOf(bytes))}`, { method: "PUT", body: bytes });
  const kept = new Uint8Array(700).fill(1);
  expect((await put(kept)).status).toBe(201);
  const refused = await problemOf(await put(new Uint8Array(301)));
  expect(refused).toMatchObject({ status: 503, code: "OVERLOADED" });
  expect(refused.retry).toBeGreaterThan(0);
  expect((await put(kept)).status).toBe(200);
  expect((await put(new Uint8Array(300))).status).toBe(201);
});

test("one address gets what it may ask for, and dear requests count more", async () => {
  const live = await openLive();
  const process = await live.spawned();
  const url = await serve(messengerRoutes(live.services.messenger), { perSecond: 0.1, burst: 25 });
  const push = () =>
    fetch(`${url}/processes/${idText(process)}/results/0/push`, { method: "POST" });
  expect((await push()).status).toBe(202);
  const refused = await problemOf(await push());
  expect(refused).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  expect(refused.retry).toBeGreaterThan(100);
  expect((await fetch(`${url}/units`)).status).toBe(200);
});

test("event streams have a bound also where many begin at once, and one that ends makes room", async () => {
  const live = await openLive({ limits: { streamsMax: 3 } });
  const process = await live.spawned();
  const busy = await never(live, process);
  const url = await serve(messengerRoutes(live.services.messenger));
  const aborts = Array.from({ length: 12 }, () => new AbortController());
  const open = (signal: AbortSignal) => fetch(`${url}/messages/${busy}/events`, { signal });
  const answers = await Promise.all(aborts.map(({ signal }) => open(signal)));
  for (const answer of answers) expect([200, 503]).toContain(answer.status);
  await expect.poll(() => live.services.messenger.load().streams).toBe(3);
  expect(await problemOf(await open(new AbortController().signal))).toMatchObject({ status: 503 });
  for (const abort of aborts) abort.abort();
  await expect.poll(() => live.services.messenger.load().streams).toBe(0);
  const last = new AbortController();
  expect((await open(last.signal)).status).toBe(200);
  last.abort();
});

/** A message that is never evaluated, because its process's compute unit is away. */
async function never(live: LiveNetwork, process: Digest): Promise<string> {
  live.units.down.add(urls.compute);
  const { id } = await live.client.submit(live.sender.message(process, "Wait"));
  return idText(id);
}

test("a messenger takes no more than it may have unevaluated, and takes again when that falls", async () => {
  const live = await openLive({ limits: { unevaluatedMax: 3 } });
  const process = await live.spawned();
  await expect.poll(() => live.services.messenger.load().unevaluated).toBe(0);
  live.units.down.add(urls.compute);
  const send = () => live.client.submit(live.sender.message(process, "Do"));
  for (let i = 0; i < 3; i++) await send();
  await expect(send()).rejects.toThrow(/^OVERLOADED/);
  live.units.down.delete(urls.compute);
  await expect.poll(() => live.services.messenger.load().unevaluated, { timeout: 30_000 }).toBe(0);
  await send();
});

test("a scheduler's full queue refuses what is beyond it, and loses nothing that is in it", async () => {
  const live = await openLive();
  const { scheduler } = live.services;
  // Not by the messenger: the compute unit would follow the process and evaluate it all.
  const { process } = await scheduler.submit(live.spawn());
  const sample = live.sender.message(process, "Do");
  // The credulous verifier lets one signature stand for thousands of bodies.
  const { authorisation } = sample;
  const count = 8192 + 100;
  const many = Array.from({ length: count }, (_, i) => unsignedMessage(live, process, i));
  const outcomes = await scheduler.submitAll(
    many.map((body) => ({ body, authorisation, data: null })),
  );
  const slots = outcomes.flatMap((outcome) => ("slot" in outcome ? [outcome.slot] : []));
  const codes = outcomes.flatMap((outcome) => ("slot" in outcome ? [] : [outcome.code]));
  expect(new Set(codes)).toEqual(new Set(["OVERLOADED"]));
  expect(slots).toEqual(Array.from({ length: 8192 }, (_, i) => i + 1));
});

test("evaluation workers that are busy answer a dry run with 503, and the log goes on", async () => {
  const own = ownThread();
  let isBusy = false;
  const pool: EvaluationPool = {
    run: (key, job) =>
      isBusy && job.kind === "dry-run"
        ? Promise.reject(new WorkerPoolError("WORKER_POOL_BUSY", { waitingMax: 1 }))
        : own.run(key, job),
  };
  const live = await openLive({ pool });
  const process = await live.spawned();
  await live.compute.evaluation(process, 0, { timeoutMs: 20_000 });
  isBusy = true;
  const owner = { kind: 0, id: process };
  const response = await live.units.fetch(`${urls.compute}/processes/${idText(process)}/dry-run`, {
    method: "POST",
    headers: { "content-type": "application/msgpack" },
    body: dryRunRecord.encode({ owner, tags: [], data: quietData() }) as BodyInit,
  });
  expect(await problemOf(response)).toMatchObject({ status: 503, code: "WORKER_POOL_BUSY" });
  const slot = await live.send(process, quietData());
  expect(await live.compute.evaluation(process, slot, { timeoutMs: 20_000 })).not.toBeNull();
});

test("a sender that accepts no form of the answer is refused before its message has a slot", async () => {
  const live = await openLive();
  const process = await live.spawned();
  for (const unit of [urls.scheduler, urls.messenger]) {
    const message = live.sender.message(process, "Do");
    const post = (accept: string) =>
      live.units.fetch(`${unit}/messages`, {
        method: "POST",
        headers: { "content-type": "application/msgpack", accept },
        body: envelopeRecord.encode(message) as BodyInit,
      });
    expect((await post("text/html")).status, unit).toBe(406);
    const { next } = await live.services.scheduler.page(
      process,
      { from: 0, limit: 1, waitMs: 0 },
      new AbortController().signal,
    );
    expect(next, unit).toBe(unit === urls.scheduler ? 1 : 2);
    expect((await post("application/json")).status, unit).toBeLessThan(300);
  }
});

function unsignedMessage(live: LiveNetwork, process: Digest, number: number): Uint8Array {
  return bodyRecord.encode({
    network,
    owner: { kind: 0, id: live.sender.identity.address },
    target: process,
    anchor: u64be(number),
    notAfter: 0,
    depth: 0,
    budget: 1_000_000,
    tags: [],
    dataForm: 0,
    dataHash: null,
    dataSize: 0,
  });
}
