/**
 * What a process's page reads: its place in a scheduler, its log, its results, its sizes
 * (spec/09-http.md §4 and §5).
 *
 * @module
 */

import type { ProcessState } from "../../src/client/compute-client.ts";
import type {
  HistoryPoint,
  ProcessHistory,
  ProcessPage,
  ProcessSummary,
  ResultState,
} from "../../src/protocol/http.ts";
import type { EvaluationView, MessageView } from "../../src/protocol/view.ts";
import { firstOf } from "../network/reads.ts";
import { type Network, readJson, type Unit } from "../network/units.ts";

/** An entry of a log with its message. */
export interface EntryView {
  readonly process: string;
  readonly slot: number;
  readonly messageId: string;
  /** Milliseconds since the epoch, by the scheduler's clock. */
  readonly timestamp: number;
  readonly epoch: number;
  readonly entryHash: string;
  readonly message: MessageView;
}

/** What is shown of a result in a row; live events bring more. */
export type ResultRow = Pick<ResultState, "slot" | "exit" | "gasUsed" | "proof">;

/** A process where it is served. */
export interface ServedProcess {
  readonly scheduler: Unit;
  readonly row: ProcessSummary;
  readonly spawn: EntryView;
}

const pathOf = (process: string): string => `/processes/${encodeURIComponent(process)}`;

/** Finds the scheduler of a process. Rejects with `PROCESS_UNKNOWN` where none serves it. */
export async function readProcess(
  network: Network,
  process: string,
  signal: AbortSignal,
): Promise<ServedProcess> {
  const { unit, value: spawn } = await firstOf(network.schedulers, (scheduler) =>
    readJson<EntryView>(scheduler, pathOf(process), { signal }),
  );
  const list = `/processes?limit=1&from=${encodeURIComponent(process)}`;
  const page = await readJson<ProcessPage>(unit, list, { signal });
  const [row] = page.processes;
  if (row?.id !== process) throw new Error("the scheduler lists another process than it serves");
  return { scheduler: unit, row, spawn };
}

/** The compute unit that evaluates a process, and what it says of it. */
export function readState(
  network: Network,
  process: string,
  signal: AbortSignal,
): Promise<{ readonly unit: Unit; readonly value: ProcessState }> {
  return firstOf(network.computes, (compute) =>
    readJson<ProcessState>(compute, `${pathOf(process)}/state`, { signal }),
  );
}

export interface PlaceRange {
  readonly from: number;
  readonly limit: number;
}

/** Entries in the order of their slots. */
export function readEntries(
  scheduler: Unit,
  process: string,
  { from, limit }: PlaceRange,
  signal: AbortSignal,
): Promise<readonly EntryView[]> {
  return readJson(scheduler, `${pathOf(process)}/log?from=${from}&limit=${limit}`, { signal });
}

/** Results in the order of their slots, as far as there are any. */
export function readResults(
  compute: Unit,
  process: string,
  { from, limit }: PlaceRange,
  signal: AbortSignal,
): Promise<readonly EvaluationView[]> {
  const query = `from=${from}&limit=${limit}&until=evaluation`;
  return readJson(compute, `${pathOf(process)}/results?${query}`, { signal });
}

/** One result, by slot or by message. Rejects with `RESULT_PENDING` where there is none yet. */
export function readResult(
  compute: Unit,
  process: string,
  slotOrMessage: number | string,
  signal: AbortSignal,
): Promise<EvaluationView> {
  return readJson(compute, `${pathOf(process)}/results/${slotOrMessage}`, { signal });
}

/** One entry. */
export function readEntry(
  scheduler: Unit,
  process: string,
  slot: number,
  signal: AbortSignal,
): Promise<EntryView> {
  return readJson(scheduler, `${pathOf(process)}/log/${slot}`, { signal });
}

/** The state's size after slots that are evenly apart. */
export async function readSizes(
  compute: Unit,
  process: string,
  signal: AbortSignal,
): Promise<readonly HistoryPoint[]> {
  const path = `${pathOf(process)}/history?points=128`;
  const { points } = await readJson<ProcessHistory>(compute, path, { signal });
  return points;
}

/** The streams of what is new. */
export const logEventsUrl = (scheduler: Unit, process: string, from: number): string =>
  `${scheduler.url}${pathOf(process)}/log/events?from=${from}`;
export const resultEventsUrl = (compute: Unit, process: string, from: number): string =>
  `${compute.url}${pathOf(process)}/results/events?from=${from}`;
