import { beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import type { WorkerPoolStatus } from "../src/node/worker-pool.ts";
import { gasLimitMax } from "../src/protocol/limits.ts";
import type { Tag } from "../src/protocol/message.ts";
import { TestSender, testIdentity } from "../src/testing/sender.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import { EvaluationLanes } from "./lanes.ts";

const digest = new Uint8Array(32).fill(7);
const sender = new TestSender({ identity: testIdentity(1), network: digest, clock: systemClock });
const status: WorkerPoolStatus = { waiting: 1, running: 1, serving: 1, answered: 1, deaths: 0 };

/** What each lane was asked, as `lane kind process`. */
let asked: string[];
/** Milliseconds that a message takes now. */
let cost: number;
/** Why messages fail now; null is that they do not. */
let reason: string | null;
/** No worker holds anything. */
let isCold: boolean;
let lanes: EvaluationLanes;
beforeEach(() => {
  asked = [];
  cost = 1;
  reason = null;
  isCold = false;
  lanes = new EvaluationLanes({ quick: poolOf("quick"), slow: poolOf("slow") });
});

function poolOf(lane: string) {
  return {
    run: (key: string | null, job: EvaluationJob): Promise<EvaluationAnswer> => {
      asked.push(`${lane} ${job.kind} ${key}`);
      return answerTo(job);
    },
    runNext: (key: string, job: EvaluationJob): Promise<EvaluationAnswer> => {
      asked.push(`${lane} ${job.kind} ${key} next`);
      return answerTo(job);
    },
    status: () => status,
    close: () => Promise.resolve(),
  };
}

function answerTo(job: EvaluationJob): Promise<EvaluationAnswer> {
  if (job.kind === "load") return Promise.resolve({ kind: "loaded", next: 0, root: digest });
  if (isCold) return Promise.resolve({ kind: "cold" });
  const diagnostic =
    reason === null ? null : { reason, text: "", file: null, line: null, column: null };
  const output = { slot: 0, result: digest, output: null, diagnostic, memoryBytes: 0 };
  if (job.kind === "drop") return Promise.resolve({ kind: "dropped" });
  const outputs = [output, output];
  return Promise.resolve({ kind: "evaluated", outputs, checkpoint: null, ms: 2 * cost });
}

const spawnOf = (tags: readonly Tag[] = []): Uint8Array =>
  sender.spawn({ module: digest, scheduler: digest, tags }).body;
const usual = spawnOf();
const hungry = spawnOf([{ name: "Gas-Limit", value: String(gasLimitMax) }]);

const evaluation = (process: string, spawn = usual): EvaluationJob => {
  return { kind: "evaluate", process, spawn, inputs: [], checkpoint: false, module: null };
};

/** Has a process evaluate two messages, and answers the lane that did it. */
async function laneOf(process: string, spawn = usual): Promise<string> {
  asked = [];
  await lanes.run(process, evaluation(process, spawn));
  return asked[0]?.split(" ")[0] ?? "none";
}

test("a process whose messages take long goes to the slow lane, and is dropped by the quick one", async () => {
  expect(await laneOf("a")).toBe("quick");
  cost = 30;
  expect(await laneOf("a")).toBe("quick");
  expect(asked).toEqual(["quick evaluate a", "quick drop a"]);
  expect(await laneOf("a")).toBe("slow");
  cost = 1;
  expect(await laneOf("b")).toBe("quick");
  expect(lanes.slowCount).toBe(1);
});

test("a process that was quick for long enough comes back, later after each fall", async () => {
  const messagesUntilBack = async (): Promise<number> => {
    cost = 1;
    for (let messages = 0; ; messages += 2) if ((await laneOf("a")) === "quick") return messages;
  };
  for (const asks of [64, 128, 256]) {
    cost = 30;
    await laneOf("a");
    expect(await messagesUntilBack()).toBe(asks);
  }
});

test("a process that is due a rest, however quick, leaves the quick lane to those that are not", async () => {
  reason = "gas";
  expect(await laneOf("a")).toBe("quick");
  expect(await laneOf("a")).toBe("quick");
  expect(asked).toEqual(["quick evaluate a", "quick drop a"]);
  for (let messages = 0; messages < 200; messages += 2) expect(await laneOf("a")).toBe("slow");
  reason = "trap";
  expect(await laneOf("b")).toBe("quick");
  for (let messages = 0; messages < 64; messages += 2) expect(await laneOf("a")).toBe("slow");
  expect(await laneOf("a")).toBe("quick");
});

test("a process that may use much in one message begins in the slow lane", async () => {
  expect(await laneOf("a", hungry)).toBe("slow");
  const memory = spawnOf([{ name: "Memory-Limit", value: String(256 * 1024 * 1024) }]);
  expect(await laneOf("b", memory)).toBe("slow");
  for (let messages = 0; messages < 32; messages += 2) await laneOf("a", hungry);
  expect(await laneOf("a", hungry)).toBe("quick");
});

test("a replay stays in its lane whatever it takes", async () => {
  cost = 1000;
  for (let i = 0; i < 3; i++) {
    await lanes.run("a", { kind: "replay", process: "a", spawn: usual, inputs: [], to: 1 });
  }
  expect(asked.every((one) => one.startsWith("quick replay a"))).toBe(true);
  expect(asked.length).toBe(3);
});

test("who begins to be loaded goes before those that wait, until something was evaluated", async () => {
  const process = "a";
  const evaluate = evaluation(process);
  isCold = true;
  await lanes.run(process, evaluate);
  const load = { process, spawn: usual, module: digest, saved: null, deltasFollow: false };
  await lanes.run(process, { kind: "load", ...load });
  isCold = false;
  await lanes.run(process, { kind: "replay", process, spawn: usual, inputs: [], to: 1 });
  await lanes.run(process, evaluate);
  await lanes.run(process, evaluate);
  const kinds = ["evaluate a", "load a next", "replay a next", "evaluate a next", "evaluate a"];
  expect(asked).toEqual(kinds.map((kind) => `quick ${kind}`));
});

test("counts what both lanes do", () => {
  expect(lanes.status()).toEqual({ waiting: 2, running: 2, serving: 2, answered: 2, deaths: 0 });
});
