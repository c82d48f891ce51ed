import { expect, test } from "vitest";
import { EvaluationWork } from "../../compute-unit/evaluation-work.ts";
import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { quietData } from "../../src/testing/hostile-process.ts";
import { credulousVerifier, LiveNetwork } from "./live-network.ts";

test("a dry run between an evaluation and its storing runs on the newest state, and reloads nothing", async () => {
  const work = new EvaluationWork({ kernel: new StateKernel() });
  let loads = 0;
  let held: Promise<void> = Promise.resolve();
  let evaluations = 0;
  const pool: EvaluationPool = {
    run: async (_key, job) => {
      await Promise.resolve();
      if (job.kind === "load") loads++;
      const answer = work.answer(job);
      if (job.kind === "evaluate") {
        evaluations++;
        await held;
      }
      return answer;
    },
  };
  const live = await LiveNetwork.open({ pool, verifier: credulousVerifier });
  try {
    const process = await live.spawned();
    await live.compute.evaluation(process, 0, { timeoutMs: 20_000 });
    const before = { loads, evaluations };
    let release = (): void => undefined;
    held = new Promise((resolve) => {
      release = resolve;
    });
    const slot = await live.send(process, quietData());
    await expect.poll(() => evaluations).toBe(before.evaluations + 1);
    const owner = { kind: 0, id: process };
    await live.compute.dryRun(process, { owner, tags: [], data: quietData() });
    release();
    expect(await live.compute.evaluation(process, slot, { timeoutMs: 20_000 })).not.toBeNull();
    const next = await live.send(process, quietData());
    expect(await live.compute.evaluation(process, next, { timeoutMs: 20_000 })).not.toBeNull();
    expect(loads).toBe(before.loads);
  } finally {
    await live.close();
  }
});
