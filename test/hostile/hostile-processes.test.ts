import { afterEach, beforeEach, expect, test } from "vitest";
import type { EvaluationAnswer, EvaluationJob } from "../../compute-unit/evaluation-job.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import { WorkerPool } from "../../src/node/worker-pool.ts";
import { workerScript } from "../../src/node/worker-script.ts";
import { encodeCanonical } from "../../src/protocol/codec.ts";
import type { Digest } from "../../src/protocol/ids.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { deedData, deeds, quietData } from "../../src/testing/hostile-process.ts";
import { LiveNetwork } from "./live-network.ts";

/** Generous: a hang is minutes. */
const hangMs = 30_000;

let pool: WorkerPool<EvaluationJob, EvaluationAnswer>;
let live: LiveNetwork;
beforeEach(async () => {
  pool = openPool(1);
  live = await LiveNetwork.open({ pool, verifier: referenceVerifier });
});
afterEach(async () => {
  await live.close();
  await pool.close();
});

function openPool(workerCount: number, jobTimeoutMs = 30_000) {
  return new WorkerPool<EvaluationJob, EvaluationAnswer>({
    script: workerScript("../../compute-unit/evaluation-worker"),
    workerCount,
    queueMax: 1000,
    jobTimeoutMs,
    resourceLimits: { stackSizeMb: 64 },
  });
}

interface Evaluated {
  readonly result: Result;
  readonly reason: string | null;
  readonly ms: number;
}

async function evaluated(process: Digest, slot: number): Promise<Evaluated> {
  const start = performance.now();
  const found = await live.compute.evaluation(process, slot, { timeoutMs: hangMs });
  if (found === null) throw new Error(`slot ${slot} is unknown`);
  const { diagnostic, result } = found;
  const ms = performance.now() - start;
  return { result: resultRecord.decode(result), reason: diagnostic?.reason ?? null, ms };
}

const longHead = encodeCanonical(["x".repeat(9000), 1]);
const deepOutput = new Uint8Array(100).fill(0x91);

const attempts: readonly (readonly [string, Uint8Array, string])[] = [
  ["loops for ever", deedData(deeds.loopForever), "gas"],
  ["divides for ever", deedData(deeds.divideForever), "gas"],
  ["recurses for ever", deedData(deeds.recurseForever), "stack"],
  ["grows for ever", deedData(deeds.growForever), "gas"],
  ["points beyond memory", deedData(deeds.pointNowhere), "memory-range"],
  ["points across the end of memory", deedData(deeds.pointAcrossTheEnd), "memory-range"],
  ["sends a million messages", deedData(deeds.sendMillion), "output"],
  ["logs a gigabyte", deedData(deeds.logGigabyte), "output"],
  ["returns two mebibytes", deedData(deeds.answerLong), "output"],
  ["traps", deedData(deeds.trap), "trap"],
  ["returns a record of a name 9 kB long", deedData(deeds.answer, longHead), "output"],
  ["returns arrays a hundred deep", deedData(deeds.answer, deepOutput), "output"],
  ["returns nothing", deedData(deeds.answer), "output"],
];

test("whatever a process does to its host is a failed result, and its state is untouched", async () => {
  const process = await live.spawned();
  const before = await evaluated(process, 0);
  const lines: string[] = [];
  let gone = 0;
  for (const [name, data, reason] of attempts) {
    const { result, reason: found, ms } = await evaluated(process, await live.send(process, data));
    gone++;
    const { exit, gasUsed, slot, preRoot, postRoot } = result;
    expect({ exit, gasUsed, slot, reason: found }, name).toEqual({
      exit: 1,
      gasUsed: 8_000_000,
      slot: gone,
      reason,
    });
    expect(postRoot, name).toEqual(before.result.postRoot);
    expect(preRoot, name).toEqual(before.result.postRoot);
    lines.push(`${name}: ${Math.round(ms)} ms`);
  }
  const after = await evaluated(process, await live.send(process, quietData()));
  expect(after.result.exit).toBe(0);
  console.log(lines.join("; "));
});

test("a process that breaks its own `alloc` fails from then on, and harms nobody else", async () => {
  for (const deed of [deeds.trapInAlloc, deeds.allocNowhere]) {
    const process = await live.spawned();
    const slot = await live.send(process, deedData(deed, quietData().subarray(9)));
    await evaluated(process, slot);
    const { result } = await evaluated(process, await live.send(process, quietData()));
    expect(result.exit, String(deed)).toBe(1);
  }
  const neighbour = await live.spawned();
  const { result } = await evaluated(neighbour, await live.send(neighbour, quietData()));
  expect(result.exit).toBe(0);
});

test("a process that runs into its limits again and again rests, until a message does not", async () => {
  const [process, neighbour] = [await live.spawned(), await live.spawned()];
  const answer = async (target: Digest): Promise<number> => {
    const start = performance.now();
    const { result } = await evaluated(target, await live.send(target, quietData()));
    expect(result.exit).toBe(0);
    return performance.now() - start;
  };
  await answer(process);
  await answer(neighbour);
  const loop = async (count: number): Promise<void> => {
    const slots: number[] = [];
    for (let i = 0; i < count; i++) {
      slots.push(await live.send(process, deedData(deeds.loopForever)));
    }
    for (const slot of slots) expect((await evaluated(process, slot)).reason).toBe("gas");
  };
  await loop(8);
  // What comes next was asked for while these were evaluated; what comes after that waits.
  await loop(1);
  const [rested, beside] = await Promise.all([answer(process), answer(neighbour)]);
  const after = await answer(process);
  expect(rested).toBeGreaterThan(200);
  expect(beside).toBeLessThan(rested);
  expect(after).toBeLessThan(rested);
  console.log(
    `rested ${Math.round(rested)} ms; beside ${Math.round(beside)}; then ${Math.round(after)}`,
  );
});

test("neighbours are answered while others use all the gas and memory that there is", async () => {
  const big = [
    { name: "Gas-Limit", value: "64000000" },
    { name: "Memory-Limit", value: String(64 * 1024 * 1024) },
  ];
  const hostile = await Promise.all([live.spawned(big), live.spawned(big)]);
  const neighbour = await live.spawned();
  await evaluated(neighbour, 0);
  const bursts = [deeds.writeEverywhere, deeds.loopForever, deeds.growForever];
  const sent: Promise<number>[] = [];
  for (const process of hostile) {
    for (let i = 0; i < 3; i++) {
      const deed = bursts[i % bursts.length] ?? deeds.trap;
      sent.push(live.send(process, deedData(deed, Uint8Array.of(0x00, 0x01))));
    }
  }
  await Promise.all(sent);
  const latencies: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const { result } = await evaluated(neighbour, await live.send(neighbour, quietData()));
    expect(result.exit).toBe(0);
    latencies.push(Math.round(performance.now() - start));
  }
  for (const process of hostile) await evaluated(process, 3);
  console.log(`a neighbour's messages took ${latencies.join(", ")} ms`);
  expect(pool.status().deaths).toBe(0);
});

test("a worker that overran its time is replaced, and its processes go on where they were", async () => {
  await live.close();
  await pool.close();
  // A whole life of growth takes a second or so; nothing else here takes a tenth of one.
  pool = openPool(1, 300);
  live = await LiveNetwork.open({ pool, verifier: referenceVerifier });
  const process = await live.spawned();
  const first = await live.send(process, quietData());
  await evaluated(process, first);
  const big = [
    { name: "Gas-Limit", value: "64000000" },
    { name: "Memory-Limit", value: String(256 * 1024 * 1024) },
  ];
  // How long it takes is the machine's affair, so there is a next one until a worker was ended.
  for (let tries = 0; tries < 10 && pool.status().deaths === 0; tries++) {
    const slow = await live.spawned(big);
    await live.send(slow, deedData(deeds.growForever));
    for (let looks = 0; looks < 60 && pool.status().deaths === 0; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  expect(pool.status().deaths).toBeGreaterThan(0);
  const { result } = await evaluated(process, await live.send(process, quietData()));
  expect({ exit: result.exit, slot: result.slot }).toEqual({ exit: 0, slot: first + 1 });
});
