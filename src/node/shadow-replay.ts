/**
 * Shadow replay: reads a process's log and runs it through the process's own module and another one
 * side by side. Nothing is sent, nothing is kept, and no compute unit is asked: both sides are
 * evaluated here.
 *
 * @module
 */

import type { SpawnTerms } from "../protocol/spawn.ts";
import type { EvaluationInput } from "../runtime/evaluation-input.ts";
import type { ShadowReport } from "../runtime/shadow-run.ts";
import { checkedPages, type LogSource, moduleOf, stepInput } from "./checked-pages.ts";
import { WorkerPool } from "./worker-pool.ts";
import { workerScript } from "./worker-script.ts";

export type ShadowJob =
  | {
      readonly kind: "open";
      readonly spawn: Uint8Array;
      readonly current: Uint8Array;
      readonly candidate: Uint8Array;
    }
  | { readonly kind: "evaluate"; readonly inputs: readonly EvaluationInput[] };

export interface ShadowReplayOptions extends LogSource {
  /** The other module's bytes. */
  readonly candidate: Uint8Array;
  /** Told after each page how many slots are done. */
  readonly onProgress: (slots: number) => void;
}

/** What both modules came to, and the terms of the process. */
export interface ShadowReplay {
  readonly report: ShadowReport;
  readonly terms: SpawnTerms;
}

const jobTimeoutMs = 300_000;
const stackSizeMb = 64;

/**
 * Replays a log through two modules. Null where the log is empty. Rejects with `LogFault`, with
 * `WORKER_JOB_FAILED` where the other module is refused, and where the scheduler does not answer.
 */
export async function shadowReplay(options: ShadowReplayOptions): Promise<ShadowReplay | null> {
  const pool = new WorkerPool<ShadowJob, ShadowReport>({
    script: workerScript("shadow-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs,
    resourceLimits: { stackSizeMb },
  });
  try {
    let replay: ShadowReplay | null = null;
    for await (const steps of checkedPages(options)) {
      const first = steps[0];
      if (first === undefined) break;
      const { terms } = first.entry;
      if (replay === null) {
        const { candidate, scheduler } = options;
        const current = await moduleOf(scheduler, terms);
        await pool.run(null, { kind: "open", spawn: first.item.body, current, candidate });
      }
      const report = await pool.run(null, { kind: "evaluate", inputs: steps.map(stepInput) });
      replay = { report, terms };
      options.onProgress(report.slots);
    }
    return replay;
  } finally {
    await pool.close();
  }
}
