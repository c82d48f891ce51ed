import { afterEach, beforeEach, expect, test } from "vitest";
import { EvaluationWork } from "../../compute-unit/evaluation-work.ts";
import type { ProofAnswer, ProofWork } from "../../compute-unit/proof-job.ts";
import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import { computeRoutes } from "../../compute-unit/routes.ts";
import { ComputeService } from "../../compute-unit/service.ts";
import { SchedulerService, schedulerRoutes } from "../../scheduler-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { computeClient } from "../../src/client/compute-client.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import type { ComputeStores, SchedulerStores } from "../../src/node/store/unit-stores.ts";
import { startUnitServer, type UnitServer } from "../../src/node/unit/unit-server.ts";
import { contentIdOf, type Digest, idText } from "../../src/protocol/ids.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { openEvents, type ReadEvent } from "../../src/testing/event-reader.ts";
import { deedData, deeds, hostileModule, quietData } from "../../src/testing/hostile-process.ts";
import { InProcessNetwork, quietLogger } from "../../src/testing/in-process-network.ts";
import { TestSender, testIdentity } from "../../src/testing/sender.ts";
import { openGate } from "../open-gate.ts";

const network = new Uint8Array(32).fill(5);
const [schedulerIdentity, computeIdentity] = [testIdentity(2), testIdentity(3)];
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const schedulerUrl = "http://scheduler.test";
const memoryLimit = 2 * 1024 * 1024;
const gasLimit = 400_000;
const module = await hostileModule;
const adapters = ["uws", "node"] as const;

let schedulerStores: SchedulerStores;
let scheduler: SchedulerService;
let stores: ComputeStores;
let service: ComputeService;
let server: UnitServer;
/** Lets the proofs go on that are held back. */
let prove: () => void;

/** Evaluates in this thread. */
function ownThread(): EvaluationPool {
  const work = new EvaluationWork({ kernel: new StateKernel() });
  return { run: (_key, job) => Promise.resolve().then(() => work.answer(job)) };
}

/** A prover that proves nothing before it may, and slot 1 never. */
async function proofOf(work: ProofWork, may: Promise<void>): Promise<ProofAnswer> {
  if (work.kind !== "prove") return { kind: "at", process: null, next: Number.MAX_SAFE_INTEGER };
  await may;
  if (work.input.slot === 1) return { kind: "unprovable", reason: "gas" };
  return { kind: "proven", proof: new Uint8Array(77), seconds: 3 };
}

async function serve(http: "uws" | "node", hasProver = true): Promise<void> {
  const units = new InProcessNetwork();
  const { content } = schedulerStores;
  const identity = schedulerIdentity;
  const routes = schedulerRoutes(scheduler);
  units.add(schedulerUrl, { role: "scheduler", identity, network, content, routes });
  const may = new Promise<void>((resolve) => {
    prove = resolve;
  });
  const pool = { run: (_: string | null, work: ProofWork) => proofOf(work, may) };
  service = new ComputeService({
    ...{ identity: computeIdentity, network, schedulers: [schedulerUrl], pool: ownThread() },
    ...{ results: stores.results, checkpoints: stores.checkpoints, gate: openGate },
    ...{ verifier: referenceVerifier, clock: systemClock, logger: quietLogger },
    fetchUnit: units.fetch,
    prover: hasProver ? { pool, proofs: stores.proofs, metrics: null } : null,
  });
  server = await startUnitServer({
    ...{ listen: { host: "127.0.0.1", port: 0 }, http, clock: systemClock, logger: quietLogger },
    routes: computeRoutes(service),
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
}

beforeEach(async () => {
  schedulerStores = await openMemoryStores({ role: "scheduler" });
  const { log, content } = schedulerStores;
  scheduler = new SchedulerService({
    ...{ address: schedulerIdentity.address, network, log, content, epoch: () => 1 },
    ...{ verifier: referenceVerifier, clock: systemClock },
  });
  await content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await content.put(contentIdOf(module), module);
  stores = await openMemoryStores({ role: "compute" });
});
afterEach(async () => {
  await service.stop();
  await server.close(1000);
  await scheduler.end();
  await Promise.all([schedulerStores.close(), stores.close()]);
});

async function spawned(): Promise<Digest> {
  const tags = [
    { name: "Memory-Limit", value: String(memoryLimit) },
    { name: "Gas-Limit", value: String(gasLimit) },
  ];
  const spawn = sender.compose({
    target: null,
    tags: [
      { name: "Module", value: idText(contentIdOf(module)) },
      { name: "Scheduler", value: idText(schedulerIdentity.address) },
      { name: "Compute", value: idText(computeIdentity.address) },
      ...tags,
    ],
    data: quietData(),
  });
  return (await scheduler.submit(spawn)).process;
}

const send = (process: Digest, data: Uint8Array) =>
  scheduler.submit(sender.message(process, "Do", { data }));
const client = () => computeClient(server.url);
const evaluated = (process: Digest, slot: number) =>
  client().evaluation(process, slot, { timeoutMs: 20_000 });
const eventsUrl = (process: Digest, query = ""): string =>
  `${server.url}/processes/${idText(process)}/results/events${query}`;

/** Reads a stream until a slot stands so. */
async function until(
  reader: { take(count: number): Promise<readonly ReadEvent[]> },
  isThere: (data: ReadEvent["data"]) => boolean,
): Promise<readonly ReadEvent[]> {
  const read: ReadEvent[] = [];
  while (true) {
    const [event] = await reader.take(1);
    if (event === undefined) throw new Error("the stream has ended");
    read.push(event);
    if (isThere(event.data)) return read;
  }
}

test.each(adapters)(
  "streams where results stand: evaluated, attested, then proven, over %s",
  async (http) => {
    await serve(http);
    const process = await spawned();
    const reader = await openEvents(eventsUrl(process, "?from=0"));
    const attested = await until(reader, ({ slot, attested: is }) => slot === 0 && is);
    expect(attested.every(({ event, id }) => event === "result" && id === "0")).toBe(true);
    const evaluation = await (
      await fetch(`${server.url}/processes/${idText(process)}/results/0`)
    ).json();
    const { message, exit, gasUsed, postRoot, finality } = evaluation as Record<string, unknown>;
    expect(attested.at(-1)?.data).toMatchObject({ message, exit, gasUsed, postRoot, finality });
    expect(attested.at(-1)?.data.memoryBytes).toBeGreaterThan(0);
    const message1 = await send(process, quietData());
    prove();
    const states = await until(
      reader,
      ({ slot, proof }) => slot === 1 && proof.state === "unprovable",
    );
    const of = (wanted: number) => states.filter(({ data }) => data.slot === wanted);
    expect(of(0).at(-1)?.data.proof).toEqual({ state: "proven", reason: null });
    expect(of(1).at(-1)?.data).toMatchObject({
      message: idText(message1.id),
      proof: { state: "unprovable", reason: "gas" },
    });
    reader.close();
  },
);

test.each(adapters)(
  "a reader that comes back goes on from the first slot that was not settled, over %s",
  async (http) => {
    await serve(http);
    const process = await spawned();
    for (let i = 0; i < 3; i++) await send(process, quietData());
    await evaluated(process, 3);
    const newest = await openEvents(eventsUrl(process));
    expect((await newest.take(1))[0]).toMatchObject({ id: "3", data: { slot: 3 } });
    newest.close();
    const back = await openEvents(eventsUrl(process, "?from=0"), { "last-event-id": "2" });
    expect((await back.take(2)).map(({ data }) => data.slot)).toEqual([2, 3]);
    back.close();
  },
);

test.each(adapters)("streams end at once when the unit stops, over %s", async (http) => {
  await serve(http);
  const process = await spawned();
  const reader = await openEvents(eventsUrl(process, "?from=0"));
  await until(reader, ({ slot, attested }) => slot === 0 && attested);
  const start = performance.now();
  service.onlookers.streams.end();
  expect(await reader.take(100)).toEqual([]);
  await server.close(5000);
  expect(performance.now() - start).toBeLessThan(2000);
});

test("shows how a process grew and what it took, at slots evenly spaced", async () => {
  await serve("node");
  const process = await spawned();
  for (const data of [quietData(), deedData(deeds.trap), quietData()]) await send(process, data);
  await evaluated(process, 3);
  const before = (await client().state(process)).memoryBytes;
  await send(process, deedData(deeds.writeEverywhere));
  for (let i = 0; i < 5; i++) await send(process, quietData());
  await evaluated(process, 9);
  const history = await client().history(process);
  expect(history).toMatchObject({ process: idText(process), from: 0, to: 9 });
  expect(history.points.map(({ slot }) => slot)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(history.points[2]).toMatchObject({ exit: "failed", gasUsed: gasLimit });
  const after = (await client().state(process)).memoryBytes;
  expect(history.points.map(({ memoryBytes }) => memoryBytes)).toEqual(
    history.points.map(({ slot }) => (slot < 4 ? before : after)),
  );
  expect(history.points[4]?.exit === "ok").toBe(after > before);
  const entries = (await (
    await fetch(`${server.url}/processes/${idText(process)}/history?from=1&to=8&points=3`)
  ).json()) as { points: { slot: number; at: number }[] };
  expect(entries.points.map(({ slot }) => slot)).toEqual([1, 5, 8]);
  const [at] = (await schedulerStores.log.range(process, 5, 1)).map(({ timestamp }) => timestamp);
  expect(entries.points[1]?.at).toBe(at);
  expect((await client().history(process, { from: 50 })).points).toEqual([]);
});

test("shows the queue of proofs, and that a unit proves nothing", async () => {
  await serve("node");
  const process = await spawned();
  for (let i = 0; i < 3; i++) await send(process, quietData());
  await evaluated(process, 3);
  await expect.poll(async () => (await client().proofs()).queue.length).toBe(3);
  const queue = await client().proofs({ limit: 2 });
  expect(queue).toMatchObject({
    ...{ prover: true, waiting: 4, current: { process: idText(process), slot: 0 } },
    queue: [{ slot: 1 }, { slot: 2 }],
    ...{ proven: [], unprovable: [] },
  });
  prove();
  await expect.poll(async () => (await client().proofs()).waiting).toBe(0);
  expect(await client().proofs()).toMatchObject({
    ...{ current: null, queue: [], unprovable: [{ slot: 1, reason: "gas" }] },
    proven: [3, 2, 0].map((slot) => ({ slot, bytes: 77, seconds: 3 })),
  });
  await service.stop();
  await server.close(1000);
  await serve("node", false);
  expect(await client().proofs()).toMatchObject({ prover: false, waiting: 0, queue: [] });
});

test("refuses what cannot be asked for, and streams nothing of a process that nobody serves", async () => {
  await serve("node");
  const process = await spawned();
  for (const path of [
    `/processes/${idText(process)}/history?points=1`,
    `/processes/${idText(process)}/history?points=257`,
    `/processes/${idText(process)}/history?from=-1`,
    `/processes/${idText(process)}/results/events?from=x`,
    "/proofs?limit=0",
    "/proofs?limit=257",
  ]) {
    const answer = await fetch(server.url + path);
    const { code } = (await answer.json()) as { code: string };
    expect([path, answer.status, code]).toEqual([path, 400, "REQUEST_INVALID"]);
  }
  await expect(openEvents(eventsUrl(new Uint8Array(32)))).rejects.toThrow("PROCESS_UNKNOWN");
});
