/**
 * The scheduler's routes for people who look on (spec/09-http.md §4): the list of its processes, and a
 * log as it grows.
 *
 * @module
 */

import { compareBytes } from "../src/base/bytes.ts";
import type { ServerEvent } from "../src/node/http/event-stream.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import type { ListedProcess } from "../src/node/store/ports/log-store.ts";
import { jsonAnswer, pathId, queryInteger } from "../src/node/unit/answers.ts";
import { lastEventId } from "../src/node/unit/event-streams.ts";
import { entryRecord } from "../src/protocol/entry.ts";
import type { LogItem } from "../src/protocol/envelope.ts";
import type { ProcessPage, ProcessSummary } from "../src/protocol/http.ts";
import { type Digest, idsBeginning, idText, parseId } from "../src/protocol/ids.ts";
import { digestBytes, processPageMax, waitMaxMs } from "../src/protocol/limits.ts";
import { bodyRecord, ownerKinds, tagValue } from "../src/protocol/message.ts";
import { reservedTags } from "../src/protocol/spawn.ts";
import { logItemView } from "../src/protocol/view.ts";
import type { SchedulerService } from "./service.ts";

const pageDefault = 100;
/** In requests: a page reads and decodes up to 500 spawns. */
const pageCost = 5;
/** Entries that a stream reads at once: what a slow reader has the unit hold. */
const eventPageEntries = 32;
const everyId = {
  first: new Uint8Array(digestBytes),
  last: new Uint8Array(digestBytes).fill(255),
};

/** `GET /processes` and `GET /processes/{process}/log/events`. */
export function browseRoutes(service: SchedulerService): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/processes",
      cost: pageCost,
      handler: (request) => getProcesses(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/log/events",
      handler: (request) => getEntries(service, request),
    },
  ];
}

async function getProcesses(
  service: SchedulerService,
  request: RouteRequest,
): Promise<HttpResponse> {
  const { query } = request.http;
  const limit = queryInteger(request, {
    name: "limit",
    min: 1,
    max: processPageMax,
    default: pageDefault,
  });
  const [prefix, from] = [query.get("prefix"), query.get("from")];
  const range = prefix === null ? everyId : idsBeginning(prefix);
  const cursor = from === null ? range.first : parseId(from, "from");
  const first = compareBytes(cursor, range.first) > 0 ? cursor : range.first;
  // One more than is shown says where the next page begins.
  const [listed, total] = await Promise.all([
    service.listed(first, range.last, limit + 1),
    service.processCount(),
  ]);
  const shown = listed.slice(0, limit);
  const next = listed[limit]?.process ?? (await after(service, shown, range.last));
  const page: ProcessPage = {
    total,
    processes: shown.map(summaryOf),
    next: next === null ? null : idText(next),
  };
  return jsonAnswer(page);
}

/** The first process behind a page, which may be short because its spawns are long. */
async function after(
  service: SchedulerService,
  shown: readonly ListedProcess[],
  end: Digest,
): Promise<Digest | null> {
  const last = shown.at(-1)?.process;
  if (last === undefined || compareBytes(last, end) >= 0) return null;
  const [, next] = await service.listed(last, end, 2);
  return next?.process ?? null;
}

function summaryOf({ process, spawn, spawnedAt, next }: ListedProcess): ProcessSummary {
  const { owner, tags } = bodyRecord.decode(spawn);
  return {
    id: idText(process),
    module: tagValue(tags, reservedTags.module) ?? "",
    owner: {
      kind: owner.kind === ownerKinds.process ? "process" : "key",
      id: idText(owner.id),
    },
    name: tagValue(tags, "Name"),
    spawnedAt,
    next,
  };
}

async function getEntries(service: SchedulerService, request: RouteRequest): Promise<HttpResponse> {
  const process = pathId(request, "process");
  const seen = lastEventId(request);
  const max = Number.MAX_SAFE_INTEGER;
  const asked = queryInteger(request, { name: "from", max, default: max });
  const isNamed = request.http.query.has("from");
  // Where nothing is said it begins behind the last entry; this also finds that there is such a log.
  const { next } = await service.page(
    process,
    { from: max, limit: 1, waitMs: 0 },
    request.http.signal,
  );
  const from = seen === null ? (isNamed ? asked : next) : seen + 1;
  return service.streams.answer(request.http, (signal) =>
    entryFeed(service, process, { from, signal }),
  );
}

/** The entries of a log from a slot on as they come, until the signal aborts. */
async function* entryFeed(
  service: SchedulerService,
  process: Digest,
  { from, signal }: { readonly from: number; readonly signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  for (let next = from; !signal.aborted; ) {
    const query = { from: next, limit: eventPageEntries, waitMs: waitMaxMs };
    const { items } = await service.page(process, query, signal);
    for (const item of items) {
      next = entryRecord.decode(item.entry).slot + 1;
      yield entryEvent(item, next - 1);
    }
  }
}

function entryEvent(item: LogItem, slot: number): ServerEvent {
  return { event: "entry", id: String(slot), data: JSON.stringify(logItemView(item)) };
}
