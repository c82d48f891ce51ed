/**
 * The routes of a scheduler's heads (spec/15-heads.md §7): checkpoint, tiles and entries as C2SP
 * tlog-tiles serves them, the head-key record, and receipts.
 *
 * @module
 */

import { concatBytes } from "../src/base/bytes.ts";
import { parseTilePath, tilePath, tileWidth } from "../src/log/tiles.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import { type LogStore, treeIndexFirst } from "../src/node/store/ports/log-store.ts";
import { pathId, pathSlot, queryInteger, recordAnswer } from "../src/node/unit/answers.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord } from "../src/protocol/head-key.ts";
import { idText } from "../src/protocol/ids.ts";
import { noteBytesMax, waitMaxMs, witnessesMax } from "../src/protocol/limits.ts";
import { logReceiptRecord } from "../src/protocol/log-receipt.ts";
import type { HeadSigner } from "./head-signer.ts";
import { type ReceiptSources, receiptsRoute } from "./receipts.ts";

const octets = "application/octet-stream";
const entriesPrefix = "entries/";
/** In requests: a signature is checked on the unit's own thread, 1.5 ms. */
const shownCost = 20;

/** The routes of heads, beside `schedulerRoutes`. */
export function headRoutes(sources: ReceiptSources): readonly Route[] {
  const { heads, log } = sources;
  const get = (path: string, handler: Route["handler"]): Route => ({
    method: "GET",
    path,
    handler,
  });
  return [
    get("/checkpoint", () => {
      const { checkpoint } = heads;
      if (checkpoint === null) throw new ProtocolError("HEAD_PENDING", { expected: "a head" });
      return fixed(checkpoint, "text/plain; charset=utf-8", "no-store");
    }),
    {
      method: "POST",
      path: "/checkpoint",
      bodyBytesMax: noteBytesMax,
      cost: shownCost,
      handler: async ({ http }) => {
        await heads.shown(http.body);
        return { status: 204 };
      },
    },
    get("/tile/{place...}", async ({ parameters }) => {
      const place = parameters["place"] ?? "";
      const bytes = place.startsWith(entriesPrefix)
        ? await entryBundle(heads, log, place.slice(entriesPrefix.length))
        : await heads.tile(parseTilePath(place));
      return fixed(bytes, octets, "public, max-age=31536000, immutable");
    }),
    get("/head-key", (request) =>
      recordAnswer(request.http, {
        canonical: () => heads.headKey,
        json: () => headKeyRecord.toJson(headKeyRecord.decode(heads.headKey)),
      }),
    ),
    get("/processes/{process}/log/{slot}/receipt", (request) => getReceipt(heads, log, request)),
    receiptsRoute(sources),
  ];
}

function fixed(body: Uint8Array, type: string, caching: string): HttpResponse {
  return { status: 200, headers: { "content-type": type, "cache-control": caching }, body };
}

/** Entries with their lengths: as many as the tile of that place has hashes. */
async function entryBundle(heads: HeadSigner, log: LogStore, path: string): Promise<Uint8Array> {
  const place = parseTilePath(`0/${path}`);
  // Refused unless a signed head covers it.
  await heads.tile(place);
  const from = place.index * tileWidth;
  const first = from === 0 ? [heads.headKey] : [];
  const start = Math.max(from, treeIndexFirst);
  const leaves = await log.leaves(start, place.width - first.length);
  const entries = [...first, ...leaves.map(({ entry }) => entry)];
  if (entries.length !== place.width) {
    throw new ProtocolError("HOST_FAULT", { tile: tilePath(place), got: entries.length });
  }
  return concatBytes(...entries.flatMap((entry) => [u16be(entry.length), entry]));
}

function u16be(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

async function getReceipt(
  heads: HeadSigner,
  log: LogStore,
  request: RouteRequest,
): Promise<HttpResponse> {
  const [process, slot] = [pathId(request, "process"), pathSlot(request)];
  const waitMs = queryInteger(request, { name: "wait", max: waitMaxMs, default: 0 });
  const cosignatures = queryInteger(request, {
    name: "cosignatures",
    max: witnessesMax,
    default: 0,
  });
  const entry = await log.entry(process, slot);
  if (entry === null) {
    const code = (await log.head(process)) === null ? "PROCESS_UNKNOWN" : "SLOT_UNKNOWN";
    throw new ProtocolError(code, { process: idText(process), slot });
  }
  const receipt = await heads.receipt(entry.treeIndex, {
    ...{ waitMs, signal: request.http.signal, cosignatures },
  });
  return recordAnswer(request.http, {
    canonical: () => logReceiptRecord.encode(receipt),
    json: () => logReceiptRecord.toJson(receipt),
  });
}
