/**
 * The HTTP port (spec/09-http.md): what a unit sees of HTTP. Two adapters implement it, `uws.ts`
 * and `node-http.ts`; one compliance suite (`src/testing/http-compliance.ts`) holds both to it.
 *
 * What always holds, whichever adapter runs:
 * - The handler is called once per request, with the whole body, after every limit was checked.
 * - A body over its limit is refused before it is kept: 413 by `content-length`, or by count.
 * - Two `content-length`, `host` or `transfer-encoding` headers, or both lengths at once, are
 *   refused with 400 and the connection ends: no byte of such a request is read as another one.
 * - A handler that throws answers 500, one that never answers 503; neither ends the process.
 * - Response headers with line breaks, and headers that are the port's own, become a 500.
 * - Every wait has a limit, every table a bound (`HttpListenOptions`).
 *
 * @module
 */

/** A request whose body arrived in full. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  /** The path as sent: it starts with "/", is printable ASCII, and is not percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Repeated headers are joined with ", " (RFC 9110 §5.3). */
  readonly headers: ReadonlyMap<string, string>;
  /** Owned by the handler; empty where there was no body. */
  readonly body: Uint8Array;
  /** Aborts if the client goes away, the handler is out of time, or the server ends. */
  readonly signal: AbortSignal;
  /** The peer's address in its one canonical spelling, without port (`remote.ts`). */
  readonly remote: string;
}

/** What a handler answers; the port adds length, connection and date headers itself. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * An iterable is sent in chunks as the reader takes them; it must end once the request's
   * `signal` aborts. The head goes out with the first chunk at the latest.
   */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** Answers one request. A throw becomes a 500, or the status of a thrown `HttpError`. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** A request that the port answered itself, for logs and metrics. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: string;
  /** As sent, or empty where the head could not be read. Never a metrics label. */
  readonly method: string;
  readonly path: string;
  /** What the handler or its body threw, else null. */
  readonly error: unknown;
}

/** Where to listen, and every bound of the port. Times in milliseconds. */
export interface HttpListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The largest body of a request, decided before any of the body is read. */
  readonly bodyBytesMax: (method: string, path: string) => number;
  /** From the end of the head to the end of the body; later is 408. */
  readonly bodyTimeoutMs: number;
  /** From the end of the body to the handler's answer (not to a stream's end); later is 503. */
  readonly handlerTimeoutMs: number;
  /** More connections are answered 503 and closed; twice as many are not accepted at all. */
  readonly connectionsMax: number;
  /** More requests at once are answered 503. */
  readonly requestsMax: number;
  /** Bytes of all bodies held at once; more is answered 503. */
  readonly bodyBytesHeldMax: number;
  /** A reader that takes nothing for so long loses its connection. */
  readonly stallTimeoutMs: number;
  /** Told of every request that the port itself answered. Must not throw. */
  readonly onRefusal?: (refusal: HttpRefusal) => void;
}

/** The bounds a unit takes unless told otherwise. The handler's exceeds the longest long-poll. */
export const httpBounds: Pick<
  HttpListenOptions,
  | "bodyTimeoutMs"
  | "handlerTimeoutMs"
  | "connectionsMax"
  | "requestsMax"
  | "bodyBytesHeldMax"
  | "stallTimeoutMs"
> = {
  bodyTimeoutMs: 30_000,
  handlerTimeoutMs: 65_000,
  connectionsMax: 4096,
  requestsMax: 2048,
  bodyBytesHeldMax: 256 * 1024 * 1024,
  stallTimeoutMs: 30_000,
};

/** Header bytes (names and values) and headers of one request; more is 431. */
export const headerBytesMax: number = 16 * 1024;
export const headerCountMax = 64;

/** A server that listens. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Open connections and requests that were not yet answered. */
  load(): { readonly connections: number; readonly requests: number };
  /**
   * Accepts nothing more, lets running requests finish for `graceMs`, then aborts what is left and
   * ends every connection. Calling it again waits for the same end.
   */
  close(graceMs: number): Promise<void>;
}

export type HttpAdapterName = "uws" | "node";

/** One way to speak HTTP. `listen` rejects with an `HttpListenError` where the address is taken. */
export interface HttpAdapter {
  readonly name: HttpAdapterName;
  listen(options: HttpListenOptions, handler: HttpHandler): Promise<HttpServer>;
}
