import { afterEach, expect, test } from "vitest";
import { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

interface TestJob {
  readonly deed: string;
  readonly [field: string]: unknown;
}

const pools: WorkerPool<TestJob, unknown>[] = [];

function newPool(options: Partial<WorkerPoolOptions> = {}): WorkerPool<TestJob, unknown> {
  const pool = new WorkerPool<TestJob, unknown>({
    script: new URL("worker-pool.fixture.mjs", import.meta.url),
    workerCount: 1,
    queueMax: 100,
    jobTimeoutMs: 20_000,
    ...options,
  });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

test("answers every job with its own answer", async () => {
  const pool = newPool({ workerCount: 2 });
  const values = Array.from({ length: 50 }, (_, value) => value);
  const answers = await Promise.all(
    values.map((value) => pool.run(null, { deed: "double", value })),
  );
  expect(answers).toEqual(values.map((value) => value * 2));
  expect(pool.status()).toMatchObject({ answered: 50, waiting: 0, running: 0, deaths: 0 });
});

test("a key's jobs run in one worker and in order; other jobs run in all", async () => {
  const pool = newPool({ workerCount: 2 });
  const threads = new Set(await Promise.all(Array.from({ length: 8 }, () => pool.run("a", where))));
  expect(threads.size).toBe(1);
  const counts = Array.from({ length: 8 }, () => pool.run("a", { deed: "count", key: "a" }));
  expect(await Promise.all(counts)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const keys = ["a", "b", "c", "d", "e", "f"];
  const places = await Promise.all(keys.map((key) => pool.run(key, where)));
  expect(new Set(places).size).toBe(2);
  const waits = Array.from({ length: 2 }, () => pool.run(null, { deed: "wait", ms: 50 }));
  expect(pool.status().running + pool.status().waiting).toBe(2);
  await Promise.all(waits);
});

const where = { deed: "where" };

test("urgent jobs go before those that wait, in their own order", async () => {
  const pool = newPool();
  await pool.run(null, where);
  const order: string[] = [];
  const done = (name: string) => () => order.push(name);
  const jobs = [
    pool.run("a", { deed: "wait", ms: 50 }).then(done("running")),
    pool.run("b", where).then(done("second")),
    pool.run(null, where).then(done("third")),
    pool.runNext("c", where).then(done("urgent")),
    pool.runNext("d", where).then(done("urgent after")),
  ];
  await Promise.all(jobs);
  expect(order).toEqual(["running", "urgent", "urgent after", "second", "third"]);
});

test("refuses a job when its queue is full, and takes one again when there is room", async () => {
  const pool = newPool({ queueMax: 2 });
  await pool.run(null, where);
  const running = pool.run(null, { deed: "wait", ms: 100, value: 1 });
  const waiting = [pool.run(null, where), pool.run("key", where)];
  await expect(pool.run(null, where)).rejects.toMatchObject({ code: "WORKER_POOL_BUSY" });
  await expect(pool.run("key", where)).rejects.toMatchObject({ code: "WORKER_POOL_BUSY" });
  expect(await running).toBe(1);
  await Promise.all(waiting);
  await pool.run(null, where);
});

test("a handler that throws, or answers what cannot be sent, fails its job alone", async () => {
  const pool = newPool();
  const failed = pool.run(null, { deed: "fail" });
  await expect(failed).rejects.toMatchObject({ code: "WORKER_JOB_FAILED" });
  await expect(failed).rejects.toThrow("the handler says no");
  const uncloneable = pool.run(null, { deed: "uncloneable" });
  await expect(uncloneable).rejects.toMatchObject({ code: "WORKER_JOB_FAILED" });
  const unsendable = pool.run(null, { deed: "double", value: () => 1 });
  await expect(unsendable).rejects.toMatchObject({ code: "WORKER_JOB_FAILED" });
  expect(await pool.run(null, { deed: "double", value: 4 })).toBe(8);
  expect(pool.status().deaths).toBe(0);
});

test("ends a worker that overruns its time, fails that job alone, and replaces the worker", async () => {
  const pool = newPool({ jobTimeoutMs: 1000, attemptsMax: 3 });
  const before = await pool.run(null, where);
  const hanging = pool.run(null, { deed: "hang" });
  const next = pool.run(null, where);
  await expect(hanging).rejects.toMatchObject({ code: "WORKER_TIMEOUT" });
  expect(await next).not.toBe(before);
  expect(pool.status()).toMatchObject({ deaths: 1, serving: 1 });
});

test("a job whose worker dies is tried again elsewhere, as often as the pool allows", async () => {
  const pool = newPool({ attemptsMax: 2 });
  const flag = new SharedArrayBuffer(4);
  expect(await pool.run("key", { deed: "exitOnce", flag, value: 7 })).toBe(7);
  expect(pool.status().deaths).toBe(1);
  const deadly = pool.run(null, { deed: "exit" });
  await expect(deadly).rejects.toMatchObject({ code: "WORKER_DIED", fields: { attempts: 2 } });
  expect(await pool.run(null, { deed: "double", value: 1 })).toBe(2);
});

test("without a second attempt, and after a transfer, a death fails the job", async () => {
  const single = newPool();
  await expect(single.run(null, { deed: "exit" })).rejects.toMatchObject({ code: "WORKER_DIED" });
  const pool = newPool({ attemptsMax: 5 });
  const bytes = new Uint8Array([1, 2, 3]);
  expect(await pool.run(null, { deed: "sum", bytes }, [bytes.buffer])).toBe(6);
  expect(bytes.length).toBe(0);
  const moved = new Uint8Array(3);
  const deadly = pool.run(null, { deed: "exit", moved }, [moved.buffer]);
  await expect(deadly).rejects.toMatchObject({ code: "WORKER_DIED", fields: { attempts: 1 } });
});

test("survives exceptions outside the handler, and a heap that is full", async () => {
  const pool = newPool({ resourceLimits: { maxOldGenerationSizeMb: 16 } });
  const thrown = await pool.run(null, { deed: "throwLater" }).catch((error: unknown) => error);
  expect(thrown).toMatchObject({
    code: "WORKER_DIED",
    cause: { message: "thrown outside the handler" },
  });
  const full = await pool.run(null, { deed: "hoard" }).catch((error: unknown) => error);
  expect(full).toMatchObject({ code: "WORKER_DIED", cause: { code: "ERR_WORKER_OUT_OF_MEMORY" } });
  expect(await pool.run(null, { deed: "double", value: 2 })).toBe(4);
});

test("gives workers the stack they are to have", async () => {
  const deep = { deed: "depth", levels: 200_000 };
  const small = newPool({ resourceLimits: { stackSizeMb: 2 } });
  await expect(small.run(null, deep)).rejects.toMatchObject({ code: "WORKER_JOB_FAILED" });
  const large = newPool({ resourceLimits: { stackSizeMb: 64 } });
  expect(await large.run(null, deep)).toBe(200_000);
});

test("a worker that cannot start fails the jobs that wait for it, and does not start in a loop", async () => {
  const pool = newPool({ workerData: { failStart: true } });
  const jobs = [pool.run(null, where), pool.run("key", where)];
  for (const settled of await Promise.allSettled(jobs)) {
    expect(settled).toMatchObject({ reason: { code: "WORKER_START_FAILED" } });
  }
  const deaths = pool.status().deaths;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(pool.status().deaths).toBe(deaths);
  await expect(pool.run(null, where)).rejects.toMatchObject({ code: "WORKER_START_FAILED" });
});

test("a worker that hangs while it starts is given up", async () => {
  const pool = newPool({ workerData: { hangStart: true }, startTimeoutMs: 300 });
  await expect(pool.run(null, where)).rejects.toMatchObject({ code: "WORKER_START_FAILED" });
});

test("closing fails what runs and what waits, and takes nothing more", async () => {
  const pool = newPool();
  const jobs = [pool.run(null, { deed: "hang" }), pool.run(null, where), pool.run("key", where)];
  const settled = Promise.allSettled(jobs);
  await pool.close();
  for (const result of await settled) {
    expect(result).toMatchObject({ reason: { code: "WORKER_POOL_CLOSED" } });
  }
  await expect(pool.run(null, where)).rejects.toMatchObject({ code: "WORKER_POOL_CLOSED" });
  await pool.close();
});
