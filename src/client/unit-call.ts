/**
 * One HTTP request to a unit (spec/09-http.md): `fetch` only, so it runs in browsers and in Node. Every
 * call has a time limit and a bound on the answer; a refusal comes back as the unit's own code.
 *
 * @module
 */

import { CodedError, type ErrorFields } from "../base/error.ts";
import { mediaTypes } from "../protocol/http.ts";

/** Codes of failures that are not the unit's answer. */
export type UnitCallErrorCode =
  | "UNREACHABLE"
  | "TIMED_OUT"
  | "ANSWER_MALFORMED"
  | "ANSWER_TOO_LARGE";

/** A unit that did not answer, answered something else than HTTP, or refused. */
export class UnitCallError extends CodedError<string> {
  override readonly name = "UnitCallError";
  /** The HTTP status, 0 where there was no answer. */
  readonly status: number;
  /** Milliseconds after which to try again, where the unit said so. */
  readonly retryAfterMs: number | null;

  constructor(
    code: UnitCallErrorCode | (string & {}),
    answer: { readonly status: number; readonly retryAfterMs?: number | null },
    fields: ErrorFields,
    options?: ErrorOptions,
  ) {
    super(code, fields, options);
    this.status = answer.status;
    this.retryAfterMs = answer.retryAfterMs ?? null;
  }

  /** True where the same request may succeed later: no answer, 429, 5xx. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What is sent to a unit. */
export interface UnitRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  /** Begins with `/`; its parts are already percent-encoded. */
  readonly path: string;
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly accept?: string;
  /** How long to wait for the whole answer (default 30 s). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Bound of the answer's body (default 64 MiB). */
  readonly answerBytesMax?: number;
  /** Statuses from 400 on that are answers too, and not refusals. */
  readonly answers?: readonly number[];
}

/** A unit's answer with a status below 400, or one that was asked for. */
export interface UnitAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The part of a `Response` that a caller reads. */
export interface UnitFetchAnswer {
  readonly status: number;
  /** Names are asked for in lower case. */
  readonly headers: { readonly get: (name: string) => string | null };
  /** Byte strings to iterate over as they come; null where there are none. */
  readonly body: object | null;
}

/** What a caller needs of `fetch`: Node's units have one that costs less. */
export type UnitFetch = (url: string, init: RequestInit) => Promise<UnitFetchAnswer>;

/** Calls one unit. */
export interface UnitCaller {
  readonly url: string;
  call(request: UnitRequest): Promise<UnitAnswer>;
}

/** How long the whole of an answer may take where the caller says nothing else. */
export const unitTimeoutMs = 30_000;
const answerBytesDefault = 64 * 1024 * 1024;

/** A caller of the unit at `url` (`http://host:port`). */
export function unitCaller(url: string, fetchUnit: UnitFetch = fetch): UnitCaller {
  const base = url.replace(/\/+$/, "");
  return { url: base, call: (request) => callUnit(base, request, fetchUnit) };
}

async function callUnit(
  base: string,
  request: UnitRequest,
  fetchUnit: UnitFetch,
): Promise<UnitAnswer> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? unitTimeoutMs);
  const signal =
    request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  const { method, path } = request;
  const headers: Record<string, string> = { accept: request.accept ?? mediaTypes.canonical };
  if (request.contentType !== undefined) headers["content-type"] = request.contentType;
  // Only what asks may be sent a second time without a thought.
  const send = method === "GET" || method === "HEAD" ? againWhereClosed(fetchUnit) : fetchUnit;
  try {
    const response = await send(base + path, {
      method,
      headers,
      signal,
      redirect: "error",
      ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
    });
    const body = await readBounded(response, request.answerBytesMax ?? answerBytesDefault);
    const isAnswer = response.status < 400 || request.answers?.includes(response.status) === true;
    if (!isAnswer) throw refusalOf(response, body, `${method} ${base}${path}`);
    const contentType = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType, body };
  } catch (error) {
    if (error instanceof UnitCallError) throw error;
    if (request.signal?.aborted === true) throw error;
    const code = timeout.aborted ? "TIMED_OUT" : "UNREACHABLE";
    throw new UnitCallError(
      code,
      { status: 0 },
      { unit: base, path, cause: reasonOf(error) },
      { cause: error },
    );
  }
}

/** What a unit's end of a resting connection looks like to whoever uses it just then. */
const closedCodes = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"];

/** Sends once more where the connection turned out to be closed before anything was answered. */
function againWhereClosed(fetchUnit: UnitFetch): UnitFetch {
  return (url, init) =>
    fetchUnit(url, init).catch((error: unknown) => {
      const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
      const isClosed = closedCodes.includes(String(cause?.code));
      if (!isClosed || init.signal?.aborted === true) throw error;
      return fetchUnit(url, init);
    });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The body of an answer, refused as soon as it passes the bound. */
async function readBounded(response: UnitFetchAnswer, bytesMax: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > bytesMax) {
      throw new UnitCallError(
        "ANSWER_TOO_LARGE",
        { status: response.status },
        { expected: bytesMax, got: length },
      );
    }
    parts.push(part);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.length;
  }
  return body;
}

function refusalOf(response: UnitFetchAnswer, body: Uint8Array, request: string): UnitCallError {
  const { status } = response;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const answer = { status, retryAfterMs: Number.isFinite(seconds) ? 1000 * seconds : null };
  const problem = parseJson(body);
  const code = problem?.["code"];
  if (problem === null || typeof code !== "string") {
    return new UnitCallError("ANSWER_MALFORMED", answer, {
      request,
      expected: "problem details",
      got: status,
    });
  }
  const fields: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(problem)) {
    if (["type", "title", "status", "code", "detail"].includes(name)) continue;
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) {
      fields[name] = value as string | number | boolean | null;
    }
  }
  return new UnitCallError(code, answer, fields);
}

function parseJson(body: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The JSON of an answer. Throws `ANSWER_MALFORMED`; its fields are only what the unit says. */
export function jsonOf<Value>(answer: UnitAnswer): Value {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body)) as Value;
  } catch (error) {
    const { status, contentType } = answer;
    throw new UnitCallError(
      "ANSWER_MALFORMED",
      { status },
      { expected: "JSON", got: contentType },
      { cause: error },
    );
  }
}

/** `?name=value&…` of what is defined, or nothing. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
