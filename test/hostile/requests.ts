/**
 * Valid requests to every route of the three units, and what mutation makes of them: method, path,
 * query, headers and body. An answer is held to the law that every unit keeps.
 *
 * @module
 */

import { concatBytes, utf8Bytes } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { composeBundle } from "../../src/client/compose.ts";
import { httpErrorStatuses } from "../../src/node/http/http-error.ts";
import { statusOfCode } from "../../src/node/unit/error-status.ts";
import { dryRunRecord } from "../../src/protocol/dry-run.ts";
import { batchRecord, bundleRecord, envelopeRecord } from "../../src/protocol/envelope.ts";
import { contentIdOf, type Digest, idText } from "../../src/protocol/ids.ts";
import { deedData, quietData } from "../../src/testing/hostile-process.ts";
import type { Chance } from "./chance.ts";
import { type LiveNetwork, network, urls } from "./live-network.ts";
import { mutateBytes, mutateCanonical, mutateJson, mutateText } from "./mutate.ts";

/** A request as text and bytes; nothing of it need be valid. */
export interface HostileRequest {
  readonly unit: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

const canonical = { "content-type": "application/msgpack", accept: "application/msgpack" };
const json = { "content-type": "application/json", accept: "application/json" };
const methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "__proto__"];
const numbers = [
  "0",
  "1",
  "01",
  "-1",
  "1e3",
  "9007199254740991",
  "9007199254740992",
  "9".repeat(16),
];

/** One valid request for each route; ids are those of a process with a few messages. */
export async function validRequests(
  live: LiveNetwork,
  process: Digest,
): Promise<readonly HostileRequest[]> {
  const { scheduler, compute, messenger } = urls;
  const message = live.sender.message(process, "Do", { data: quietData() });
  const p = idText(process);
  const get = (unit: string, path: string): HostileRequest => ({
    unit,
    method: "GET",
    path,
    headers: { accept: "application/json" },
    body: null,
  });
  const { body, authorisation, data } = message;
  const spelled = envelopeRecord.toJson({ body, authorisation, data });
  const content = utf8Bytes("some content");
  const owner = { kind: 0, id: live.sender.identity.address };
  const dry = dryRunRecord.encode({ owner, tags: [], data: quietData() });
  const post = (unit: string, path: string, sent: Uint8Array, headers = canonical) => ({
    unit,
    method: "POST",
    path,
    headers,
    body: sent,
  });
  const batches = live.batches.slice(-3).map((sent) => post(scheduler, "/messages", sent));
  return [
    ...Object.values(urls).flatMap((unit) =>
      ["/", "/health", "/metrics", `/content/${p}`].map((path) => get(unit, path)),
    ),
    ...Object.values(urls).map((unit) => ({
      ...post(unit, `/content/${idText(contentIdOf(content))}`, content),
      method: "PUT",
    })),
    post(scheduler, "/messages", envelopeRecord.encode(message)),
    post(scheduler, "/messages?finality=none", batchRecord.encode({ envelopes: [message] })),
    ...batches,
    post(scheduler, "/messages", envelopeRecord.encode(live.spawn())),
    get(scheduler, "/processes?limit=3&prefix=A"),
    get(scheduler, `/processes?from=${p}`),
    get(scheduler, `/processes/${p}`),
    get(scheduler, `/processes/${p}/log/events?from=1`),
    get(scheduler, `/processes/${p}/log?from=0&limit=10&wait=1`),
    get(scheduler, `/processes/${p}/log/1`),
    post(messenger, "/messages?timeout=1", envelopeRecord.encode(message)),
    post(messenger, "/messages?wait=result&timeout=20", envelopeRecord.encode(message)),
    post(messenger, "/messages", utf8Bytes(JSON.stringify(spelled)), json),
    post(messenger, "/messages", bundleOf(live, process)),
    get(messenger, `/messages/${idText(message.id)}`),
    get(messenger, `/addresses/${p}/messages?from=0&limit=10`),
    { ...get(messenger, `/processes/${p}/results/1/push`), method: "POST" },
    get(messenger, "/units"),
    get(messenger, "/messages?from=100&limit=3"),
    get(messenger, `/messages/${idText(message.id)}/events`),
    get(messenger, "/events"),
    get(compute, `/processes/${p}/results/1?wait=none&timeout=1`),
    get(compute, `/processes/${p}/results/${idText(message.id)}`),
    get(compute, `/processes/${p}/results?from=0&limit=10&order=asc&wait=1`),
    post(compute, `/processes/${p}/dry-run`, dry),
    get(compute, `/processes/${p}/state`),
    get(compute, `/processes/${p}/memory?slot=1&from=0&length=100`),
    get(compute, `/processes/${p}/results/events?from=0`),
    get(compute, `/processes/${p}/history?from=0&to=5&points=3`),
    get(compute, "/proofs?limit=3"),
    get(compute, `/processes/${p}/proofs/1`),
  ];
}

function bundleOf(live: LiveNetwork, process: Digest): Uint8Array {
  const owner = live.sender.identity;
  const context = { network, owner, clock: systemClock, random: systemRandom };
  const drafts = [quietData(), deedData(11)].map((data) => ({ target: process, data }));
  return bundleRecord.encode(composeBundle(drafts, context));
}

/** A mutation of a request in one or two of its parts. */
export function mutateRequest(chance: Chance, request: HostileRequest): HostileRequest {
  const once = changed(chance, request);
  return chance.below(3) === 0 ? changed(chance, once) : once;
}

function changed(chance: Chance, request: HostileRequest): HostileRequest {
  const { body, path, headers } = request;
  switch (chance.below(body === null ? 4 : 10)) {
    case 0:
      return { ...request, method: chance.pick(methods) };
    case 1:
      return { ...request, path: path.replace(/\d+(?=&|$|\/)/, chance.pick(numbers)) };
    case 2:
      return { ...request, path: `/${mutateText(chance, path.slice(1))}` };
    case 3: {
      const name = chance.pick(["accept", "content-type", "last-event-id", "range"]);
      const value = mutateText(chance, headers[name] ?? "text/html;q=0");
      return { ...request, headers: { ...headers, [name]: value } };
    }
    default:
      return { ...request, body: changedBody(chance, request) };
  }
}

function changedBody(chance: Chance, { body, headers }: HostileRequest): Uint8Array {
  const sent = body ?? new Uint8Array(0);
  if (headers["content-type"] === json["content-type"] && chance.below(2) === 0) {
    try {
      const value: unknown = JSON.parse(new TextDecoder().decode(sent));
      return new TextEncoder().encode(JSON.stringify(mutateJson(chance, value as never)));
    } catch {
      return mutateBytes(chance, sent, sent);
    }
  }
  try {
    return chance.below(3) === 0 ? mutateInner(chance, sent) : mutateCanonical(chance, sent);
  } catch {
    return mutateBytes(chance, sent, sent);
  }
}

/** Mutates the body that an envelope carries, so that everything around it is valid. */
function mutateInner(chance: Chance, sent: Uint8Array): Uint8Array {
  const envelope = envelopeRecord.decode(sent);
  const body = mutateCanonical(chance, envelope.body).slice(0, 60_000);
  return envelopeRecord.encode({ ...envelope, body });
}

/** What an answer was: its status and code, and what of it breaks the law. */
export interface Answered {
  readonly status: number;
  readonly code: string;
  readonly finding: string | null;
}

/** Sends a request and holds the answer to the law. A hang is a finding. */
export async function ask(live: LiveNetwork, request: HostileRequest): Promise<Answered> {
  const { unit, method, path, headers, body } = request;
  const signal = AbortSignal.timeout(hangMs);
  try {
    const init = { method, headers, signal, ...(body === null ? {} : { body }) };
    const response = await live.units.fetch(unit + path, init as RequestInit);
    if (response.headers.get("content-type") === "text/event-stream") {
      await response.body?.cancel();
      return { status: response.status, code: "stream", finding: null };
    }
    const text = await response.text();
    return { ...lawOf(response, text) };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 0, code: "thrown", finding: detail.slice(0, 600) };
  }
}

const hangMs = 30_000;

function lawOf(response: Response, text: string): Answered {
  const { status } = response;
  if (status < 400) return { status, code: "ok", finding: null };
  const type = response.headers.get("content-type");
  // A HEAD has no body to say why.
  if (text === "") return { status, code: "none", finding: status >= 500 ? "5xx" : null };
  if (type !== "application/problem+json") return { status, code: "", finding: `type ${type}` };
  const { code } = JSON.parse(text) as { code: string };
  const broken =
    (status === 500 && "INTERNAL") ||
    (text.length > 20_000 && `a problem of ${text.length} characters`) ||
    (knownStatus(code) !== status && `no such code: ${code}`) ||
    ((status === 429 || status === 503) &&
      response.headers.get("retry-after") === null &&
      "no retry-after");
  return { status, code, finding: broken || null };
}

function knownStatus(code: string): number | null {
  const http: Readonly<Record<string, number>> = httpErrorStatuses;
  return http[code] ?? statusOfCode(code);
}

/** Text of a request, for a finding. */
export function shown({ unit, method, path, headers, body }: HostileRequest): string {
  const bytes = Buffer.from(concatBytes(body ?? new Uint8Array(0))).toString("base64");
  return JSON.stringify({ unit, method, path, headers, body: bytes }).slice(0, 2000);
}
