import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EvaluationAnswer, EvaluationJob } from "../../compute-unit/evaluation-job.ts";
import { computeRoutes } from "../../compute-unit/routes.ts";
import { ComputeService } from "../../compute-unit/service.ts";
import {
  SchedulerInstance,
  SchedulerService,
  schedulerRoutes,
} from "../../scheduler-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { computeClient } from "../../src/client/compute-client.ts";
import { referenceVerifier, verifySignature } from "../../src/crypto/signature.ts";
import { MemoryDisk } from "../../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import type { CheckpointStore } from "../../src/node/store/ports/checkpoint-store.ts";
import type { ComputeStores, SchedulerStores } from "../../src/node/store/unit-stores.ts";
import { WorkerPool } from "../../src/node/worker-pool.ts";
import { workerScript } from "../../src/node/worker-script.ts";
import { attestationClaim, attestationRecord } from "../../src/protocol/attestation.ts";
import type { Evaluation } from "../../src/protocol/evaluation.ts";
import { contentIdOf, idText } from "../../src/protocol/ids.ts";
import { outputRecord } from "../../src/protocol/output.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { InProcessNetwork, quietLogger } from "../../src/testing/in-process-network.ts";
import { type Composed, TestSender, testIdentity } from "../../src/testing/sender.ts";
import { openGate } from "../open-gate.ts";

const network = new Uint8Array(32).fill(5);
const schedulerIdentity = testIdentity(2);
const computeIdentity = testIdentity(3);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const schedulerUrl = "http://scheduler.test";
const computeUrl = "http://compute.test";
const counter = new Uint8Array(
  await readFile(new URL("../../dist/processes/counter.wasm", import.meta.url)),
);

interface Unit {
  readonly service: ComputeService;
  readonly stores: ComputeStores;
  readonly pool: WorkerPool<EvaluationJob, EvaluationAnswer>;
}

let units: InProcessNetwork;
let schedulerStores: SchedulerStores;
let scheduler: SchedulerService;
let instance: SchedulerInstance;
let disk: MemoryDisk;
let unit: Unit;

/** Errors that the unit under test wrote to its log. */
const errors: string[] = [];

/** What a unit under test may have of its own. */
interface UnitOptions {
  readonly checkpointsOf?: (store: CheckpointStore) => CheckpointStore;
  readonly checkpointSlots?: number;
}

async function openCompute(on: MemoryDisk, options: UnitOptions = {}): Promise<Unit> {
  const { checkpointsOf = (store) => store, ...others } = options;
  const stores = await openMemoryStores({ role: "compute", disk: on });
  const pool = new WorkerPool<EvaluationJob, EvaluationAnswer>({
    script: workerScript("../../compute-unit/evaluation-worker"),
    workerCount: 1,
    queueMax: 1000,
    jobTimeoutMs: 30_000,
    resourceLimits: { stackSizeMb: 64 },
  });
  const service = new ComputeService({
    identity: computeIdentity,
    network,
    results: stores.results,
    checkpoints: checkpointsOf(stores.checkpoints),
    schedulers: [schedulerUrl],
    pool,
    verifier: referenceVerifier,
    gate: openGate,
    clock: systemClock,
    logger: { ...quietLogger, error: (message) => errors.push(message) },
    fetchUnit: units.fetch,
    ...others,
  });
  const { content } = stores;
  const routes = computeRoutes(service);
  units.add(computeUrl, { role: "compute", identity: computeIdentity, network, content, routes });
  return { service, stores, pool };
}

async function closeCompute({ service, pool, stores }: Unit): Promise<void> {
  await service.stop();
  await pool.close();
  await stores.close();
}

beforeEach(async () => {
  units = new InProcessNetwork();
  schedulerStores = await openMemoryStores({ role: "scheduler" });
  instance = new SchedulerInstance({
    leases: schedulerStores.lease,
    clock: systemClock,
    random: systemRandom,
  });
  await instance.start();
  const { log, content } = schedulerStores;
  scheduler = new SchedulerService({
    address: schedulerIdentity.address,
    network,
    log,
    content,
    verifier: referenceVerifier,
    clock: systemClock,
    epoch: () => instance.epoch(),
  });
  const routes = schedulerRoutes(scheduler);
  units.add(schedulerUrl, {
    role: "scheduler",
    identity: schedulerIdentity,
    network,
    content,
    routes,
  });
  disk = new MemoryDisk();
  unit = await openCompute(disk);
});

afterEach(async () => {
  await closeCompute(unit);
  await scheduler.end();
  await instance.stop();
  await schedulerStores.close();
});

async function put(module: Uint8Array): Promise<Uint8Array> {
  const id = contentIdOf(module);
  await schedulerStores.content.reserve(id, module.length, Date.now() + 60_000);
  await schedulerStores.content.put(id, module);
  return id;
}

async function spawn(module = counter, tags: { name: string; value: string }[] = []) {
  const composed = sender.spawn({
    module: await put(module),
    scheduler: schedulerIdentity.address,
    compute: [computeIdentity.address],
    tags,
  });
  return (await scheduler.submit(composed)).process;
}

const wait = { timeoutMs: 30_000 };
const client = () => computeClient(computeUrl, units.fetch);

async function resultAt(process: Uint8Array, slot: number): Promise<Evaluation> {
  const evaluation = await client().evaluation(process, slot, wait);
  if (evaluation === null) throw new Error(`no result of slot ${slot}`);
  return evaluation;
}

async function send(process: Uint8Array, action: string): Promise<Composed> {
  const message = sender.message(process, action);
  await scheduler.submit(message);
  return message;
}

const committed = (evaluation: Evaluation): Result => resultRecord.decode(evaluation.result);
const text = (evaluation: Evaluation): string | null =>
  evaluation.output === null
    ? null
    : new TextDecoder().decode(outputRecord.decode(evaluation.output).output);

test("evaluates a log slot by slot and attests every result", async () => {
  const process = await spawn();
  await send(process, "Increment");
  const message = await send(process, "Increment");
  const last = await resultAt(process, 2);
  expect(text(last)).toBe("2");
  const first = await resultAt(process, 0);
  const middle = await resultAt(process, 1);
  expect(committed(middle).preRoot).toEqual(committed(first).postRoot);
  expect(committed(last).preRoot).toEqual(committed(middle).postRoot);
  for (const { attestation, result } of [first, middle, last]) {
    if (attestation === null) throw new Error("not attested");
    const claim = attestationClaim(attestationRecord.decode(attestation), result);
    expect(verifySignature(claim)).toBe(true);
  }
  const byMessage = await client().evaluation(process, message.id);
  expect(byMessage?.result).toEqual(last.result);
});

test("answers pages of results from the first slot up, and from the newest down", async () => {
  const process = await spawn();
  for (let i = 0; i < 3; i++) await send(process, "Increment");
  await resultAt(process, 3);
  const page = async (query: { readonly order?: "asc" | "desc"; readonly from?: number }) =>
    (await client().evaluations(process, { ...query, limit: 3 })).map(
      (evaluation) => committed(evaluation).slot,
    );
  expect(await page({})).toEqual([0, 1, 2]);
  expect(await page({ order: "desc" })).toEqual([3, 2, 1]);
  expect(await page({ order: "desc", from: 1 })).toEqual([1, 0]);
  expect(await page({ order: "asc", from: 2 })).toEqual([2, 3]);
});

test("a unit that starts empty, and one that is restored, come to the same bytes", async () => {
  const process = await spawn();
  for (let i = 0; i < 140; i++) await send(process, i % 7 === 6 ? "No-Such-Action" : "Increment");
  const newest = await resultAt(process, 140);
  const results = async () =>
    (await unit.stores.results.range(process, 0, 1000, "ascending")).map(({ result }) => result);
  const before = await results();
  expect((await unit.stores.checkpoints.slots(process)).length).toBeGreaterThan(0);
  await closeCompute(unit);
  unit = await openCompute(disk);
  await send(process, "Increment");
  expect(committed(await resultAt(process, 141)).preRoot).toEqual(committed(newest).postRoot);
  await closeCompute(unit);
  unit = await openCompute(new MemoryDisk());
  await resultAt(process, 141);
  expect((await results()).slice(0, 141)).toEqual(before);
});

test("a checkpoint whose pages are not its state is passed over, to the genesis if need be", async () => {
  await closeCompute(unit);
  unit = await openCompute(disk, { checkpointSlots: 8 });
  const process = await spawn();
  for (let i = 0; i < 30; i++) await send(process, i % 7 === 6 ? "No-Such-Action" : "Increment");
  let newest = await resultAt(process, 30);
  const slots = await unit.stores.checkpoints.slots(process);
  expect(slots.length).toBeGreaterThan(1);
  // From the newest alone to all of them.
  for (const broken of [slots.slice(-1), slots]) {
    await closeCompute(unit);
    errors.length = 0;
    const checkpointsOf = (store: CheckpointStore) => spoilt(store, broken);
    unit = await openCompute(disk, { checkpointsOf });
    await send(process, "Increment");
    const next = await resultAt(process, committed(newest).slot + 1);
    const { preRoot, exit } = committed(next);
    expect({ preRoot, exit }).toEqual({ preRoot: committed(newest).postRoot, exit: 0 });
    expect(errors).toEqual(broken.map(() => "a stored checkpoint is of another state"));
    newest = next;
  }
});

/** A store that gives back other pages at these slots than it was given. */
function spoilt(store: CheckpointStore, broken: readonly number[]): CheckpointStore {
  return {
    save: (batch) => store.save(batch),
    slots: (process) => store.slots(process),
    retain: (process, kept) => store.retain(process, kept),
    load: async (process, atOrBefore) => {
      const found = await store.load(process, atOrBefore);
      if (found === null || !broken.includes(found.slot)) return found;
      const memory = found.memory.slice();
      memory[5000] = (memory[5000] ?? 0) ^ 1;
      return { ...found, memory };
    },
  };
}

test("a module that is no process fails slot 0 with its reason, and every slot after it", async () => {
  const process = await spawn(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0));
  await send(process, "Increment");
  const first = await resultAt(process, 0);
  expect(committed(first)).toMatchObject({ exit: 1, gasUsed: 8_000_000, outboxCount: 0 });
  expect(first.diagnostic).toMatchObject({ reason: "module" });
  expect(first.diagnostic?.text).toMatch(/VERSION_UNSUPPORTED.*offset/);
  const second = await resultAt(process, 1);
  expect(committed(second)).toMatchObject({ exit: 1, gasUsed: 8_000_000 });
  expect(second.diagnostic?.reason).toBe("stillborn");
  expect(committed(second).postRoot).toEqual(committed(first).preRoot);
});

test("no message runs on a process whose slot 0 failed, also where both wait together", async () => {
  const token = new URL("../../dist/processes/token.wasm", import.meta.url);
  const tags = [{ name: "Denomination", value: "99" }];
  const process = await spawn(new Uint8Array(await readFile(token)), tags);
  for (let i = 0; i < 3; i++) await send(process, "Info");
  const last = await resultAt(process, 3);
  const first = await resultAt(process, 0);
  expect(first.diagnostic).toMatchObject({ reason: "abort" });
  for (const later of [await resultAt(process, 1), await resultAt(process, 2), last]) {
    expect(later.diagnostic?.reason).toBe("stillborn");
    expect(committed(later).postRoot).toEqual(committed(first).preRoot);
  }
});

test("a dry run shows what would come and changes nothing", async () => {
  const process = await spawn();
  await send(process, "Increment");
  await resultAt(process, 1);
  const owner = { kind: 0, id: new Uint8Array(32) };
  const request = { owner, tags: [{ name: "Action", value: "Increment" }], data: null };
  for (let i = 0; i < 2; i++) {
    const dry = await client().dryRun(process, request);
    expect(text(dry)).toBe("2");
    expect(dry).toMatchObject({
      attestation: null,
      proof: { state: "unprovable", reason: "dry run" },
    });
  }
  await send(process, "Increment");
  expect(text(await resultAt(process, 2))).toBe("2");
});

test("says what it does not know, with the code of why", async () => {
  const process = await spawn();
  await resultAt(process, 0);
  const codeOf = (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => "none",
      (error: { code?: string }) => error.code ?? "no code",
    );
  const path = (p: Uint8Array, place: string) => `/processes/${idText(p)}/results/${place}`;
  const get = (p: string) => client().unit.call({ method: "GET", path: p });
  expect(await codeOf(get(path(process, "7")))).toBe("RESULT_PENDING");
  expect(await codeOf(get(path(new Uint8Array(32), "0")))).toBe("PROCESS_UNKNOWN");
  expect(await codeOf(get(path(process, "x")))).toBe("ID_MALFORMED");
  expect(await codeOf(get(`/processes/${idText(process)}/proofs/0`))).toBe("PROOF_PENDING");
});

test("serves state and memory of the newest slot", async () => {
  const process = await spawn();
  await send(process, "Increment");
  const { postRoot } = committed(await resultAt(process, 1));
  const state = await client().state(process);
  expect(state).toMatchObject({ slot: 1, root: idText(postRoot), fault: null });
  const path = `/processes/${idText(process)}/memory?from=0&length=65536`;
  const { body } = await client().unit.call({ method: "GET", path });
  expect(body.length).toBe(65_536);
  expect(state.memoryBytes).toBeGreaterThanOrEqual(65_536);
});

test("waits for a scheduler that is down, and goes on when it is back", async () => {
  const process = await spawn();
  await resultAt(process, 0);
  await closeCompute(unit);
  units.down.add(schedulerUrl);
  unit = await openCompute(disk);
  const before = client().evaluation(process, 1, wait);
  await systemClock.sleep(300);
  units.down.delete(schedulerUrl);
  await send(process, "Increment");
  expect(await before).not.toBeNull();
});
