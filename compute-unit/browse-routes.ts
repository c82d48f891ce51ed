/**
 * The compute unit's routes for those who look on (spec/09-http.md §5.5).
 *
 * @module
 */

import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import { jsonAnswer, pathId, queryInteger } from "../src/node/unit/answers.ts";
import { lastEventId } from "../src/node/unit/event-streams.ts";
import { historyPointsMax, proofQueueMax } from "../src/protocol/limits.ts";
import type { ComputeService } from "./service.ts";

const pointsDefault = 128;
const queueDefault = 50;
/** In requests: each reads some hundreds of rows. */
const readingCost = 5;
/** One above every slot there is still a number. */
const slotMax = Number.MAX_SAFE_INTEGER - 1;

/** `GET /processes/{process}/results/events`, `…/history` and `GET /proofs`. */
export function browseRoutes(service: ComputeService): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/processes/{process}/results/events",
      handler: (request) => getStates(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/history",
      cost: readingCost,
      handler: (request) => getHistory(service, request),
    },
    {
      method: "GET",
      path: "/proofs",
      cost: readingCost,
      handler: async (request) => {
        const bounds = { min: 1, max: proofQueueMax, default: queueDefault };
        const limit = queryInteger(request, { name: "limit", ...bounds });
        return jsonAnswer(await service.onlookers.proofs(limit));
      },
    },
  ];
}

async function getStates(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const { onlookers } = service;
  const process = pathId(request, "process");
  const asked = queryInteger(request, { name: "from", max: slotMax, default: 0 });
  const seen = lastEventId(request);
  const newest = await onlookers.newest(process);
  const from = seen ?? (request.http.query.has("from") ? asked : newest);
  return onlookers.streams.answer(request.http, (signal) =>
    onlookers.resultStates(process, { from, signal }),
  );
}

async function getHistory(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const from = queryInteger(request, { name: "from", max: slotMax, default: 0 });
  const to = queryInteger(request, { name: "to", max: slotMax, default: slotMax });
  const points = queryInteger(request, {
    name: "points",
    min: 2,
    max: historyPointsMax,
    default: pointsDefault,
  });
  const process = pathId(request, "process");
  return jsonAnswer(await service.onlookers.history(process, { from, to, points }));
}
