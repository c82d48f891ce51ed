/**
 * `POST /messages` (spec/09-http.md §3): an envelope or a bundle, canonical or JSON, answered when
 * it has its slot or, where the sender wishes, when it has its result.
 *
 * @module
 */

import { bodyType } from "../src/node/http/negotiate.ts";
import type { RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import {
  checkAcceptable,
  jsonBody,
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
  type Bundle,
  bundleRecord,
  type Envelope,
  envelopeRecord,
} from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { mediaTypes } from "../src/protocol/http.ts";
import { idText } from "../src/protocol/ids.ts";
import { kinds } from "../src/protocol/kinds.ts";
import { waitMaxMs } from "../src/protocol/limits.ts";
import { kindOf } from "../src/protocol/record.ts";
import { acceptanceView } from "../src/protocol/view.ts";
import type { BundleOutcome } from "./intake.ts";
import type { Taken } from "./placing.ts";
import { isProofSettled, type Patience } from "./result-wait.ts";
import type { MessengerService } from "./service.ts";

const timeoutDefaultMs = 30_000;

type Posted =
  | { readonly form: "envelope"; readonly envelope: Envelope }
  | { readonly form: "bundle"; readonly bundle: Bundle };

/** Answers a post. Throws the code of what is refused. */
export async function postMessages(
  service: MessengerService,
  request: RouteRequest,
): Promise<HttpResponse> {
  const patience = patienceOf(request);
  checkAcceptable(request.http);
  const posted = postedOf(request);
  return posted.form === "envelope"
    ? postEnvelope(service, request, posted.envelope, patience)
    : postBundle(service, request, posted.bundle, patience);
}

/** How long to wait for a result; null where the slot is all that is waited for. */
function patienceOf(request: RouteRequest): Patience | null {
  const finality = request.http.query.get("finality");
  if (finality !== null && finality !== "none") {
    throw new ProtocolError("REQUEST_INVALID", {
      parameter: "finality",
      expected: "none, the only one while schedulers sign no heads",
      got: finality.slice(0, 64),
    });
  }
  const wait = queryWord(request, "wait", ["assignment", "result", "proof"]);
  const bounds = { name: "timeout", max: waitMaxMs, default: timeoutDefaultMs };
  const timeoutMs = queryInteger(request, bounds);
  if (wait === "assignment") return null;
  const { signal } = request.http;
  return { timeoutMs, signal, until: wait };
}

function postedOf(request: RouteRequest): Posted {
  const { body } = request.http;
  if (bodyType(request.http, [mediaTypes.canonical, mediaTypes.json]) === mediaTypes.canonical) {
    return kindOf(body) === kinds.bundle
      ? { form: "bundle", bundle: bundleRecord.decodeViews(body) }
      : { form: "envelope", envelope: envelopeRecord.decodeViews(body) };
  }
  const value = jsonBody(body);
  const isBundle = typeof value === "object" && value !== null && "messages" in value;
  return isBundle
    ? { form: "bundle", bundle: bundleRecord.fromJson(value) }
    : { form: "envelope", envelope: envelopeRecord.fromJson(value) };
}

async function postEnvelope(
  service: MessengerService,
  request: RouteRequest,
  envelope: Envelope,
  patience: Patience | null,
): Promise<HttpResponse> {
  const taken = await service.submit(envelope, request.http.remote);
  // The result is waited for while the slot is being noted: both have to be there.
  const [evaluation] = await Promise.all([
    patience === null ? null : service.result(taken, patience),
    taken.noted,
  ]);
  const acceptance = acceptanceOf(taken, evaluation);
  return recordAnswer(
    request.http,
    {
      canonical: () => acceptanceRecord.encode(acceptance),
      json: () => acceptanceView(acceptance),
    },
    isWaitedFor(evaluation, patience) ? 200 : 202,
  );
}

async function postBundle(
  service: MessengerService,
  request: RouteRequest,
  bundle: Bundle,
  patience: Patience | null,
): Promise<HttpResponse> {
  const outcomes = await service.submitBundle(bundle, request.http.remote);
  const taken = outcomes.filter((outcome): outcome is Taken => "slot" in outcome);
  const [results] = await Promise.all([
    patience === null ? new Map<string, Uint8Array>() : service.results(taken, patience),
    ...taken.map(({ noted }) => noted),
  ]);
  const acceptances = outcomes.map((outcome) => outcomeOf(outcome, results));
  const isComplete =
    taken.length > 0 && taken.every(({ id }) => isWaitedFor(results.get(idText(id)), patience));
  return recordAnswer(
    request.http,
    {
      canonical: () => acceptancesRecord.encode({ acceptances }),
      json: () => acceptances.map(acceptanceView),
    },
    isComplete ? 200 : 202,
  );
}

/** True where what the sender waits for is there. */
function isWaitedFor(
  evaluation: Uint8Array | null | undefined,
  patience: Patience | null,
): boolean {
  if (evaluation === null || evaluation === undefined) return false;
  return patience?.until !== "proof" || isProofSettled(evaluation);
}

function acceptanceOf(
  { id, process, slot, entry }: Taken,
  evaluation: Uint8Array | null,
): Acceptance {
  return { ...assigned({ id, process, slot, entry }), evaluation };
}

function outcomeOf(outcome: BundleOutcome, results: ReadonlyMap<string, Uint8Array>): Acceptance {
  if ("error" in outcome) return refused(outcome, outcome.error);
  return acceptanceOf(outcome, results.get(idText(outcome.id)) ?? null);
}
