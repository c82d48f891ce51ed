/**
 * Receipts of many entries under one head (spec/15-heads.md §7): one head, one proof that it follows from
 * the head that the reader knows, and a path for each entry. So a reader checks one signature a head and
 * not one an entry.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Cosigner } from "../src/log/head.ts";
import { vkeyOf, witnessAddress } from "../src/log/vkey.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import type { LogStore } from "../src/node/store/ports/log-store.ts";
import { queryInteger, recordAnswer } from "../src/node/unit/answers.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { receiptsQueryBytesMax, waitMaxMs } from "../src/protocol/limits.ts";
import {
  type EntryPlace,
  type LeafPath,
  type LogReceipts,
  logReceiptsRecord,
  type ReceiptsQuery,
  receiptsQueryRecord,
} from "../src/protocol/log-receipt.ts";
import type { HeadSigner } from "./head-signer.ts";
import { querySeen } from "./routes.ts";
import type { Published } from "./signed-heads.ts";

/** What receipts are made of. */
export interface ReceiptSources {
  readonly heads: HeadSigner;
  readonly log: LogStore;
  /** The scheduler's witnesses, as far as they have told their keys. */
  readonly witnesses: () => readonly Cosigner[];
}

/** `POST /receipts`. */
export function receiptsRoute(sources: ReceiptSources): Route {
  return {
    method: "POST",
    path: "/receipts",
    bodyBytesMax: receiptsQueryBytesMax,
    cost: 1,
    handler: (request) => postReceipts(sources, request),
  };
}

async function postReceipts(sources: ReceiptSources, request: RouteRequest): Promise<HttpResponse> {
  const waitMs = queryInteger(request, { name: "wait", max: waitMaxMs, default: 0 });
  const query = receiptsQueryRecord.decode(request.http.body);
  await sources.heads.checkSeen(querySeen(request));
  const receipts = await receiptsOf(sources, query, { waitMs, signal: request.http.signal });
  return recordAnswer(request.http, {
    canonical: () => logReceiptsRecord.encode(receipts),
    json: () => logReceiptsRecord.toJson(receipts),
  });
}

/**
 * The receipts of the entries that there are, once a head with the cosignatures covers them all; after
 * the wait, of those that one covers. Throws `WITNESS_UNKNOWN` and `HEAD_PENDING`.
 */
export async function receiptsOf(
  sources: ReceiptSources,
  query: ReceiptsQuery,
  wait: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<LogReceipts> {
  const { heads } = sources;
  const witnesses = namedWitnesses(sources, query);
  const indices = await Promise.all(query.places.map((place) => indexOf(sources.log, place)));
  const last = Math.max(0, ...indices.map((index) => index ?? 0));
  const { count } = query.witnesses;
  const isCosigned = ({ signed }: Published): boolean => {
    const names = new Set(signed.signatures.map(({ name }) => name));
    return witnesses.filter(({ name }) => names.has(name)).length >= count;
  };
  const published = await heads.headAbove(last, isCosigned, wait);
  if (published === null) {
    throw new ProtocolError("HEAD_PENDING", { expected: `a head with ${count} cosignatures` });
  }
  const { note, signed, tree } = published;
  const { size } = signed.head;
  const isFollowed = query.since > 0 && query.since < size;
  const pathOf = async (treeIndex: number | null): Promise<LeafPath | null> =>
    treeIndex === null || treeIndex >= size
      ? null
      : { treeIndex, path: await tree.inclusion(treeIndex) };
  return {
    head: note,
    headKey: query.since === 0 ? heads.headKey : null,
    consistency: isFollowed ? await tree.consistency(query.since) : [],
    witnesses: witnesses.map(vkeyOf),
    places: await Promise.all(indices.map(pathOf)),
  };
}

/** Those of the reader's witnesses that cosign here; too few never will. */
function namedWitnesses(
  sources: ReceiptSources,
  { witnesses }: ReceiptsQuery,
): readonly Cosigner[] {
  const { units, count } = witnesses;
  const named = sources.witnesses().filter((witness) => {
    const address = witnessAddress(witness);
    return units.some((unit) => equalBytes(unit, address));
  });
  if (named.length >= count) return named;
  throw new ProtocolError("WITNESS_UNKNOWN", {
    expected: `${count} of the ${units.length} witnesses that are named`,
    got: named.length,
  });
}

async function indexOf(log: LogStore, { process, slot }: EntryPlace): Promise<number | null> {
  return (await log.entry(process, slot))?.treeIndex ?? null;
}
