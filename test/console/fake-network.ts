/**
 * A network that is only its answers: the routes that the console reads (spec/09-http.md), over as many
 * processes and entries as are wanted, for measuring the page alone. All three units are one server
 * under three paths; ids are made of numbers.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface FakeNetwork {
  readonly origin: string;
  /** Requests answered so far, by the first part of their path. */
  readonly answered: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface FakeSizes {
  readonly processes: number;
  /** Entries in the log of each process. */
  readonly entries: number;
  /** The folder of the built page. */
  readonly page: string;
}

/** When the fake network's history begins. */
const begin = Date.UTC(2026, 0, 1);

/** The id of the n-th of a kind: 43 characters, as real ones. */
export function fakeId(kind: string, n: number): string {
  return `${kind}${String(n).padStart(8, "0")}`.padEnd(43, "x");
}

const numberOf = (id: string): number => Number(id.replace(/^\D+/, "").slice(0, 8));

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};
/** What a messenger sends with the page. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src *; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Starts it on a free port of 127.0.0.1. */
export async function startFakeNetwork(sizes: FakeSizes): Promise<FakeNetwork> {
  const answered = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const first = url.pathname.split("/").slice(1, 3).join("/");
    answered.set(first, (answered.get(first) ?? 0) + 1);
    answer(sizes, url, request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    answered,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function answer(
  sizes: FakeSizes,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const file = /^\/console(?:\/([\w.-]+))?$/.exec(url.pathname);
  if (file !== null) {
    const name = file[1] ?? "index.html";
    response.setHeader("content-type", types[name.split(".").at(-1) ?? ""] ?? "text/plain");
    response.setHeader("content-security-policy", policy);
    response.end(readFileSync(join(sizes.page, name)));
    return;
  }
  if (url.pathname.endsWith("/events")) {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
    return;
  }
  const origin = `http://${request.headers.host}`;
  const value = jsonAt(sizes, url, origin);
  const isKnown = value !== null;
  response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(isKnown ? value : { code: "ROUTE_UNKNOWN", status: 404 }));
}

function jsonAt(sizes: FakeSizes, url: URL, origin: string): unknown {
  const path = url.pathname;
  const unit = /^\/(scheduler|compute)?(.*)$/.exec(path);
  const role = unit?.[1] ?? "messenger";
  const rest = unit?.[2]?.replace(/^\/?/, "/") ?? "/";
  const number = (name: string, otherwise: number): number =>
    Number(url.searchParams.get(name) ?? otherwise);
  if (rest === "/") return infoOf(role);
  if (rest === "/health") return { ok: true, processes: sizes.processes };
  if (rest === "/units") {
    const at = (name: string) => [{ url: `${origin}/${name}`, address: fakeId(name, 1) }];
    return { schedulers: at("scheduler"), computes: at("compute") };
  }
  if (rest === "/messages") return { messages: recent(sizes), next: null };
  if (rest === "/processes")
    return processPage(sizes, url.searchParams.get("from"), number("limit", 100));
  const log = /^\/processes\/([\w-]+)\/log$/.exec(rest);
  if (log !== null) return logPage(sizes, log[1] ?? "", number("from", 0), number("limit", 256));
  const one = /^\/processes\/([\w-]+)\/log\/(\d+)$/.exec(rest);
  if (one !== null) return entryAt(one[1] ?? "", Number(one[2]));
  const result = /^\/processes\/([\w-]+)\/results\/(\d+)$/.exec(rest);
  if (result !== null) return resultAt(result[1] ?? "", Number(result[2]));
  const message = /^\/messages\/([\w-]+)$/.exec(rest);
  if (message !== null) return messageAt(numberOf(message[1] ?? ""));
  if (rest === "/proofs") return proofs();
  const entry = /^\/processes\/([\w-]+)$/.exec(rest);
  if (entry !== null) return entryAt(entry[1] ?? "", 0);
  const results = /^\/processes\/([\w-]+)\/results$/.exec(rest);
  if (results !== null) {
    return resultPage(sizes, results[1] ?? "", number("from", 0), number("limit", 256));
  }
  const state = /^\/processes\/([\w-]+)\/state$/.exec(rest);
  if (state !== null) return stateOf(sizes, state[1] ?? "");
  const history = /^\/processes\/([\w-]+)\/history$/.exec(rest);
  if (history !== null) return historyOf(sizes, history[1] ?? "");
  return null;
}

const infoOf = (role: string) => ({
  role,
  address: fakeId(role, 1),
  algorithm: 1,
  publicKey: "",
  network: fakeId("network", 1),
  version: "0.1.0",
  protocol: 1,
  rules: [1],
});

const actions = ["Transfer", "Mint", "Balance", "Post", "Increment"];
const names = ["token", "counter", "chat", "ledger", "registry"];

function recent({ entries }: FakeSizes): readonly object[] {
  return Array.from({ length: 8 }, (_, i) => ({
    sequence: 100 - i,
    id: fakeId("message", entries - i),
    process: fakeId("process", i),
    from: { kind: "key", id: fakeId("key", 3) },
    slot: entries - i,
    state: i === 0 ? "assigned" : i === 5 ? "refused" : "pushed",
    action: actions[i % actions.length],
    spawn: false,
    cause: null,
    at: begin + 1000 * (entries - i),
  }));
}

function processPage(
  { processes, entries }: FakeSizes,
  from: string | null,
  limit: number,
): object {
  const first = from === null ? 0 : numberOf(from);
  const end = Math.min(processes, first + limit);
  const rows = Array.from({ length: end - first }, (_, i) => ({
    id: fakeId("process", first + i),
    module: fakeId("module", (first + i) % 7),
    owner: { kind: "key", id: fakeId("key", (first + i) % 11) },
    name: `${names[(first + i) % names.length]} ${first + i}`,
    spawnedAt: begin + 1000 * (first + i),
    next: entries,
  }));
  return {
    total: processes,
    processes: rows,
    next: end < processes ? fakeId("process", end) : null,
  };
}

function entryAt(process: string, slot: number): object {
  const action = actions[slot % actions.length] ?? "";
  return {
    process,
    slot,
    messageId: fakeId("message", slot),
    authorisationHash: fakeId("hash", slot),
    timestamp: begin + 1000 * slot,
    epoch: 0,
    previous: null,
    entryHash: fakeId("entry", slot),
    message: {
      id: fakeId("message", slot),
      from: { kind: slot % 3 === 0 ? "process" : "key", id: fakeId("key", slot % 13) },
      target: slot === 0 ? null : process,
      tags:
        slot === 0
          ? [
              { name: "Module", value: fakeId("module", 1) },
              { name: "Name", value: "token 0" },
              { name: "Scheduler", value: fakeId("scheduler", 1) },
              { name: "Compute", value: fakeId("compute", 1) },
            ]
          : [
              { name: "Action", value: action },
              { name: "Quantity", value: String(slot * 7) },
            ],
      data: `payload of ${slot}`,
      dataBytes: null,
      depth: 0,
      budget: 10_000_000,
      anchor: "",
      notAfter: 0,
    },
    authorisation: { kind: "signature" },
  };
}

function logPage({ entries }: FakeSizes, process: string, from: number, limit: number): object[] {
  const end = Math.min(entries, from + limit);
  return Array.from({ length: Math.max(0, end - from) }, (_, i) => entryAt(process, from + i));
}

function resultPage(
  { entries }: FakeSizes,
  process: string,
  from: number,
  limit: number,
): object[] {
  const end = Math.min(entries, from + limit);
  const length = Math.max(0, end - from);
  return Array.from({ length }, (_, i) => resultAt(process, from + i));
}

function resultAt(process: string, slot: number): object {
  const isFailed = slot % 17 === 3;
  return {
    process,
    slot,
    message: fakeId("message", slot),
    exit: isFailed ? "failed" : "ok",
    output: isFailed ? null : "7",
    outputBytes: isFailed ? null : "Nw",
    gasUsed: 12_000 + slot,
    postRoot: fakeId("root", slot),
    messages: [],
    spawns: [],
    logs: ["balance 7"],
    diagnostic: isFailed
      ? { reason: "guard", text: "BalanceTooLow", file: "assembly/token.ts", line: 41, column: 3 }
      : null,
    attestation: { unit: fakeId("compute", 1), batchSize: 1, index: 0 },
    finality: "signed",
    proof: { state: slot % 2 === 0 ? "proven" : "queued", reason: null },
  };
}

/** Messages cause those with twice their number and one more, seven levels deep at most. */
function messageAt(n: number): object {
  const at = begin + 40 * n;
  const isLeaf = n >= 16;
  const isFailed = n % 7 === 5;
  const events = [
    { kind: "accepted", at },
    { kind: "assigned", at: at + 4, slot: n },
    { kind: "evaluated", at: at + 31, slot: n, exit: isFailed ? "failed" : "ok", gasUsed: 12_345 },
    { kind: "pushed", at: at + 90 },
    ...(n % 3 === 1 ? [{ kind: "proven", at: at + 61_000 }] : []),
  ];
  const shown = n === 13 ? events.slice(0, 2) : events;
  return {
    id: fakeId("message", n),
    process: fakeId("process", n % 5),
    from: { kind: n === 1 ? "key" : "process", id: fakeId(n === 1 ? "key" : "process", n >> 1) },
    slot: n,
    state: shown.at(-1)?.kind,
    depth: Math.floor(Math.log2(n)),
    budget: 10_000_000,
    action: actions[n % actions.length],
    spawn: false,
    cause: n <= 1 ? null : fakeId("message", n >> 1),
    caused: isLeaf || n === 13 ? [] : [fakeId("message", 2 * n), fakeId("message", 2 * n + 1)],
    events: shown,
  };
}

function proofs(): object {
  const place = (slot: number) => ({ process: fakeId("process", slot % 5), slot });
  const made = Array.from({ length: 12 }, (_, i) => ({
    ...place(90 - i),
    at: begin + 1000 * (90 - i),
    seconds: 11 + i / 3,
    bytes: 1_400_000 + 20_000 * i,
    gasUsed: 12_345 + i,
  }));
  return {
    prover: true,
    since: begin,
    waiting: 9,
    current: { ...place(91), startedAt: begin, secondsLeft: 14, segmentsDone: 3, segments: 8 },
    queue: Array.from({ length: 8 }, (_, i) => ({
      ...place(92 + i),
      position: i + 1,
      secondsLeft: 14 + 12 * i,
      reason: null,
    })),
    proven: made,
    unprovable: [{ ...place(17), at: begin, reason: "gas" }],
  };
}

const stateOf = ({ entries }: FakeSizes, process: string) => ({
  process,
  slot: entries - 1,
  root: fakeId("root", entries),
  memoryBytes: 4 * 65_536,
  status: "caughtUp",
  evaluation: "ready",
  reason: null,
  fault: null,
});

function historyOf({ entries }: FakeSizes, process: string): object {
  const points = Array.from({ length: 128 }, (_, i) => {
    const slot = Math.floor((i * (entries - 1)) / 127);
    const memoryBytes = 65_536 * (2 + Math.floor(i / 40));
    return { slot, at: begin + 1000 * slot, exit: "ok", gasUsed: 12_000 + slot, memoryBytes };
  });
  return { process, from: 0, to: entries - 1, points };
}
