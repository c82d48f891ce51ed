/**
 * The messenger's routes (spec/09-http.md §3).
 *
 * @module
 */

import { HttpError } from "../src/node/http/http-error.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import { jsonAnswer, pathId, pathSlot, queryInteger } from "../src/node/unit/answers.ts";
import { idText } from "../src/protocol/ids.ts";
import { bundleBytesMax, messagePageMax } from "../src/protocol/limits.ts";
import type { MessageOverview } from "./message-overview.ts";
import { postMessages } from "./post-messages.ts";
import type { MessengerService } from "./service.ts";

/** JSON of a bundle spells bytes out as base64url: a third more, and names. */
const bodyBytesMax = 2 * bundleBytesMax;
/** A push asks several units and may send hundreds of messages. */
const pushCost = 20;
const addressedMax = 256;
const addressedDefault = 50;
const listedDefault = 50;
/** In requests: a page reads up to a hundred messages with their steps. */
const listCost = 5;

/** The routes of a messenger beside those that all units have. */
export function messengerRoutes(service: MessengerService): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/messages",
      bodyBytesMax,
      handler: (request) => postMessages(service, request),
    },
    {
      method: "GET",
      path: "/messages",
      cost: listCost,
      handler: (request) => getMessages(overviewOf(service), request),
    },
    {
      method: "GET",
      path: "/events",
      cost: listCost,
      handler: ({ http }) => {
        const overview = overviewOf(service);
        return service.streams.answer(http, (signal) => overview.stream(signal));
      },
    },
    {
      method: "GET",
      path: "/messages/{id}",
      handler: async (request) => jsonAnswer(await service.status(pathId(request, "id"))),
    },
    {
      method: "GET",
      path: "/messages/{id}/events",
      handler: (request) => getEvents(service, request),
    },
    {
      method: "GET",
      path: "/addresses/{address}/messages",
      handler: (request) => getAddressed(service, request),
    },
    {
      method: "POST",
      path: "/processes/{process}/results/{slot}/push",
      cost: pushCost,
      handler: (request) => postPush(service, request),
    },
    { method: "GET", path: "/units", handler: () => jsonAnswer(service.units()) },
  ];
}

async function getEvents(service: MessengerService, request: RouteRequest): Promise<HttpResponse> {
  return service.streams.answer(request.http, await service.events(pathId(request, "id")));
}

/** A messenger that shows nobody's messages has no such routes. */
function overviewOf({ overview }: MessengerService): MessageOverview {
  if (overview !== null) return overview;
  throw new HttpError("ROUTE_UNKNOWN", { expected: "a messenger that lists its messages" });
}

async function getMessages(
  overview: MessageOverview,
  request: RouteRequest,
): Promise<HttpResponse> {
  const newest = Number.MAX_SAFE_INTEGER - 1;
  const from = queryInteger(request, { name: "from", max: newest, default: newest });
  const limit = queryInteger(request, {
    name: "limit",
    min: 1,
    max: messagePageMax,
    default: listedDefault,
  });
  return jsonAnswer(await overview.page(from === newest ? null : from, limit));
}

async function getAddressed(
  service: MessengerService,
  request: RouteRequest,
): Promise<HttpResponse> {
  const from = queryInteger(request, { name: "from", max: Number.MAX_SAFE_INTEGER, default: 0 });
  const limit = queryInteger(request, {
    name: "limit",
    min: 1,
    max: addressedMax,
    default: addressedDefault,
  });
  return jsonAnswer(await service.addressed(pathId(request, "address"), from, limit));
}

async function postPush(service: MessengerService, request: RouteRequest): Promise<HttpResponse> {
  const process = pathId(request, "process");
  const slot = pathSlot(request);
  const messages = await service.push(process, slot, request.http.signal);
  return jsonAnswer({ process: idText(process), slot, messages }, 202);
}
