/**
 * The HTTP layer's own error codes (spec/10-errors.md) and the problem details (RFC 9457) that
 * every error of every layer is answered with.
 *
 * @module
 */

import { STATUS_CODES } from "node:http";
import { CodedError, type ErrorFields } from "../../base/error.ts";
import type { HttpResponse } from "./server.ts";

/** Code → HTTP status. */
export const httpErrorStatuses = {
  REQUEST_MALFORMED: 400,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  EXPECTATION_UNSUPPORTED: 417,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  TRANSFER_CODING_UNSUPPORTED: 501,
  HANDLER_TIMEOUT: 503,
  DRAINING: 503,
  OVERLOADED: 503,
  HTTP_VERSION_UNSUPPORTED: 505,
} as const;

export type HttpErrorCode = keyof typeof httpErrorStatuses;

/** A request that HTTP itself refuses. */
export class HttpError extends CodedError<HttpErrorCode> {
  override readonly name = "HttpError";
  readonly status: number;
  /** Extra response headers, such as `allow` and `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: HttpErrorCode,
    fields: ErrorFields = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, fields);
    this.status = httpErrorStatuses[code];
    this.headers = headers;
  }
}

export type HttpListenErrorCode = "ADDRESS_UNAVAILABLE";

/** The address cannot be listened on: taken, foreign, or not allowed. */
export class HttpListenError extends CodedError<HttpListenErrorCode> {
  override readonly name = "HttpListenError";
}

/**
 * On every response: any page may read it (no route uses cookies or other ambient authority, so
 * `*` gives nothing away), and no browser may guess a type other than the one named.
 */
export const commonHeaders: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "nymcompute-memory-bytes, nymcompute-slot, retry-after",
  "x-content-type-options": "nosniff",
};

/** The reason phrase of a status. */
export function statusPhrase(status: number): string {
  return STATUS_CODES[status] ?? "Unknown";
}

// Members that RFC 9457 or this module gives a meaning; an error's field may not take their place.
const reservedMembers: ReadonlySet<string> = new Set(["type", "title", "status", "code", "detail"]);

/**
 * `application/problem+json`: `type` about:blank, `title` the status phrase, `status`, `code`,
 * `detail`, and the error's own fields (`expected`, `got`, …). 429 and 503 carry `retry-after`.
 */
export function problemResponse(problem: {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields?: ErrorFields;
  readonly headers?: Readonly<Record<string, string>>;
}): HttpResponse {
  const members: Record<string, string | number | boolean | null> = {
    type: "about:blank",
    title: statusPhrase(problem.status),
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
  };
  for (const [name, value] of Object.entries(problem.fields ?? {})) {
    if (!reservedMembers.has(name)) members[name] = value;
  }
  const invitesRetry = problem.status === 429 || problem.status === 503;
  return {
    status: problem.status,
    headers: {
      ...commonHeaders,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(invitesRetry ? { "retry-after": "1" } : {}),
      ...problem.headers,
    },
    body: `${JSON.stringify(members)}\n`,
  };
}

/** The problem of an `HttpError`. */
export function httpProblem(error: HttpError): HttpResponse {
  return problemResponse({
    status: error.status,
    code: error.code,
    detail: error.message,
    fields: error.fields,
    headers: error.headers,
  });
}

/** What a failure of our own answers: no detail leaves the machine. */
export function internalProblem(): HttpResponse {
  return problemResponse({ status: 500, code: "INTERNAL", detail: "INTERNAL" });
}
