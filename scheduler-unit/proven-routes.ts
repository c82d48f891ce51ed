/**
 * The routes of verified chains of proofs (spec/09-http.md §5.4).
 *
 * @module
 */

import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import {
  canonicalAnswer,
  jsonAnswer,
  pathId,
  pathSlot,
  recordAnswer,
} from "../src/node/unit/answers.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { parseId } from "../src/protocol/ids.ts";
import { provenSlotBytesMax } from "../src/protocol/limits.ts";
import { provenSlotRecord, provenStandRecord } from "../src/protocol/proven-slot.ts";
import { resultRecord } from "../src/protocol/result.ts";
import type { ProvenSlots } from "./proven-slots.ts";

/** An announcement has signatures to check; a proof is read only where one was announced. */
const announceCost = 5;

/** The routes of the chains that a scheduler has verified. */
export function provenRoutes(proven: ProvenSlots): readonly Route[] {
  const path = "/proven/{process}/{slot}";
  const evidenceOf = (request: RouteRequest) =>
    proven.evidence(pathId(request, "process"), pathSlot(request));
  return [
    {
      method: "GET",
      path: "/proven/{process}",
      handler: async (request) => {
        const stand = await proven.stand(pathId(request, "process"));
        return recordAnswer(request.http, {
          canonical: () => provenStandRecord.encode(stand),
          json: () => provenStandRecord.toJson(stand),
        });
      },
    },
    {
      method: "GET",
      path,
      handler: async (request) => {
        const { slot } = await evidenceOf(request);
        return recordAnswer(request.http, {
          canonical: () => slot,
          json: () => provenSlotRecord.toJson(provenSlotRecord.decode(slot)),
        });
      },
    },
    {
      method: "PUT",
      path,
      bodyBytesMax: provenSlotBytesMax,
      cost: announceCost,
      handler: (request) => putSlot(proven, request),
    },
    {
      method: "GET",
      path: `${path}/proof`,
      handler: async (request) => {
        const { proof } = await evidenceOf(request);
        if (proof !== null) return canonicalAnswer(proof);
        throw new ProtocolError("CONTENT_UNKNOWN", { expected: "a slot that a proof shows" });
      },
    },
    {
      method: "PUT",
      path: `${path}/proof`,
      // Nothing is read of a proof that nobody announced.
      bodyBytesMax: ({ process, slot }) =>
        proven.sizeOf(parseId(process ?? "", "process"), Number(slot)),
      cost: announceCost,
      handler: async (request) => {
        const place = { process: pathId(request, "process"), slot: pathSlot(request) };
        const { body, remote } = request.http;
        await proven.deliver(place, body, remote);
        return jsonAnswer({ state: "verified" }, 201);
      },
    },
  ];
}

async function putSlot(proven: ProvenSlots, request: RouteRequest): Promise<HttpResponse> {
  const process = pathId(request, "process");
  const slot = pathSlot(request);
  const { body, remote } = request.http;
  const named = resultRecord.decode(provenSlotRecord.decode(body).result);
  if (named.slot !== slot) {
    throw new ProtocolError("PROVENANCE_RESULT", {
      field: "slot",
      expected: slot,
      got: named.slot,
    });
  }
  const outcome = await proven.announce(process, body, remote);
  if (outcome.kind === "verified") return jsonAnswer({ state: "verified" });
  return jsonAnswer({ state: "announced", size: outcome.size }, 202);
}
