/**
 * The scheduler's routes (spec/09-http.md §4).
 *
 * @module
 */

import { bodyType } from "../src/node/http/negotiate.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import {
  checkAcceptable,
  jsonBody,
  pathId,
  pathSlot,
  queryInteger,
  queryWord,
  recordAnswer,
} from "../src/node/unit/answers.ts";
import {
  type Acceptance,
  acceptanceRecord,
  acceptancesRecord,
  assigned,
  refused,
} from "../src/protocol/acceptance.ts";
import {
  batchRecord,
  bundleRecord,
  envelopeRecord,
  type LogPage,
  logPageRecord,
} from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { mediaTypes } from "../src/protocol/http.ts";
import { messageIdOf } from "../src/protocol/ids.ts";
import { kinds } from "../src/protocol/kinds.ts";
import { batchBytesMax, logPageEntriesMax, waitMaxMs } from "../src/protocol/limits.ts";
import { kindOf } from "../src/protocol/record.ts";
import { acceptanceView, logItemView } from "../src/protocol/view.ts";
import { browseRoutes } from "./browse-routes.ts";
import type { Placement, SchedulerService } from "./service.ts";

/** The routes of a scheduler beside those that all units have. */
export function schedulerRoutes(service: SchedulerService): readonly Route[] {
  const get = (path: string, handler: Route["handler"]): Route => ({
    method: "GET",
    path,
    handler,
  });
  return [
    {
      method: "POST",
      path: "/messages",
      bodyBytesMax: batchBytesMax,
      cost: 1,
      handler: (request) => postMessages(service, request),
    },
    get("/processes/{process}", async (request) => {
      const item = await service.item(pathId(request, "process"), 0);
      return itemAnswer(request, { process: pathId(request, "process"), items: [item], next: 1 });
    }),
    get("/processes/{process}/log", (request) => getLog(service, request)),
    get("/processes/{process}/log/{slot}", async (request) => {
      const slot = pathSlot(request);
      const process = pathId(request, "process");
      const item = await service.item(process, slot);
      return itemAnswer(request, { process, items: [item], next: slot + 1 });
    }),
    ...browseRoutes(service),
  ];
}

async function postMessages(
  service: SchedulerService,
  request: RouteRequest,
): Promise<HttpResponse> {
  // What is firmer is asked for as a receipt; a messenger does so for its senders.
  queryWord(request, "finality", ["none"]);
  checkAcceptable(request.http);
  service.checkLeads();
  await service.checkSeen(querySeen(request));
  const { body } = request.http;
  const type = bodyType(request.http, [mediaTypes.canonical, mediaTypes.json]);
  if (type === mediaTypes.canonical && kindOf(body) === kinds.batch) {
    const { envelopes } = batchRecord.decodeViews(body);
    return manyAnswer(request, await service.submitAll(envelopes), envelopes);
  }
  if (type === mediaTypes.canonical && kindOf(body) === kinds.bundle) {
    const bundle = bundleRecord.decodeViews(body);
    return manyAnswer(request, await service.submitBundle(bundle), bundle.messages);
  }
  const envelope =
    type === mediaTypes.canonical
      ? envelopeRecord.decodeViews(body)
      : envelopeRecord.fromJson(jsonBody(body));
  const placement = await service.submit(envelope);
  const acceptance = acceptanceOf(placement);
  return recordAnswer(
    request.http,
    {
      canonical: () => acceptanceRecord.encode(acceptance),
      json: () => acceptanceView(acceptance),
    },
    placement.earlier ? 200 : 201,
  );
}

/** One acceptance for each message of a batch or bundle, in order. */
function manyAnswer(
  request: RouteRequest,
  placements: readonly (Placement | ProtocolError)[],
  messages: readonly { readonly body: Uint8Array }[],
): HttpResponse {
  const acceptances = placements.map((placement, i) => answerOf(placement, messages[i]?.body));
  return recordAnswer(request.http, {
    canonical: () => acceptancesRecord.encode({ acceptances }),
    json: () => acceptances.map(acceptanceView),
  });
}

/** One message of many: a refusal stands in its place and touches no other. */
function answerOf(placement: Placement | ProtocolError, body: Uint8Array | undefined): Acceptance {
  if (!(placement instanceof ProtocolError)) return acceptanceOf(placement);
  const id = messageIdOf(body ?? new Uint8Array(0));
  return refused({ id, process: id }, placement);
}

function acceptanceOf(placement: Placement): Acceptance {
  const { id, process, slot, entry } = placement;
  return assigned({ id, process, slot, entry });
}

async function getLog(service: SchedulerService, request: RouteRequest): Promise<HttpResponse> {
  const from = queryInteger(request, { name: "from", max: Number.MAX_SAFE_INTEGER, default: 0 });
  const limit = queryInteger(request, {
    name: "limit",
    min: 1,
    max: logPageEntriesMax,
    default: logPageEntriesMax,
  });
  const waitMs = queryInteger(request, { name: "wait", max: waitMaxMs, default: 0 });
  const process = pathId(request, "process");
  await service.checkSeen(querySeen(request));
  const page = await service.page(process, { from, limit, waitMs }, request.http.signal);
  return recordAnswer(request.http, {
    canonical: () => logPageRecord.encode(page),
    json: () => page.items.map(logItemView),
  });
}

/** A page of one entry; JSON shows the entry itself. */
function itemAnswer(request: RouteRequest, page: LogPage): HttpResponse {
  const [item] = page.items;
  return recordAnswer(request.http, {
    canonical: () => logPageRecord.encode(page),
    json: () => (item === undefined ? {} : logItemView(item)),
  });
}

/** The size of the largest head that whoever asks has seen of this log; 0 where it does not say. */
export function querySeen(request: RouteRequest): number {
  return queryInteger(request, { name: "seen", max: Number.MAX_SAFE_INTEGER, default: 0 });
}
