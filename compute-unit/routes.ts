/**
 * The compute unit's routes (spec/09-http.md §5).
 *
 * @module
 */

import { bodyType } from "../src/node/http/negotiate.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import {
  checkAcceptable,
  jsonAnswer,
  jsonBody,
  pathId,
  pathSlot,
  queryInteger,
  queryWord,
  recordAnswer,
} from "../src/node/unit/answers.ts";
import { dryRunRecord } from "../src/protocol/dry-run.ts";
import {
  type Evaluation,
  evaluationPageRecord,
  evaluationRecord,
} from "../src/protocol/evaluation.ts";
import { mediaTypes } from "../src/protocol/http.ts";
import { idText, parseId } from "../src/protocol/ids.ts";
import {
  envelopeBytesMax,
  memoryPageBytes,
  resultPageMax,
  waitMaxMs,
} from "../src/protocol/limits.ts";
import { resultRecord } from "../src/protocol/result.ts";
import { slotProofRecord } from "../src/protocol/slot-proof.ts";
import { evaluationView } from "../src/protocol/view.ts";
import { browseRoutes } from "./browse-routes.ts";
import type { Place } from "./follower.ts";
import type { ComputeService, Waiting } from "./service.ts";

/** A dry run costs a whole evaluation and nobody pays for it. */
const dryRunCost = 20;
const memoryLengthMax = 16 * memoryPageBytes;
const timeoutDefaultMs = 30_000;

/** The routes of a compute unit beside those that all units have. */
export function computeRoutes(service: ComputeService): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/processes/{process}/results/{place}",
      handler: (request) => getResult(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/results",
      handler: (request) => getResults(service, request),
    },
    {
      method: "POST",
      path: "/processes/{process}/dry-run",
      bodyBytesMax: 2 * envelopeBytesMax,
      cost: dryRunCost,
      handler: (request) => postDryRun(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/state",
      handler: (request) => getState(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/memory",
      handler: (request) => getMemory(service, request),
    },
    {
      method: "GET",
      path: "/processes/{process}/proofs/{slot}",
      handler: (request) => getProof(service, request),
    },
    ...browseRoutes(service),
  ];
}

function evaluationAnswer(request: RouteRequest, evaluation: Evaluation): HttpResponse {
  return recordAnswer(request.http, {
    canonical: () => evaluationRecord.encode(evaluation),
    json: () => evaluationView(evaluation),
  });
}

/** A slot in decimal, or a message id: an id has 43 characters, a slot far fewer. */
function placeOf(request: RouteRequest): Place {
  const text = request.parameters["place"] ?? "";
  if (/^[0-9]{1,20}$/.test(text)) return { slot: pathSlot(request, "place") };
  return { message: parseId(text, "slot or message") };
}

async function getResult(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const wait = queryWord(request, "wait", ["none", "evaluation", "result", "proof"]);
  const timeoutMs = queryInteger(request, {
    name: "timeout",
    max: waitMaxMs,
    default: timeoutDefaultMs,
  });
  const { signal } = request.http;
  const waiting: Waiting =
    wait === "none" ? { waitMs: 0, signal } : { waitMs: timeoutMs, until: wait, signal };
  const process = pathId(request, "process");
  return evaluationAnswer(request, await service.evaluation(process, placeOf(request), waiting));
}

async function getProof(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const proof = await service.proof(pathId(request, "process"), pathSlot(request, "slot"));
  return recordAnswer(request.http, {
    canonical: () => proof,
    json: () => slotProofRecord.toJson(slotProofRecord.decode(proof)),
  });
}

async function getResults(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const order = queryWord(request, "order", ["asc", "desc"]);
  const from = queryInteger(request, {
    name: "from",
    max: Number.MAX_SAFE_INTEGER,
    default: order === "asc" ? 0 : Number.MAX_SAFE_INTEGER,
  });
  const limit = queryInteger(request, { name: "limit", min: 1, max: resultPageMax, default: 50 });
  const waitMs = queryInteger(request, { name: "wait", max: waitMaxMs, default: 0 });
  const until = queryWord(request, "until", ["result", "evaluation"]);
  const waiting: Waiting = { waitMs, until, signal: request.http.signal };
  const process = pathId(request, "process");
  const evaluations = await service.evaluations(process, { from, limit, order }, waiting);
  return recordAnswer(request.http, {
    canonical: () => evaluationPageRecord.encode({ evaluations }),
    json: () => evaluations.map(evaluationView),
  });
}

async function postDryRun(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const type = bodyType(request.http, [mediaTypes.canonical, mediaTypes.json]);
  const { body } = request.http;
  checkAcceptable(request.http);
  const asked =
    type === mediaTypes.canonical
      ? dryRunRecord.decode(body)
      : dryRunRecord.fromJson(jsonBody(body));
  return evaluationAnswer(request, await service.dryRun(pathId(request, "process"), asked));
}

async function getState(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const process = pathId(request, "process");
  const { follower, newest, memoryBytes } = await service.state(process);
  const result = newest === null ? null : resultRecord.decode(newest.result);
  return jsonAnswer({
    process: idText(process),
    slot: follower.next - 1,
    root: result === null ? null : idText(result.postRoot),
    memoryBytes,
    status: follower.state,
    evaluation: follower.followed?.evaluator.state ?? null,
    reason: follower.reason,
    fault: follower.fault === null ? null : { ...follower.fault },
  });
}

async function getMemory(service: ComputeService, request: RouteRequest): Promise<HttpResponse> {
  const bounds = { max: Number.MAX_SAFE_INTEGER, default: 0 };
  const from = queryInteger(request, { name: "from", ...bounds });
  const length = queryInteger(request, {
    name: "length",
    min: 1,
    max: memoryLengthMax,
    default: memoryPageBytes,
  });
  const named = request.http.query.has("slot");
  // One above every slot there is still a number.
  const slots = { name: "slot", max: Number.MAX_SAFE_INTEGER - 1, default: 0 };
  const slot = named ? queryInteger(request, slots) : null;
  const found = await service.memory(pathId(request, "process"), slot, { from, length });
  return {
    status: 200,
    headers: {
      "content-type": mediaTypes.bytes,
      "cache-control": "no-store",
      "nymcompute-slot": String(found.slot),
      "nymcompute-memory-bytes": String(found.total),
    },
    body: found.bytes,
  };
}
