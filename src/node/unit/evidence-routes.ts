/**
 * Evidence that a unit has met (spec/15-heads.md §7): files that convict by themselves, for whoever asks.
 *
 * @module
 */

import { ProtocolError } from "../../protocol/errors.ts";
import { idText } from "../../protocol/ids.ts";
import { logEvidenceRecord } from "../../protocol/log-evidence.ts";
import type { Route } from "../http/router.ts";
import type { WitnessStore } from "../store/ports/witness-store.ts";
import { jsonAnswer, pathId, recordAnswer } from "./answers.ts";

/** Pieces of evidence in one answer. */
const evidenceMax = 256;

/** `GET /evidence` and `GET /evidence/{id}`. */
export function evidenceRoutes(
  store: Pick<WitnessStore, "evidenceIds" | "evidence">,
): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/evidence",
      handler: async () => jsonAnswer((await store.evidenceIds(evidenceMax)).map(idText)),
    },
    {
      method: "GET",
      path: "/evidence/{id}",
      handler: async (request) => {
        const id = pathId(request, "id");
        const file = await store.evidence(id);
        if (file === null) throw new ProtocolError("CONTENT_UNKNOWN", { got: idText(id) });
        return recordAnswer(request.http, {
          canonical: () => file,
          json: () => logEvidenceRecord.toJson(logEvidenceRecord.decode(file)),
        });
      },
    },
  ];
}
