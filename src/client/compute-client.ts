/**
 * The compute unit's HTTP API (spec/09-http.md §5) as functions. What comes is decoded strictly and
 * its parts are checked against the result; the attestation is for the caller to check.
 *
 * @module
 */

import type { ErrorFields } from "../base/error.ts";
import { type DryRun, dryRunRecord } from "../protocol/dry-run.ts";
import {
  checkEvaluation,
  type Evaluation,
  evaluationPageRecord,
  evaluationRecord,
} from "../protocol/evaluation.ts";
import {
  mediaTypes,
  type ProcessHistory,
  type ProofQueue,
  type UnitInfo,
} from "../protocol/http.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { slotProofBytesMax } from "../protocol/limits.ts";
import { nullIfUnknown } from "./scheduler-client.ts";
import {
  jsonOf,
  queryOf,
  UnitCallError,
  type UnitCaller,
  type UnitFetch,
  unitCaller,
} from "./unit-call.ts";

/** What `GET /processes/{p}/state` says, in JSON. */
export interface ProcessState {
  readonly process: string;
  /** The newest evaluated slot. */
  readonly slot: number;
  /** The state root after it. */
  readonly root: string;
  readonly memoryBytes: number;
  /** `following`, `caughtUp`, `unavailable`, `faulty` and so on. */
  readonly status: string;
  /** `cold`, `ready`, `stillborn` and so on. */
  readonly evaluation: string;
  /** Why the process is unavailable, or null. */
  readonly reason: string | null;
  readonly fault: { readonly code: string; readonly slot: number; readonly detail: string } | null;
}

/** Which results, and how long to wait for those that are not there yet. */
export interface ResultsQuery {
  readonly from?: number;
  readonly limit?: number;
  readonly order?: "asc" | "desc";
  readonly waitMs?: number;
  /** The first result attested (default), or evaluated. */
  readonly until?: "evaluation" | "result";
  readonly signal?: AbortSignal;
}

/** Which slots of a process's history: so many, evenly spaced between two. */
export interface HistoryQuery {
  readonly from?: number;
  readonly to?: number;
  readonly points?: number;
}

/** How long to wait, and for what: for the attested result by default. */
export interface EvaluationWait {
  readonly timeoutMs: number;
  /** An evaluation may come before its attestation. */
  readonly until?: "evaluation" | "result" | "proof";
  readonly signal?: AbortSignal;
}

/** What a unit says of a proof that it has not made yet. Nothing of it is promised. */
export interface ProofProgress {
  /** `queued` or `proving`. */
  readonly state: string;
  /** Proofs that are made before. */
  readonly position: number;
  /** The unit's estimate; null where it has none. */
  readonly secondsLeft: number | null;
  /** Parts of a proof that is being made, where there are several. */
  readonly segments: { readonly done: number; readonly total: number } | null;
}

export interface ComputeClient {
  readonly unit: UnitCaller;
  info(): Promise<UnitInfo>;
  /** The evaluation of a slot (number) or message (id); null where there is none, yet. */
  evaluation(
    process: Digest,
    slotOrMessage: number | Digest,
    wait?: EvaluationWait,
  ): Promise<Evaluation | null>;
  /** The canonical proof of a slot; null where there is none, yet. */
  proof(process: Digest, slot: number): Promise<Uint8Array | null>;
  /** How far the proof of a slot is; null where it is settled, or nothing is known of it. */
  proofProgress(process: Digest, slot: number): Promise<ProofProgress | null>;
  evaluations(process: Digest, query?: ResultsQuery): Promise<readonly Evaluation[]>;
  dryRun(process: Digest, request: DryRun): Promise<Evaluation>;
  state(process: Digest): Promise<ProcessState>;
  /** What a process took, and how it grew. */
  history(process: Digest, query?: HistoryQuery): Promise<ProcessHistory>;
  /** The unit's queue of proofs, so many of each of its lists. */
  proofs(query?: { readonly limit?: number }): Promise<ProofQueue>;
}

/** A client of the compute unit at `url`. */
export function computeClient(url: string, fetchUnit?: UnitFetch): ComputeClient {
  const unit = unitCaller(url, fetchUnit);
  const getJson = async <Value>(path: string): Promise<Value> =>
    jsonOf<Value>(await unit.call({ method: "GET", path, accept: mediaTypes.json }));
  const evaluation = async (
    process: Digest,
    slotOrMessage: number | Digest,
    wait?: EvaluationWait,
  ): Promise<Evaluation> => {
    const item = typeof slotOrMessage === "number" ? String(slotOrMessage) : idText(slotOrMessage);
    const query =
      wait === undefined ? "" : queryOf({ wait: wait.until ?? "result", timeout: wait.timeoutMs });
    const answer = await unit.call({
      method: "GET",
      path: `/processes/${idText(process)}/results/${item}${query}`,
      timeoutMs: 30_000 + (wait?.timeoutMs ?? 0),
      ...(wait?.signal === undefined ? {} : { signal: wait.signal }),
    });
    return checkedEvaluation(evaluationRecord.decode(answer.body));
  };
  return {
    unit,
    info: () => getJson<UnitInfo>("/"),
    evaluation: (process, slotOrMessage, wait) =>
      nullIfUnknown(evaluation(process, slotOrMessage, wait)),
    proof: async (process, slot) => {
      const path = `/processes/${idText(process)}/proofs/${slot}`;
      const request = { method: "GET", path, answerBytesMax: slotProofBytesMax } as const;
      const answer = await nullIfUnknown(unit.call(request));
      return answer?.body ?? null;
    },
    proofProgress: async (process, slot) => {
      const path = `/processes/${idText(process)}/proofs/${slot}`;
      try {
        await unit.call({ method: "GET", path, answerBytesMax: slotProofBytesMax });
        return null;
      } catch (error) {
        if (!(error instanceof UnitCallError) || error.code !== "PROOF_PENDING") throw error;
        return progressIn(error.fields);
      }
    },
    evaluations: async (process, query = {}) => {
      const { from, limit, order, waitMs, until, signal } = query;
      const answer = await unit.call({
        method: "GET",
        path: `/processes/${idText(process)}/results${queryOf({ from, limit, order, wait: waitMs, until })}`,
        timeoutMs: 30_000 + (waitMs ?? 0),
        ...(signal === undefined ? {} : { signal }),
      });
      return evaluationPageRecord.decode(answer.body).evaluations.map(checkedEvaluation);
    },
    dryRun: async (process, request) => {
      const answer = await unit.call({
        method: "POST",
        path: `/processes/${idText(process)}/dry-run`,
        body: dryRunRecord.encode(request),
        contentType: mediaTypes.canonical,
      });
      return checkedEvaluation(evaluationRecord.decode(answer.body));
    },
    state: (process) => getJson<ProcessState>(`/processes/${idText(process)}/state`),
    history: (process, query = {}) =>
      getJson<ProcessHistory>(`/processes/${idText(process)}/history${queryOf({ ...query })}`),
    proofs: (query = {}) => getJson<ProofQueue>(`/proofs${queryOf({ ...query })}`),
  };
}

/** What a unit that has no proof says of it, read strictly; null where it says nothing of how far it is. */
function progressIn(fields: ErrorFields): ProofProgress | null {
  const { state, position, secondsLeft, segmentsDone: done, segments: total } = fields;
  if (typeof state !== "string" || typeof position !== "number") return null;
  return {
    state,
    position,
    secondsLeft: typeof secondsLeft === "number" ? secondsLeft : null,
    segments: typeof done === "number" && typeof total === "number" ? { done, total } : null,
  };
}

function checkedEvaluation(evaluation: Evaluation): Evaluation {
  checkEvaluation(evaluation);
  return evaluation;
}
