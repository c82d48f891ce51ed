/**
 * Feeds mutated requests to a live network, and asks in between whether it still does its work.
 *
 * @module
 */

import { EvaluationWork } from "../../compute-unit/evaluation-work.ts";
import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import type { Digest } from "../../src/protocol/ids.ts";
import { outputRecord } from "../../src/protocol/output.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { deedData, deeds, quietData } from "../../src/testing/hostile-process.ts";
import { Chance } from "./chance.ts";
import { credulousVerifier, LiveNetwork } from "./live-network.ts";
import { ask, type HostileRequest, mutateRequest, shown, validRequests } from "./requests.ts";

/** What became of the requests. */
export interface RequestReport {
  readonly requests: number;
  /** How often each status and code was answered. */
  readonly answers: ReadonlyMap<string, number>;
  readonly findings: readonly string[];
  readonly slowestMs: number;
}

/** Evaluates in this thread: what is fuzzed here is not the pool. */
function ownThread(): EvaluationPool {
  const work = new EvaluationWork({ kernel: new StateKernel() });
  return { run: (_key, job) => Promise.resolve().then(() => work.answer(job)) };
}

const findingsMax = 10;
/** How many requests are under way at once. */
const atOnce = 8;

/** Sends the requests `from` to below `to` to a new network. */
export async function fuzzRequests(from: number, to: number): Promise<RequestReport> {
  const answers = new Map<string, number>();
  const findings: string[] = [];
  let slowestMs = 0;
  const onUnhandled = (error: unknown): void => void findings.push(`unhandled: ${String(error)}`);
  process.on("unhandledRejection", onUnhandled);
  const live = await LiveNetwork.open({ pool: ownThread(), verifier: credulousVerifier });
  try {
    const target = await live.spawned();
    await seedOutbox(live, target);
    const requests = await validRequests(live, target);
    const one = async (number: number): Promise<void> => {
      const chance = new Chance(number);
      const request = mutateRequest(chance, chance.pick(requests));
      const start = performance.now();
      const { status, code, finding } = await ask(live, request);
      slowestMs = Math.max(slowestMs, performance.now() - start);
      const key = `${status} ${code}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      if (finding !== null) findings.push(`request ${number}: ${finding} ${shown(request)}`);
    };
    for (let at = from; at < to && findings.length < findingsMax; at += atOnce) {
      const numbers = Array.from({ length: Math.min(atOnce, to - at) }, (_, i) => at + i);
      await Promise.all(numbers.map(one));
    }
    if (findings.length === 0) findings.push(...(await healthOf(live, target, requests)));
  } finally {
    await live.close();
    process.off("unhandledRejection", onUnhandled);
  }
  return { requests: to - from, answers, findings, slowestMs };
}

/** Lets the process send to itself, so that batches with provenance are among the valid requests. */
async function seedOutbox(live: LiveNetwork, target: Digest): Promise<void> {
  const messages = [{ target, tags: [], data: quietData() }];
  const output = outputRecord.encode({ output: target, messages, spawns: [], logs: ["sent"] });
  const before = live.batches.length;
  await live.send(target, deedData(deeds.answer, output));
  for (let i = 0; i < 500 && live.batches.length < before + 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What no longer works after all that. */
async function healthOf(
  live: LiveNetwork,
  target: Digest,
  requests: readonly HostileRequest[],
): Promise<string[]> {
  const slot = await live.send(target, quietData());
  const found = await live.compute.evaluation(target, slot, { timeoutMs: 60_000 });
  const exit = found === null ? "no result" : resultRecord.decode(found.result).exit;
  const broken: string[] = exit === 0 ? [] : [`an honest message ends with ${exit}`];
  for (const request of requests) {
    const { finding } = await ask(live, request);
    if (finding !== null) broken.push(`valid: ${finding} ${shown(request)}`);
  }
  return broken;
}
