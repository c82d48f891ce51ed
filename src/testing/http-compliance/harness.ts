/**
 * What the parts of the HTTP compliance suite share: a server with tight bounds for one test, and
 * the requests they send.
 *
 * @module
 */

import type {
  HttpAdapter,
  HttpHandler,
  HttpListenOptions,
  HttpRefusal,
  HttpRequest,
  HttpResponse,
  HttpServer,
} from "../../node/http/server.ts";
import { RawConnection, type RawResponse } from "./raw-client.ts";

/** Gives the adapter under test; called inside a test, so that loading it can fail there. */
export type AdapterSource = () => Promise<HttpAdapter>;

/** A server that listens, what it reported, and connections to it that end with the test. */
export class TestServer {
  readonly server: HttpServer;
  readonly refusals: readonly HttpRefusal[];
  readonly #connections: RawConnection[] = [];

  constructor(server: HttpServer, refusals: readonly HttpRefusal[]) {
    this.server = server;
    this.refusals = refusals;
  }

  connect(): RawConnection {
    const connection = new RawConnection(this.server.port);
    this.#connections.push(connection);
    return connection;
  }

  /** Sends one request on a connection of its own and reads one answer. */
  async ask(bytes: string, options: { readonly isHead?: boolean } = {}): Promise<RawResponse> {
    return await this.connect().send(bytes).response(options);
  }

  destroyConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/** Runs `body` against a fresh server, and ends the server whatever happens. */
export async function withServer(
  source: AdapterSource,
  handler: HttpHandler,
  body: (test: TestServer) => Promise<void>,
  bounds: Partial<HttpListenOptions> = {},
): Promise<void> {
  const refusals: HttpRefusal[] = [];
  const adapter = await source();
  const server = await adapter.listen(
    {
      host: "127.0.0.1",
      port: 0,
      bodyBytesMax: () => 1024,
      bodyTimeoutMs: 3_000,
      handlerTimeoutMs: 3_000,
      connectionsMax: 1_000,
      requestsMax: 1_000,
      bodyBytesHeldMax: 64 * 1024 * 1024,
      stallTimeoutMs: 3_000,
      onRefusal: (refusal) => void refusals.push(refusal),
      ...bounds,
    },
    handler,
  );
  const test = new TestServer(server, refusals);
  try {
    await body(test);
  } finally {
    test.destroyConnections();
    await server.close(0);
  }
}

/** A GET without a body. `lines` are further header lines. */
export function get(path: string, ...lines: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: a", ...lines, "", ""].join("\r\n");
}

/** A POST with a content-length. */
export function post(path: string, body: string, ...lines: readonly string[]): string {
  const head = [`POST ${path} HTTP/1.1`, "Host: a", `Content-Length: ${body.length}`, ...lines];
  return [...head, "", body].join("\r\n");
}

/** The head of a chunked POST. */
export function chunkedHead(path: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
}

/** One chunk of a chunked body; the empty text ends the body. */
export function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Answers every request with its body. */
export const echo: HttpHandler = (request) => ({ status: 200, body: request.body });

/** Answers every request with its path. */
export const echoPath: HttpHandler = (request) => ({ status: 200, body: request.path });

/** A handler whose answers wait until they are released. */
export function gate(): { readonly handler: HttpHandler; readonly release: () => void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handler = async (request: HttpRequest): Promise<HttpResponse> => {
    await released;
    return { status: 200, body: request.path };
  };
  return { handler, release };
}
