/**
 * A unit's HTTP server: routes of its own and those that all units have, behind one port with one
 * router, limits, logs and metrics.
 *
 * @module
 */

import type { AssertionError } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { createHttpMetrics } from "../http/http-metrics.ts";
import { RateLimiter } from "../http/rate-limit.ts";
import { createRouter, type Route } from "../http/router.ts";
import { type HttpChoice, selectHttp } from "../http/select.ts";
import { httpBounds } from "../http/server.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { statusOfCode } from "./error-status.ts";

/** Requests a peer may make each second, and at once after a rest. */
export interface PeerLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface UnitServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly http: HttpChoice;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Null: no limit, for networks of tests. */
  readonly peerLimit: PeerLimit | null;
  /** The unit's top-level handler. */
  readonly onAssertion: (error: AssertionError) => void;
}

/** A server that answers. */
export interface UnitServer {
  readonly url: string;
  readonly port: number;
  /** Lets running requests finish for a while, then ends. */
  close(graceMs: number): Promise<void>;
}

const peersMax = 100_000;

/** Listens. Rejects with an `HttpListenError` or `HttpSelectError`. */
export async function startUnitServer(options: UnitServerOptions): Promise<UnitServer> {
  const { listen, routes, clock, logger, metrics, peerLimit, onAssertion } = options;
  const { adapter, reason } = await selectHttp(options.http);
  logger.info("http adapter", { adapter: adapter.name, reason });
  const limiter = peerLimit === null ? null : new RateLimiter({ clock, ...peerLimit, peersMax });
  const router = createRouter({
    routes,
    statusOf: statusOfCode,
    clock,
    logger,
    metrics: createHttpMetrics(metrics),
    limiter,
    onAssertion,
  });
  const server = await adapter.listen({ ...httpBounds, ...listen, ...router }, router.handler);
  metrics.measured(
    { name: "http_connections", help: "Open connections." },
    () => server.load().connections,
  );
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  const url = `http://${host}:${server.port}`;
  return { url, port: server.port, close: (graceMs) => server.close(graceMs) };
}
