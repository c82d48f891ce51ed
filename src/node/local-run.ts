/**
 * A process on this machine: its log from a scheduler, checked and evaluated up to some slot, and then
 * looked at. No compute unit is asked, and nothing is sent or kept.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { IsProven } from "../protocol/provenance.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { EvaluationInput, EvaluationOutput } from "../runtime/evaluation-input.ts";
import type { GasProfile, ProfiledState } from "../runtime/gas-profile.ts";
import {
  checkedPages,
  type LogSource,
  type LogStep,
  moduleOf,
  stepInput,
} from "./checked-pages.ts";
import { WorkerPool } from "./worker-pool.ts";
import { workerScript } from "./worker-script.ts";

export type LocalJob =
  | { readonly kind: "open"; readonly spawn: Uint8Array; readonly module: Uint8Array }
  | { readonly kind: "evaluate"; readonly inputs: readonly EvaluationInput[] }
  | { readonly kind: "profile"; readonly input: EvaluationInput }
  | { readonly kind: "survey"; readonly input: EvaluationInput }
  | { readonly kind: "state" };

export type LocalAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "profile"; readonly profiled: Profiled }
  | { readonly kind: "survey"; readonly surveyed: Surveyed }
  | { readonly kind: "state"; readonly state: ProfiledState };

/** A message that ran on a state and was undone. */
export interface Profiled {
  readonly output: EvaluationOutput;
  /** Null where the process cannot run at all. */
  readonly profile: GasProfile | null;
}

/** What a proof of a message would be made of. */
export interface Surveyed {
  readonly output: EvaluationOutput;
  /** Rows of each segment; null where there would be no proof. */
  readonly segments: readonly number[] | null;
  /** Why there would be none, in the words of a compute unit. */
  readonly reason: string | null;
}

/** A process in the state after its last evaluated slot. */
export interface LocalProcess {
  readonly terms: SpawnTerms;
  /** The module's bytes. */
  readonly module: Uint8Array;
  /** Slots that were evaluated. */
  readonly slots: number;
  /** The slot asked for, where it was to be left out. */
  readonly last: EvaluationInput | null;
  /** Runs a message and says where its gas goes. */
  profile(input: EvaluationInput): Promise<Profiled>;
  /** Runs a message and says what its proof would be made of. */
  survey(input: EvaluationInput): Promise<Surveyed>;
  /** Memory and globals; both empty where the process cannot run. */
  state(): Promise<ProfiledState>;
}

export interface LocalRunOptions extends LogSource {
  /** Leaves the slot `to` out of what is evaluated, and hands it on. */
  readonly before: boolean;
  /** Told after each page how many slots are done. */
  readonly onProgress: (slots: number) => void;
}

const jobTimeoutMs = 300_000;
const stackSizeMb = 64;

/** Who looks at a process verifies nobody. */
const believed = async (): Promise<IsProven> => () => true;

type Pool = WorkerPool<LocalJob, LocalAnswer>;

/**
 * Evaluates a log and hands the process to `use`, for as long as that takes. Rejects with `LogFault`,
 * with `SLOT_UNKNOWN` where the log ends before a slot that was asked for, and where the scheduler does
 * not answer.
 */
export async function withLocalProcess<Value>(
  options: LocalRunOptions,
  use: (process: LocalProcess) => Promise<Value>,
): Promise<Value> {
  const pool: Pool = new WorkerPool({
    script: workerScript("local-run-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs,
    resourceLimits: { stackSizeMb },
  });
  try {
    return await use(await evaluateLog(options, pool));
  } finally {
    await pool.close();
  }
}

async function evaluateLog(options: LocalRunOptions, pool: Pool): Promise<LocalProcess> {
  const { to, before, onProgress } = options;
  let opened: Pick<LocalProcess, "terms" | "module"> | null = null;
  let slots = 0;
  let last: LogStep | null = null;
  for await (const steps of checkedPages(options, believed)) {
    opened ??= await open(steps, options, pool);
    const evaluated = before ? steps.filter(({ entry }) => entry.entry.slot !== to) : steps;
    last = before ? (steps.find(({ entry }) => entry.entry.slot === to) ?? null) : null;
    await pool.run(null, { kind: "evaluate", inputs: evaluated.map(stepInput) });
    slots += evaluated.length;
    onProgress(slots);
  }
  const isThere = before ? last !== null : slots > to || to >= newest;
  if (opened === null || !isThere) {
    throw new ProtocolError("SLOT_UNKNOWN", { asked: to, slots });
  }
  return {
    ...opened,
    slots,
    last: last === null ? null : stepInput(last),
    profile: async (input) => (await ask(pool, { kind: "profile", input })).profiled,
    survey: async (input) => (await ask(pool, { kind: "survey", input })).surveyed,
    state: async () => (await ask(pool, { kind: "state" })).state,
  };
}

type AnswerTo<Kind> = Extract<LocalAnswer, { readonly kind: Kind }>;

async function ask<Job extends LocalJob & { readonly kind: "profile" | "survey" | "state" }>(
  pool: Pool,
  job: Job,
): Promise<AnswerTo<Job["kind"]>> {
  const answer = await pool.run(null, job);
  assert(answer.kind === job.kind, "an answer is of the kind of its question");
  return answer as AnswerTo<Job["kind"]>;
}

/** `to` of a log source that means its end, wherever that is. */
export const newest: number = Number.MAX_SAFE_INTEGER - 1;

async function open(
  steps: readonly LogStep[],
  { scheduler }: LocalRunOptions,
  pool: Pool,
): Promise<Pick<LocalProcess, "terms" | "module"> | null> {
  const [first] = steps;
  if (first === undefined) return null;
  const { terms } = first.entry;
  const module = await moduleOf(scheduler, terms);
  await pool.run(null, { kind: "open", spawn: first.item.body, module });
  return { terms, module };
}
