/**
 * The rules for heads that both adapters share: which request heads are refused (RFC 9110, RFC
 * 9112), and which response heads a handler may give.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { HttpError } from "./http-error.ts";
import { type HttpResponse, headerBytesMax, headerCountMax } from "./server.ts";

/** A request's head as an adapter reads it, nothing checked. */
export interface RawHead {
  /** As sent: methods are case-sensitive. */
  readonly method: string;
  /** The target up to the first "?". */
  readonly path: string;
  /** The target after the first "?", or empty. */
  readonly search: string;
  /** As in "HTTP/1.1" after the slash. */
  readonly version: string;
  /** In the order sent, repeats included, names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A head that keeps every rule. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Null where the body is chunked, 0 where there is none. */
  readonly contentLength: number | null;
}

// A second copy of these makes two readers see two different requests (request smuggling, RFC 9112
// §11.2), or two authorities; joining them with a comma would hide that.
const singleHeaders: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  "expect",
  "host",
  "transfer-encoding",
]);
// Beyond these, an adapter already decoded bytes that are not its alphabet: uWS hands them on cut.
const printable = /^[\t\x20-\x7e]*$/;
const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const pathPattern = /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/;
const searchPattern = /^[\x21\x22\x24-\x7e]*$/;
/** What nearly every request has: names in the form that is looked for, and so of good characters. */
const usualHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "host",
  "user-agent",
]);
const decimal = /^[0-9]{1,15}$/;

function malformed(expected: string, got: string): HttpError {
  return new HttpError("REQUEST_MALFORMED", { expected, got: got.slice(0, 100) });
}

/** Reads a head completely, or says why it is refused. */
export function readHead(raw: RawHead): RequestHead | HttpError {
  if (raw.version !== "1.1") {
    return new HttpError("HTTP_VERSION_UNSUPPORTED", { expected: "1.1", got: raw.version });
  }
  if (!pathPattern.test(raw.path)) return malformed("a path of printable ASCII", raw.path);
  if (!searchPattern.test(raw.search)) return malformed("a query of printable ASCII", raw.search);
  const headers = joinHeaders(raw.headers);
  if (headers instanceof HttpError) return headers;
  if (!headers.has("host")) return malformed("a host header", "none");
  const expectation = headers.get("expect");
  if (expectation !== undefined && expectation.toLowerCase() !== "100-continue") {
    return new HttpError("EXPECTATION_UNSUPPORTED", { expected: "100-continue", got: expectation });
  }
  const contentLength = bodyLength(headers);
  if (contentLength instanceof HttpError) return contentLength;
  return { method: raw.method, path: raw.path, search: raw.search, headers, contentLength };
}

function joinHeaders(pairs: RawHead["headers"]): Map<string, string> | HttpError {
  if (pairs.length > headerCountMax) {
    return new HttpError("HEADERS_TOO_LARGE", { expected: headerCountMax, got: pairs.length });
  }
  const headers = new Map<string, string>();
  let size = 0;
  for (const [sent, value] of pairs) {
    size += sent.length + value.length;
    const isUsual = usualHeaders.has(sent);
    const name = isUsual ? sent : sent.toLowerCase();
    if (!isUsual && !tokenPattern.test(name)) return malformed("a header name", name);
    if (!printable.test(value)) return malformed(`printable ASCII in header ${name}`, "other");
    const earlier = headers.get(name);
    if (earlier === undefined) headers.set(name, value);
    else if (singleHeaders.has(name)) return malformed(`one ${name} header`, "several");
    else headers.set(name, `${earlier}, ${value}`);
  }
  if (size <= headerBytesMax) return headers;
  return new HttpError("HEADERS_TOO_LARGE", { expected: headerBytesMax, got: size });
}

function bodyLength(headers: ReadonlyMap<string, string>): number | null | HttpError {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined) {
    if (length !== undefined) return malformed("one length", "content-length and chunked");
    // uWS reads "gzip", "xchunked" and "gzip, chunked" as chunked; only the plain one is.
    if (coding.toLowerCase() === "chunked") return null;
    return new HttpError("TRANSFER_CODING_UNSUPPORTED", { expected: "chunked", got: coding });
  }
  if (length === undefined) return 0;
  return decimal.test(length) ? Number(length) : malformed("a decimal content-length", length);
}

/** A response whose head may go on the wire as it is. */
export interface ReadyResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

// The port writes these; a second copy from a handler would contradict it.
const ownHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const nothing = new Uint8Array(0);

/** Checks what a handler answered. A breach is our own mistake: the assertion becomes a 500. */
export function readyResponse(response: HttpResponse): ReadyResponse {
  const { status, body } = response;
  assert(Number.isInteger(status) && status >= 200 && status <= 599, `bad status ${status}`);
  const headers = Object.entries(response.headers ?? {});
  for (const [name, value] of headers) {
    assert(tokenPattern.test(name), "bad response header name");
    // uWS writes values as they are: a line break here would be a header of an attacker's choice.
    assert(printable.test(value), `bad value of response header ${name}`);
    assert(!ownHeaders.has(name.toLowerCase()), `header ${name} is the port's own`);
  }
  if (body === undefined) return { status, headers, body: nothing };
  return { status, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

/** True where a response has no body bytes, whatever the handler gave (RFC 9110 §6.4.1). */
export function isBodyless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}
