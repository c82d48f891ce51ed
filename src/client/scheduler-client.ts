/**
 * The scheduler's HTTP API (spec/09-http.md §4) as functions. What comes is decoded strictly; whether
 * the log holds is for `checkEntry` to say.
 *
 * @module
 */

import { type Acceptance, acceptanceRecord, acceptancesRecord } from "../protocol/acceptance.ts";
import {
  type Bundle,
  batchRecord,
  bundleRecord,
  type Envelope,
  envelopeRecord,
  type LogItem,
  type LogPage,
  logPageRecord,
} from "../protocol/envelope.ts";
import { mediaTypes, type ProcessPage, type UnitInfo } from "../protocol/http.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { logReceiptsBytesMax } from "../protocol/limits.ts";
import {
  type LogReceipts,
  logReceiptRecord,
  logReceiptsRecord,
  type ReceiptsQuery,
  receiptsQueryRecord,
} from "../protocol/log-receipt.ts";
import { SeenHead } from "./seen-head.ts";
import { jsonOf, queryOf, type UnitCaller, type UnitFetch, unitCaller } from "./unit-call.ts";
import { unitCallers } from "./unit-instances.ts";

/** Which part of a log, and how long to wait for entries that are not there yet. */
export interface LogQuery {
  readonly from?: number;
  readonly limit?: number;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** Which of the processes that a scheduler serves. */
export interface ProcessesQuery {
  /** `next` of the page before. */
  readonly from?: string;
  readonly limit?: number;
  /** How the ids' text begins. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
}

/** Under which head a receipt is wanted. */
export interface ReceiptWanted {
  /** How long to wait for it. */
  readonly waitMs: number;
  /** How many witnesses must have cosigned it (default 0). */
  readonly cosignatures?: number;
}

export interface SchedulerClient {
  readonly unit: UnitCaller;
  info(): Promise<UnitInfo>;
  /** Assigns one message; sending it again answers the same slot. */
  submit(envelope: Envelope): Promise<Acceptance>;
  /** Assigns many; one answer each, in order, with an error in place of a slot where refused. */
  submitBatch(envelopes: readonly Envelope[]): Promise<readonly Acceptance[]>;
  /** Assigns the messages of a bundle, as `submitBatch`. */
  submitBundle(bundle: Bundle): Promise<readonly Acceptance[]>;
  /** A page of the processes that it serves. */
  processes(query?: ProcessesQuery): Promise<ProcessPage>;
  /** Slot 0 of a process, or null where this scheduler does not serve it. */
  spawnOf(process: Digest): Promise<LogItem | null>;
  /** Entries in order; waits up to `waitMs` where there is none yet. */
  log(process: Digest, query?: LogQuery): Promise<LogPage>;
  /** The canonical receipt of an entry, or null where no such head covers it after `waitMs`. */
  receipt(process: Digest, slot: number, wanted: ReceiptWanted): Promise<Uint8Array | null>;
  /** Receipts of many entries under one head; null where there is no such head after `waitMs`. */
  receipts(query: ReceiptsQuery, wait: ReceiptsWait): Promise<LogReceipts | null>;
}

/** How long to wait until one head covers all. */
export interface ReceiptsWait {
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** A client of the scheduler at `url`. */
export function schedulerClient(url: string, fetchUnit?: UnitFetch): SchedulerClient {
  return clientOf(unitCaller(url, fetchUnit));
}

/** A client for each URL; those of one scheduler, which are its instances, stand in for each other. */
export function schedulerClients(
  urls: readonly string[],
  fetchUnit?: UnitFetch,
): readonly SchedulerClient[] {
  return unitCallers(urls, fetchUnit).map(clientOf);
}

function clientOf(unit: UnitCaller): SchedulerClient {
  const seen = new SeenHead(unit);
  const submitBytes = (body: Uint8Array) =>
    seen.call((size) => ({
      ...{ method: "POST", path: `/messages${queryOf({ seen: size })}`, body },
      contentType: mediaTypes.canonical,
    }));
  const log = async (process: Digest, query: LogQuery = {}): Promise<LogPage> => {
    const { from, limit, waitMs, signal } = query;
    const path = `/processes/${idText(process)}/log`;
    const answer = await seen.call((size) => ({
      method: "GET",
      path: path + queryOf({ from, limit, wait: waitMs, seen: size }),
      timeoutMs: 30_000 + (waitMs ?? 0),
      ...(signal === undefined ? {} : { signal }),
    }));
    return logPageRecord.decode(answer.body);
  };
  return {
    unit,
    info: async () =>
      jsonOf<UnitInfo>(await unit.call({ method: "GET", path: "/", accept: mediaTypes.json })),
    submit: async (envelope) =>
      acceptanceRecord.decode((await submitBytes(envelopeRecord.encode(envelope))).body),
    submitBatch: async (envelopes) => {
      const { body } = await submitBytes(batchRecord.encode({ envelopes }));
      return acceptancesRecord.decodeViews(body).acceptances;
    },
    submitBundle: async (bundle) => {
      const { body } = await submitBytes(bundleRecord.encode(bundle));
      return acceptancesRecord.decodeViews(body).acceptances;
    },
    processes: async ({ signal, ...query } = {}) => {
      const path = `/processes${queryOf(query)}`;
      const cancel = signal === undefined ? {} : { signal };
      return jsonOf(await unit.call({ method: "GET", path, accept: mediaTypes.json, ...cancel }));
    },
    spawnOf: async (process) => {
      const page = await nullIfUnknown(log(process, { from: 0, limit: 1 }));
      return page?.items[0] ?? null;
    },
    log,
    receipt: async (process, slot, { waitMs, cosignatures }) => {
      const query = queryOf({ wait: waitMs, cosignatures });
      const path = `/processes/${idText(process)}/log/${slot}/receipt${query}`;
      const answer = unit.call({ method: "GET", path, timeoutMs: 30_000 + waitMs });
      const body = (await nullIfUnknown(answer))?.body ?? null;
      if (body !== null) seen.note(logReceiptRecord.decode(body).head);
      return body;
    },
    receipts: async (query, { waitMs, signal }) => {
      const body = receiptsQueryRecord.encode(query);
      const limits = { timeoutMs: 30_000 + waitMs, answerBytesMax: logReceiptsBytesMax };
      const request = { ...limits, body, contentType: mediaTypes.canonical };
      const call = { method: "POST", ...(signal && { signal }), ...request } as const;
      const asked = seen.call((size) => ({
        ...call,
        path: `/receipts${queryOf({ wait: waitMs, seen: size })}`,
      }));
      const answer = await nullIfUnknown(asked);
      if (answer === null) return null;
      const receipts = logReceiptsRecord.decode(answer.body);
      seen.note(receipts.head);
      return receipts;
    },
  };
}

/** The answer, or null where the unit says 404. */
export async function nullIfUnknown<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { status?: unknown }).status === 404) return null;
    throw error;
  }
}
