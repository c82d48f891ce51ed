/**
 * The witness's routes (spec/15-heads.md §8): C2SP tlog-witness, its key, and what it has met.
 *
 * @module
 */

import { toHex, utf8Bytes } from "../src/base/bytes.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { Route } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import type { WitnessStore } from "../src/node/store/ports/witness-store.ts";
import { evidenceRoutes } from "../src/node/unit/evidence-routes.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { addCheckpointBytesMax } from "../src/protocol/limits.ts";
import type { WitnessService } from "./service.ts";

const plain = "text/plain; charset=utf-8";
/** Logs that a witness is asked to know. */
const logsMax = 1000;

export function witnessRoutes(service: WitnessService, store: WitnessStore): readonly Route[] {
  const get = (path: string, handler: Route["handler"]): Route => ({
    method: "GET",
    path,
    handler,
  });
  return [
    {
      method: "POST",
      path: "/add-checkpoint",
      bodyBytesMax: addCheckpointBytesMax,
      cost: 1,
      handler: async ({ http }) => {
        const answer = await service.addCheckpoint(http.body);
        return answer.kind === "cosigned"
          ? text(answer.line)
          : text(`${answer.size}\n`, 409, "text/x.tlog.size");
      },
    },
    get("/vkey", () => text(`${service.vkey}\n`)),
    get("/{log}/checkpoint", async ({ parameters }) => {
      const asked = parameters["log"] ?? "";
      const origins = await store.origins(logsMax);
      const origin = origins.find((one) => toHex(sha256(utf8Bytes(one))) === asked);
      const note = origin === undefined ? null : await service.checkpoint(origin);
      if (note === null) throw new ProtocolError("LOG_UNKNOWN", { got: asked.slice(0, 64) });
      return text(note);
    }),
    ...evidenceRoutes(store),
  ];
}

function text(body: string | Uint8Array, status = 200, type = plain): HttpResponse {
  return { status, headers: { "content-type": type, "cache-control": "no-store" }, body };
}
