/**
 * Shadow replay: reads a process's log and runs it through the process's own module and another one
 * side by side. Nothing is sent, nothing is kept, and no compute unit is asked: both sides are
 * evaluated here.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { IsProven } from "../protocol/provenance.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { EvaluationInput } from "../runtime/evaluation-input.ts";
import type { ShadowDifference, ShadowTally } from "../runtime/shadow-run.ts";
import type { StateDifference } from "../runtime/state-difference.ts";
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
  | { readonly kind: "evaluate"; readonly inputs: readonly EvaluationInput[] }
  /** Asks how the states differ after the last slot. */
  | { readonly kind: "state" };

export interface ShadowAnswer {
  readonly tally: ShadowTally;
  readonly state: StateDifference | null;
}

export interface ShadowReplayOptions extends LogSource {
  /** The other module's bytes. */
  readonly candidate: Uint8Array;
  /** Told after each page how many slots are done. */
  readonly onProgress: (slots: number) => void;
}

/** A shadow shows what another module would do, and verifies nobody. */
const believed = async (): Promise<IsProven> => () => true;

/** What both modules came to. */
export interface ShadowReport extends ShadowTally {
  readonly firstState: (ShadowDifference & { readonly state: StateDifference }) | null;
  /** The terms of the process. */
  readonly terms: SpawnTerms;
}

const jobTimeoutMs = 300_000;
const stackSizeMb = 64;

type Pool = WorkerPool<ShadowJob, ShadowAnswer>;

/**
 * Replays a log through two modules. Null where the log is empty. Rejects with `LogFault`, with
 * `WORKER_JOB_FAILED` where the other module is refused, and where the scheduler does not answer.
 *
 * The roots of a page's slots are computed together, which is four times quicker than one by one, but
 * leaves no state between them to look at. So the log is read twice as far as its first difference.
 */
export async function shadowReplay(options: ShadowReplayOptions): Promise<ShadowReport | null> {
  const pool: Pool = new WorkerPool({
    script: workerScript("shadow-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs,
    resourceLimits: { stackSizeMb },
  });
  try {
    const read = await readLog(options, pool);
    if (read === null) return null;
    const { firstState } = read.tally;
    if (firstState === null) return { ...read.tally, firstState, terms: read.terms };
    await readLog({ ...options, to: firstState.slot, onProgress: () => undefined }, pool);
    const { state } = await pool.run(null, { kind: "state" });
    assert(state !== null, "the worker was asked for it");
    return { ...read.tally, firstState: { ...firstState, state }, terms: read.terms };
  } finally {
    await pool.close();
  }
}

async function readLog(
  options: ShadowReplayOptions,
  pool: Pool,
): Promise<{ readonly tally: ShadowTally; readonly terms: SpawnTerms } | null> {
  const { candidate, scheduler, onProgress } = options;
  let read: { readonly tally: ShadowTally; readonly terms: SpawnTerms } | null = null;
  // One page is evaluated while the next one is checked.
  let evaluating: Promise<void> = Promise.resolve();
  for await (const steps of checkedPages(options, believed)) {
    const first = steps[0];
    if (first === undefined) break;
    const { terms } = first.entry;
    if (read === null) {
      const current = await moduleOf(scheduler, terms);
      const spawn = first.item.body;
      const { tally } = await pool.run(null, { kind: "open", spawn, current, candidate });
      read = { tally, terms };
    }
    await evaluating;
    evaluating = pool
      .run(null, { kind: "evaluate", inputs: steps.map(stepInput) })
      .then(({ tally }) => {
        read = { tally, terms };
        onProgress(tally.slots);
      });
    // Awaited before the next page, or at the end.
    evaluating.catch(() => undefined);
  }
  await evaluating;
  return read;
}
