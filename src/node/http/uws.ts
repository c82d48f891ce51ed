/**
 * The HTTP port (`server.ts`) on `uWebSockets.js`: about twice as cheap per request, and merciless.
 * What was measured of that binary, and what this file does about each point:
 *
 * - A throw out of any callback ends the process (SIGABRT): every callback is `guarded`.
 * - A response touched after its end or abort throws: `#isOver` is looked at first, everywhere.
 * - Chunks are detached on return: `Exchange.receive` copies.
 * - `writeStatus` counts only before the first header: `#writeHead` is the one place of both.
 * - `end(body, true)` inside a read still hands out the pipelined requests behind: `whole` waits.
 * - `end(body, true)` in a chunked answer puts a header into the body: never used there.
 * - `endWithoutBody(length)` never finishes: the length goes as a header, without argument.
 * - A pipelined request ends the connection while an answer is awaited: within HTTP's leave.
 * - Ports are shared in silence: `listenExclusively`.
 * - Heads that it cannot read end in silence, or with its own 400, 431 or 505 page.
 *
 * @module
 */

import { type AnswerHead, Exchange, type Wire } from "./exchange.ts";
import { ExchangeTable } from "./exchange-table.ts";
import type { RawHead } from "./head.ts";
import { HttpListenError, statusPhrase } from "./http-error.ts";
import { canonicalAddress } from "./remote.ts";
import type { HttpAdapter, HttpHandler, HttpListenOptions, HttpServer } from "./server.ts";
import {
  listenExclusively,
  type UwsApp,
  type UwsBinding,
  type UwsListenSocket,
  type UwsRequest,
  type UwsResponse,
} from "./uws-binding.ts";

/** Longer bodies are written as the reader takes them, instead of being queued whole. */
const queuedBytesMax = 64 * 1024;
/** How long a refused body is thrown away before the connection ends. */
const drainMs = 500;

/** The adapter over a loaded binding. */
export function uwsHttp(binding: UwsBinding): HttpAdapter {
  return { name: "uws", listen: (options, handler) => listen(binding, options, handler) };
}

async function listen(
  binding: UwsBinding,
  options: HttpListenOptions,
  handler: HttpHandler,
): Promise<HttpServer> {
  const table = new ExchangeTable(options, handler);
  const app = binding.App();
  app.filter((response, change) =>
    guarded(table, () => {
      table.connections += change;
      if (change > 0 && table.connections > 2 * options.connectionsMax) response.close();
    }),
  );
  app.any("/*", (response, request) => guarded(table, () => serve(table, response, request)));
  const socket = await bind(app, options);
  let closing: Promise<void> | null = null;
  return {
    host: options.host,
    port: binding.us_socket_local_port(socket),
    load: () => ({ connections: table.connections, requests: table.requests }),
    close: (graceMs) => {
      closing ??= close(binding, app, socket, table, graceMs);
      return closing;
    },
  };
}

function bind(app: UwsApp, options: HttpListenOptions): Promise<UwsListenSocket> {
  return new Promise((resolve, reject) => {
    app.listen(options.host, options.port, listenExclusively, (socket) => {
      if (socket !== false) return resolve(socket);
      app.close();
      const { host, port } = options;
      const fields = { expected: "a free address", got: "refused", host, port };
      reject(new HttpListenError("ADDRESS_UNAVAILABLE", fields));
    });
  });
}

async function close(
  binding: UwsBinding,
  app: UwsApp,
  socket: UwsListenSocket,
  table: ExchangeTable,
  graceMs: number,
): Promise<void> {
  binding.us_listen_socket_close(socket);
  await table.drain(graceMs);
  app.close();
}

/** Runs a callback of the binding; what it throws is reported, because out there it is fatal. */
function guarded(table: ExchangeTable, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    table.report({ method: "", path: "" }, 500, "INTERNAL", error);
  }
}

function serve(table: ExchangeTable, response: UwsResponse, request: UwsRequest): void {
  const wire = new UwsWire(table, response);
  const remote = canonicalAddress(Buffer.from(response.getRemoteAddressAsText()).toString());
  const exchange = new Exchange(table, wire, remote);
  wire.onSent = (): void => exchange.sent();
  response.onAborted(() =>
    guarded(table, () => {
      wire.release();
      exchange.aborted("the client went away");
    }),
  );
  response.onData((chunk, isLast) =>
    guarded(table, () => {
      exchange.receive(new Uint8Array(chunk), isLast);
      if (isLast) wire.bodyEnded();
    }),
  );
  exchange.begin(rawHead(request));
}

function rawHead(request: UwsRequest): RawHead {
  const headers: [string, string][] = [];
  request.forEach((name, value) => void headers.push([name, value]));
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    search: request.getQuery(),
    version: "1.1",
    headers,
  };
}

class UwsWire implements Wire {
  readonly #table: ExchangeTable;
  readonly #response: UwsResponse;
  onSent: () => void = () => undefined;
  #isOver = false;
  #isBodyRead = false;
  #onBodyRead: (() => void) | null = null;
  #onDrained: (() => void) | null = null;
  #isBlocked = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(table: ExchangeTable, response: UwsResponse) {
    this.#table = table;
    this.#response = response;
  }

  whole(head: AnswerHead, body: Uint8Array | null, length: number | null): void {
    if (this.#isOver) return;
    if (head.fate === "kept" || head.fate === "closing") {
      this.#writeWhole(head, body, length);
      return;
    }
    const answer = (): void => {
      this.#stopTimer();
      this.#onBodyRead = null;
      // Never inside the read that brought the request: the binding would go on to hand out what
      // follows in the same packet as another request, although the connection is to close. With
      // the answer still open, it ends the connection instead.
      setImmediate(() =>
        guarded(this.#table, () => {
          if (!this.#isOver) this.#writeSevered(head, body);
        }),
      );
    };
    if (head.fate === "severed" || this.#isBodyRead) {
      answer();
    } else {
      this.#onBodyRead = answer;
      this.#timer = setTimeout(() => guarded(this.#table, answer), drainMs);
    }
  }

  start(head: AnswerHead): void {
    if (this.#isOver) return;
    this.#response.onWritable(() => {
      guarded(this.#table, () => this.#wake());
      return true;
    });
    this.#response.cork(() => this.#writeHead(head));
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#response.cork(() => {
      this.#isBlocked = !this.#response.write(chunk);
    });
    return !this.#isBlocked;
  }

  drained(): Promise<void> {
    if (this.#isOver || !this.#isBlocked) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  finish(): void {
    if (this.#isOver) return;
    this.#response.cork(() => this.#response.end());
    this.#over();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.release();
    this.#response.close();
  }

  /** The request's body was read to its end, kept or not. */
  bodyEnded(): void {
    this.#isBodyRead = true;
    this.#onBodyRead?.();
  }

  /** Lets go of every wait; the response must not be touched again. */
  release(): void {
    this.#isOver = true;
    this.#stopTimer();
    this.#onBodyRead = null;
    this.#wake();
  }

  #over(): void {
    this.release();
    this.onSent();
  }

  #writeSevered(head: AnswerHead, body: Uint8Array | null): void {
    this.#response.cork(() => {
      this.#writeHead(head);
      this.#response.end(body ?? new Uint8Array(0), true);
    });
    this.#over();
  }

  #writeWhole(head: AnswerHead, body: Uint8Array | null, length: number | null): void {
    let isDone = true;
    this.#response.cork(() => {
      this.#writeHead(head);
      if (body === null) {
        if (length !== null) this.#response.writeHeader("content-length", String(length));
        this.#response.endWithoutBody();
      } else if (body.length <= queuedBytesMax) {
        this.#response.end(body);
      } else {
        isDone = this.#response.tryEnd(body, body.length)[1];
      }
    });
    if (isDone) this.#over();
    else if (body !== null) this.#writeRest(body);
  }

  #writeRest(body: Uint8Array): void {
    const { stallTimeoutMs } = this.#table.options;
    const restartTimer = (): void => {
      this.#stopTimer();
      this.#timer = setTimeout(
        () => guarded(this.#table, () => this.#response.close()),
        stallTimeoutMs,
      );
    };
    restartTimer();
    this.#response.onWritable((offset) => {
      let isTaken = false;
      guarded(this.#table, () => {
        const [taken, isDone] = this.#response.tryEnd(body.subarray(offset), body.length);
        isTaken = taken;
        if (isDone) this.#over();
        else restartTimer();
      });
      return isTaken;
    });
  }

  // `#writeSevered` ends in `end(…, true)`, which writes the connection header itself.
  #writeHead(head: AnswerHead): void {
    this.#response.writeStatus(`${head.status} ${statusPhrase(head.status)}`);
    for (const [name, value] of head.headers) this.#response.writeHeader(name, value);
    if (head.fate === "closing") this.#response.writeHeader("connection", "close");
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wake(): void {
    this.#isBlocked = false;
    this.#onDrained?.();
    this.#onDrained = null;
  }
}
