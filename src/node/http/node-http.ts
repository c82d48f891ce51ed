/**
 * The HTTP port (`server.ts`) on `node:http`: the safe ground, always there. Its parser refuses
 * two lengths, length with chunked, and heads over 16 KiB by itself; the rest is in `exchange.ts`.
 *
 * @module
 */

import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type AnswerHead, Exchange, type Wire } from "./exchange.ts";
import { ExchangeTable } from "./exchange-table.ts";
import type { RawHead } from "./head.ts";
import { HttpError, type HttpErrorCode, HttpListenError, httpProblem } from "./http-error.ts";
import { canonicalAddress } from "./remote.ts";
import {
  type HttpAdapter,
  type HttpHandler,
  type HttpListenOptions,
  type HttpServer,
  headerBytesMax,
} from "./server.ts";

/** From the connection's first byte to the end of a head (Node's default is 60 s). */
const headTimeoutMs = 10_000;
const keepAliveTimeoutMs = 5_000;
const requestsPerConnectionMax = 10_000;
/** How often Node looks for late heads. */
const lateHeadsEveryMs = 1_000;
/** How long a refused body is thrown away before the connection ends. */
const drainMs = 500;

/** The adapter. */
export const nodeHttp: HttpAdapter = { name: "node", listen };

async function listen(options: HttpListenOptions, handler: HttpHandler): Promise<HttpServer> {
  const table = new ExchangeTable(options, handler);
  const server = http.createServer({
    connectionsCheckingInterval: lateHeadsEveryMs,
    headersTimeout: headTimeoutMs,
    insecureHTTPParser: false,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: headerBytesMax,
    // The exchange answers a late body itself; this is the net below it.
    requestTimeout: headTimeoutMs + options.bodyTimeoutMs + lateHeadsEveryMs,
    noDelay: true,
  });
  server.maxRequestsPerSocket = requestsPerConnectionMax;
  server.maxConnections = 2 * options.connectionsMax;
  // 0 is "no limit": otherwise Node drops headers past the limit in silence; `readHead` counts them.
  server.maxHeadersCount = 0;
  server.on("connection", (socket) => {
    table.connections++;
    socket.once("close", () => table.connections--);
  });
  // Node goes on to hand out what was pipelined behind a request whose answer ends the connection.
  const severed = new WeakSet<Socket>();
  const begin = (request: http.IncomingMessage, response: http.ServerResponse): boolean => {
    if (severed.has(request.socket)) return false;
    return serve(table, severed, request, response).isReading;
  };
  server.on("request", begin);
  server.on("checkContinue", (request, response) => {
    if (begin(request, response)) response.writeContinue();
  });
  // Without this listener Node answers 417 itself, without a code.
  server.on("checkExpectation", begin);
  server.on("clientError", (error, socket) => refuseRaw(table, error, socket as Socket));
  const address = await bind(server, options);
  let closing: Promise<void> | null = null;
  return {
    host: options.host,
    port: address.port,
    load: () => ({ connections: table.connections, requests: table.requests }),
    close: (graceMs) => {
      closing ??= close(server, table, graceMs);
      return closing;
    },
  };
}

function bind(server: http.Server, options: HttpListenOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const got = error.code ?? error.message;
      const fields = { expected: "a free address", got, host: options.host, port: options.port };
      reject(new HttpListenError("ADDRESS_UNAVAILABLE", fields, { cause: error }));
    });
    server.listen({ host: options.host, port: options.port }, () => {
      server.removeAllListeners("error");
      resolve(server.address() as AddressInfo);
    });
  });
}

async function close(server: http.Server, table: ExchangeTable, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await table.drain(graceMs);
  server.closeAllConnections();
  await closed;
}

function serve(
  table: ExchangeTable,
  severed: WeakSet<Socket>,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Exchange {
  const remote = canonicalAddress(request.socket.remoteAddress ?? "");
  const sever = (): void => void severed.add(request.socket);
  const wire = new NodeWire(request, response, {
    stallTimeoutMs: table.options.stallTimeoutMs,
    sever,
  });
  const exchange = new Exchange(table, wire, remote);
  // Both errors only say that the peer went away, which `close` says too.
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  response.on("close", () => {
    wire.release();
    if (response.writableFinished) exchange.sent();
    else exchange.aborted("the client went away");
  });
  exchange.begin(rawHead(request));
  if (exchange.isReading) {
    request.on("data", (chunk: Uint8Array) => exchange.receive(chunk, false));
    request.on("end", () => exchange.receive(new Uint8Array(0), true));
  } else {
    request.resume();
  }
  return exchange;
}

function rawHead(request: http.IncomingMessage): RawHead {
  const target = request.url ?? "";
  const mark = target.indexOf("?");
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    headers.push([request.rawHeaders[i] ?? "", request.rawHeaders[i + 1] ?? ""]);
  }
  return {
    method: request.method ?? "",
    path: mark < 0 ? target : target.slice(0, mark),
    search: mark < 0 ? "" : target.slice(mark + 1),
    version: request.httpVersion,
    headers,
  };
}

/** Answers bytes that Node could not read as a request. */
function refuseRaw(table: ExchangeTable, error: NodeJS.ErrnoException, socket: Socket): void {
  const code: HttpErrorCode =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "HEADERS_TOO_LARGE"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "REQUEST_TIMEOUT"
        : "REQUEST_MALFORMED";
  // A reset peer reads no answer; one whose answer is under way must not find this inside it.
  const isMidAnswer = socket.bytesWritten > 0;
  if (error.code === "ECONNRESET" || !socket.writable || isMidAnswer) {
    socket.destroy();
    return;
  }
  const refusal = new HttpError(code, { expected: "an HTTP/1.1 request", got: error.code ?? "" });
  table.report({ method: "", path: "" }, refusal.status, code, null);
  const problem = httpProblem(refusal);
  const body = typeof problem.body === "string" ? problem.body : "";
  const lines = [`HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status]}`];
  for (const [name, value] of Object.entries(problem.headers ?? {}))
    lines.push(`${name}: ${value}`);
  lines.push(`content-length: ${Buffer.byteLength(body)}`, "connection: close", "", body);
  socket.end(lines.join("\r\n"), () => socket.destroy());
}

class NodeWire implements Wire {
  readonly #request: http.IncomingMessage;
  readonly #response: http.ServerResponse;
  readonly #stallTimeoutMs: number;
  readonly #sever: () => void;
  #onDrained: (() => void) | null = null;
  #drainTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    options: { readonly stallTimeoutMs: number; readonly sever: () => void },
  ) {
    this.#request = request;
    this.#response = response;
    this.#stallTimeoutMs = options.stallTimeoutMs;
    this.#sever = options.sever;
    response.on("drain", () => this.#wake());
  }

  whole(head: AnswerHead, body: Uint8Array | null, length: number | null): void {
    const announced = body?.length ?? length;
    if (head.fate === "severed" || head.fate === "drained") this.#sever();
    this.#writeHead(head, announced);
    // Node ends the connection if the reader takes nothing for so long.
    this.#response.socket?.setTimeout(this.#stallTimeoutMs);
    if (head.fate !== "drained") {
      this.#response.end(body ?? undefined);
      return;
    }
    if (body !== null) this.#response.write(body);
    else this.#response.flushHeaders();
    const finish = (): void => void this.#response.end();
    this.#drainTimer = setTimeout(finish, drainMs);
    this.#request.once("end", finish);
    this.#request.resume();
  }

  start(head: AnswerHead): void {
    this.#writeHead(head, null);
    this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    return this.#response.write(chunk);
  }

  drained(): Promise<void> {
    if (!this.#response.writableNeedDrain || this.#response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  finish(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
    this.release();
  }

  /** Lets go of every wait; the connection is gone or done with this answer. */
  release(): void {
    if (this.#drainTimer !== null) clearTimeout(this.#drainTimer);
    this.#drainTimer = null;
    this.#wake();
  }

  #wake(): void {
    this.#onDrained?.();
    this.#onDrained = null;
  }

  #writeHead(head: AnswerHead, length: number | null): void {
    for (const [name, value] of head.headers) this.#response.setHeader(name, value);
    if (length !== null) this.#response.setHeader("content-length", length);
    if (head.fate !== "kept") this.#response.setHeader("connection", "close");
    this.#response.writeHead(head.status);
  }
}
