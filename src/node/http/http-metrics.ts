/**
 * What a unit counts of its HTTP traffic. The route label is the pattern, so that the number of
 * series depends on the unit's routes and not on what clients ask for.
 *
 * @module
 */

import type { Metrics } from "../metrics.ts";

export interface HttpMetrics {
  /** A request that a router answered. */
  answered(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly durationMs: number;
  }): void;
  /** A request that the port itself answered. */
  refused(status: number, code: string): void;
}

const knownMethods: ReadonlySet<string> = new Set([
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "POST",
  "PUT",
]);

/** Declares the metrics of HTTP: `http_requests_total`, `http_request_duration_seconds`, `http_refusals_total`. */
export function createHttpMetrics(metrics: Metrics): HttpMetrics {
  const requests = metrics.counter({
    name: "http_requests_total",
    help: "Requests answered by a route, or by its absence.",
    labels: ["method", "route", "status"],
  });
  const seconds = metrics.histogram({
    name: "http_request_duration_seconds",
    help: "From the end of the request to the handler's answer.",
    labels: ["route"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  });
  const refusals = metrics.counter({
    name: "http_refusals_total",
    help: "Requests that the HTTP port answered itself.",
    labels: ["status", "code"],
  });
  return {
    answered: ({ method, route, status, durationMs }) => {
      // A method is the client's to choose, so it is not a label as it came.
      const label = knownMethods.has(method) ? method : "other";
      requests.add(1, { method: label, route, status: String(status) });
      seconds.observe(durationMs / 1000, { route });
    },
    refused: (status, code) => refusals.add(1, { status: String(status), code }),
  };
}
