/**
 * Routes of a unit (spec/09-http.md): finds the handler of a method and path, answers preflights
 * (CORS is open on every route, and no route uses cookies), turns every error into problem details,
 * limits peers, and logs and counts each request under its pattern, never under its raw path.
 *
 * Patterns are segments: `log` literal, `{slot}` one segment, `{index...}` all that are left.
 * A literal is preferred to a name, a name to a rest.
 *
 * @module
 */

import { AssertionError, assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/error.ts";
import type { Logger } from "../logger.ts";
import {
  commonHeaders,
  HttpError,
  httpProblem,
  internalProblem,
  problemResponse,
} from "./http-error.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { RouteTree } from "./route-tree.ts";
import type { HttpHandler, HttpRefusal, HttpRequest, HttpResponse } from "./server.ts";

export type RouteMethod = "GET" | "POST" | "PUT" | "DELETE";

/** A request with what its path named, percent-decoded. */
export interface RouteRequest {
  readonly http: HttpRequest;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: RouteMethod;
  readonly path: string;
  /** Default 0: a route that reads no body takes none. A function says it of what the path names. */
  readonly bodyBytesMax?: number | ((parameters: RouteRequest["parameters"]) => number);
  /** Tokens of the peer's rate limit. Default 1; 0 is never limited. */
  readonly cost?: number;
  readonly handler: (request: RouteRequest) => HttpResponse | Promise<HttpResponse>;
}

export interface RouterOptions {
  readonly routes: readonly Route[];
  /** The status of an error's code; null where the code is none of the caller's. */
  readonly statusOf: (code: string) => number | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly limiter: RateLimiter | null;
  /** Told of a failed assertion, after its 500 was made: the unit's top-level handler. */
  readonly onAssertion: (error: AssertionError) => void;
}

/** What `HttpAdapter.listen` takes from a router. */
export interface Router {
  readonly handler: HttpHandler;
  readonly bodyBytesMax: (method: string, path: string) => number;
  readonly onRefusal: (refusal: HttpRefusal) => void;
}

/** A body to a path that does not exist is read up to here, so that its sender learns of the 404. */
const strayBodyBytesMax = 64 * 1024;
const preflightSeconds = 24 * 60 * 60;
const unmatched = "(none)";

/** Builds a router. Two routes of one method and shape are our own mistake. */
export function createRouter(options: RouterOptions): Router {
  const tree = new RouteTree<Route>();
  for (const route of options.routes) tree.add(route.method, route.path, route);
  return {
    handler: (request) => answerLogged(options, tree, request),
    bodyBytesMax: (method, path) => {
      const route = tree.valuesAt(path)?.get(method);
      if (route === undefined) return strayBodyBytesMax;
      const { bodyBytesMax = 0 } = route;
      return typeof bodyBytesMax === "number"
        ? bodyBytesMax
        : namedBytesMax(tree, path, bodyBytesMax);
    },
    onRefusal: (refusal) => reportRefusal(options, refusal),
  };
}

/** The bound that a path's names give; none where they cannot be read, which the handler then says. */
function namedBytesMax(
  tree: RouteTree<Route>,
  path: string,
  bound: (parameters: RouteRequest["parameters"]) => number,
): number {
  try {
    return bound(tree.find(path)?.parameters ?? {});
  } catch (error) {
    if (error instanceof CodedError) return 0;
    throw error;
  }
}

function reportRefusal(options: RouterOptions, refusal: HttpRefusal): void {
  const { method, path, status, code, error } = refusal;
  options.metrics.refused(status, code);
  const fields = { method, path: path.slice(0, 200), status, code };
  if (error === null) options.logger.info("request refused", fields);
  else options.logger.error("request failed", { ...fields, error });
}

async function answerLogged(
  options: RouterOptions,
  tree: RouteTree<Route>,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { clock, logger, metrics } = options;
  const start = clock.monotonic();
  const outcome = { pattern: unmatched, code: "", error: null as unknown };
  const response = await answer(options, tree, request, outcome);
  const durationMs = clock.monotonic() - start;
  const { pattern, code, error } = outcome;
  metrics.answered({ method: request.method, route: pattern, status: response.status, durationMs });
  const fields = {
    method: request.method,
    route: pattern,
    status: response.status,
    durationMs: Math.round(durationMs * 10) / 10,
    bodyBytes: request.body.length,
    remote: request.remote,
    ...(code === "" ? {} : { code }),
  };
  if (error === null) logger.debug("request", fields);
  else logger.error("request failed", { ...fields, error });
  return response;
}

async function answer(
  options: RouterOptions,
  tree: RouteTree<Route>,
  request: HttpRequest,
  outcome: { pattern: string; code: string; error: unknown },
): Promise<HttpResponse> {
  try {
    const found = tree.find(request.path);
    if (found === null) {
      throw new HttpError("ROUTE_UNKNOWN", { expected: "a known path", got: shown(request.path) });
    }
    outcome.pattern = found.pattern;
    if (request.method === "OPTIONS") return preflight(allowedMethods(found.values));
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = found.values.get(method);
    if (route === undefined) {
      const allowed = allowedMethods(found.values);
      const fields = { expected: allowed, got: shown(request.method) };
      throw new HttpError("METHOD_NOT_ALLOWED", fields, { allow: allowed });
    }
    outcome.pattern = route.path;
    spend(options.limiter, request, route.cost ?? 1);
    const response = await route.handler({ http: request, parameters: found.parameters });
    return { ...response, headers: { ...commonHeaders, ...response.headers } };
  } catch (error) {
    return problemOf(options, error, outcome);
  }
}

function shown(text: string): string {
  return text.slice(0, 100);
}

/** What `allow` lists: HEAD comes with GET, OPTIONS with every path. */
function allowedMethods(values: ReadonlyMap<string, Route>): string {
  const methods = [...values.keys()];
  const head = methods.includes("GET") ? ["HEAD"] : [];
  return [...methods, ...head, "OPTIONS"].toSorted().join(", ");
}

function preflight(allowed: string): HttpResponse {
  return {
    status: 204,
    headers: {
      ...commonHeaders,
      allow: allowed,
      "access-control-allow-methods": allowed,
      "access-control-allow-headers": "accept, content-type, last-event-id",
      "access-control-max-age": String(preflightSeconds),
    },
  };
}

function spend(limiter: RateLimiter | null, request: HttpRequest, cost: number): void {
  if (limiter === null || cost === 0) return;
  const waitMs = limiter.take(request.remote, cost);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  const fields = { expected: `a pause of ${seconds} s`, got: "too many requests" };
  throw new HttpError("RATE_LIMITED", fields, { "retry-after": String(seconds) });
}

/** The problem details of whatever was thrown; what is not the sender's doing is told to nobody. */
function problemOf(
  options: RouterOptions,
  error: unknown,
  outcome: { code: string; error: unknown },
): HttpResponse {
  outcome.code = error instanceof CodedError ? error.code : "INTERNAL";
  if (error instanceof HttpError) return httpProblem(error);
  const status = error instanceof CodedError ? options.statusOf(error.code) : null;
  if (status !== null && error instanceof CodedError) {
    assert(status >= 400 && status <= 599, `code ${error.code} has status ${status}`);
    const { code, message: detail, fields } = error;
    return problemResponse({ status, code, detail, fields });
  }
  outcome.error = error;
  if (error instanceof AssertionError) options.onAssertion(error);
  return internalProblem();
}
