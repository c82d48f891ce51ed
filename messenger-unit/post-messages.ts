/**
 * `POST /messages` (spec/09-http.md §3): an envelope or a bundle, canonical or JSON, answered when
 * it has its slot or, where the sender wishes, when it has its result and its receipt.
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
import { type Bundle, bundleRecord, envelopeRecord } from "../src/protocol/envelope.ts";
import { mediaTypes } from "../src/protocol/http.ts";
import { idText } from "../src/protocol/ids.ts";
import { kinds } from "../src/protocol/kinds.ts";
import { waitMaxMs } from "../src/protocol/limits.ts";
import { kindOf } from "../src/protocol/record.ts";
import { acceptanceView } from "../src/protocol/view.ts";
import type { FinalityPatience } from "./finality-wait.ts";
import type { BundleOutcome } from "./intake.ts";
import type { Taken } from "./placing.ts";
import { isProofSettled, type Patience } from "./result-wait.ts";
import type { MessengerService } from "./service.ts";
import type { EncodedEnvelope } from "./status-view.ts";

const timeoutDefaultMs = 30_000;

type Posted =
  | { readonly form: "envelope"; readonly envelope: EncodedEnvelope }
  | { readonly form: "bundle"; readonly bundle: Bundle };

/** Answers a post. Throws the code of what is refused. */
export async function postMessages(
  service: MessengerService,
  request: RouteRequest,
): Promise<HttpResponse> {
  const awaited = awaitedOf(request);
  checkAcceptable(request.http);
  const posted = postedOf(request);
  if (awaited.receipt?.finality === "witnessed") {
    const { form } = posted;
    const messages = form === "envelope" ? [posted.envelope] : posted.bundle.messages;
    await service.checkWitnesses(messages.map(({ body }) => body));
  }
  return posted.form === "envelope"
    ? postEnvelope(service, request, posted.envelope, awaited)
    : postBundle(service, request, posted.bundle, awaited);
}

/** What an answer waits for; both null where the slot is all. */
interface Awaited {
  readonly result: Patience | null;
  readonly receipt: FinalityPatience | null;
}

function awaitedOf(request: RouteRequest): Awaited {
  const finality = queryWord(request, "finality", ["none", "signed", "witnessed"]);
  const wait = queryWord(request, "wait", ["assignment", "result", "proof"]);
  const bounds = { name: "timeout", max: waitMaxMs, default: timeoutDefaultMs };
  const timeoutMs = queryInteger(request, bounds);
  if (wait === "assignment" && finality === "none") return { result: null, receipt: null };
  const { signal } = request.http;
  // Who demands no finality is not kept waiting for what no unit says before there is any.
  const until = wait === "result" && finality === "none" ? "evaluation" : wait;
  return {
    result: until === "assignment" ? null : { timeoutMs, signal, until },
    receipt: finality === "none" ? null : { finality, timeoutMs, signal },
  };
}

function postedOf(request: RouteRequest): Posted {
  const { body } = request.http;
  if (bodyType(request.http, [mediaTypes.canonical, mediaTypes.json]) === mediaTypes.canonical) {
    return kindOf(body) === kinds.bundle
      ? { form: "bundle", bundle: bundleRecord.decodeViews(body) }
      : { form: "envelope", envelope: { ...envelopeRecord.decodeViews(body), encoded: body } };
  }
  const value = jsonBody(body);
  const isBundle = typeof value === "object" && value !== null && "messages" in value;
  return isBundle
    ? { form: "bundle", bundle: bundleRecord.fromJson(value) }
    : { form: "envelope", envelope: { ...envelopeRecord.fromJson(value), encoded: null } };
}

async function postEnvelope(
  service: MessengerService,
  request: RouteRequest,
  envelope: EncodedEnvelope,
  { result: patience, receipt: finality }: Awaited,
): Promise<HttpResponse> {
  const taken = await service.submit(envelope, request.http.remote);
  // The result is waited for while the slot is being noted: both have to be there.
  const [evaluation, receipts] = await Promise.all([
    patience === null ? null : service.result(taken, patience),
    finality === null ? null : service.receipts([taken], finality),
    taken.noted,
  ]);
  const receipt = receipts?.[0] ?? null;
  const acceptance = acceptanceOf(taken, { evaluation, receipt });
  return recordAnswer(
    request.http,
    {
      canonical: () => acceptanceRecord.encode(acceptance),
      json: () => acceptanceView(acceptance),
    },
    isComplete({ evaluation, receipt }, { result: patience, receipt: finality }) ? 200 : 202,
  );
}

async function postBundle(
  service: MessengerService,
  request: RouteRequest,
  bundle: Bundle,
  { result: patience, receipt: finality }: Awaited,
): Promise<HttpResponse> {
  const outcomes = await service.submitBundle(bundle, request.http.remote);
  const taken = outcomes.filter((outcome): outcome is Taken => "slot" in outcome);
  const [results, receipts] = await Promise.all([
    patience === null ? new Map<string, Uint8Array>() : service.results(taken, patience),
    finality === null ? [] : service.receipts(taken, finality),
    ...taken.map(({ noted }) => noted),
  ]);
  const come = new Map(
    taken.map(({ id }, i): [string, Come] => {
      const evaluation = results.get(idText(id)) ?? null;
      return [idText(id), { evaluation, receipt: receipts[i] ?? null }];
    }),
  );
  const acceptances = outcomes.map((outcome) => outcomeOf(outcome, come));
  const awaited = { result: patience, receipt: finality };
  const areComplete = come.size > 0 && [...come.values()].every((one) => isComplete(one, awaited));
  return recordAnswer(
    request.http,
    {
      canonical: () => acceptancesRecord.encode({ acceptances }),
      json: () => acceptances.map(acceptanceView),
    },
    areComplete ? 200 : 202,
  );
}

/** What came of a placed message in time. */
type Come = Pick<Acceptance, "evaluation" | "receipt">;

const nothing: Come = { evaluation: null, receipt: null };

/** True where the sender waits for something, and all of it is there. */
function isComplete({ evaluation, receipt }: Come, awaited: Awaited): boolean {
  if (awaited.result === null && awaited.receipt === null) return false;
  if (awaited.receipt !== null && receipt === null) return false;
  if (awaited.result === null) return true;
  return evaluation !== null && (awaited.result.until !== "proof" || isProofSettled(evaluation));
}

function acceptanceOf({ id, process, slot, entry }: Taken, come: Come): Acceptance {
  return { ...assigned({ id, process, slot, entry }), ...come };
}

function outcomeOf(outcome: BundleOutcome, come: ReadonlyMap<string, Come>): Acceptance {
  if ("error" in outcome) return refused(outcome, outcome.error);
  return acceptanceOf(outcome, come.get(idText(outcome.id)) ?? nothing);
}
