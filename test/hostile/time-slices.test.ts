import { expect, test } from "vitest";
import { EvaluationWork } from "../../compute-unit/evaluation-work.ts";
import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { quietData } from "../../src/testing/hostile-process.ts";
import { credulousVerifier, LiveNetwork } from "./live-network.ts";

test("a job out of time answers what it has, and the rest is evaluated by the next", async () => {
  let time = 0;
  // Every look at the clock finds a second gone.
  const work = new EvaluationWork({ kernel: new StateKernel(), now: () => (time += 1000) });
  const sizes: (readonly [number, number])[] = [];
  const pool: EvaluationPool = {
    run: async (_key, job) => {
      await Promise.resolve();
      const answer = work.answer(job);
      if (job.kind === "evaluate" && answer.kind === "evaluated") {
        sizes.push([job.inputs.length, answer.outputs.length]);
      }
      return answer;
    },
  };
  const live = await LiveNetwork.open({ pool, verifier: credulousVerifier });
  try {
    const process = await live.spawned();
    const messages = Array.from({ length: 12 }, () =>
      live.sender.message(process, "Do", { data: quietData() }),
    );
    await live.services.scheduler.submitAll(messages);
    for (let slot = 0; slot <= messages.length; slot++) {
      const found = await live.compute.evaluation(process, slot, { timeoutMs: 20_000 });
      const { exit, slot: own } = resultRecord.decode(found?.result ?? new Uint8Array(0));
      expect({ exit, own }).toEqual({ exit: 0, own: slot });
    }
    expect(Math.max(...sizes.map(([given]) => given))).toBeGreaterThan(1);
    expect(sizes.every(([, answered]) => answered === 1)).toBe(true);
  } finally {
    await live.close();
  }
});
