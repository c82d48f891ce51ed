/**
 * Units without sockets: a `fetch` that hands each request to the router of the unit whose URL it
 * names. What goes over the wire is the same bytes; what HTTP adds is tested with the HTTP port.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { Fetch } from "../client/unit-call.ts";
import type { Identity } from "../crypto/identity.ts";
import { createHttpMetrics } from "../node/http/http-metrics.ts";
import { createRouter, type Route, type Router } from "../node/http/router.ts";
import type { HttpResponse } from "../node/http/server.ts";
import { createLogger, type Logger } from "../node/logger.ts";
import { createMetrics } from "../node/metrics.ts";
import type { ContentStore } from "../node/store/ports/content-store.ts";
import { commonRoutes, unitInfo } from "../node/unit/common-routes.ts";
import { contentRoutes } from "../node/unit/content-routes.ts";
import { statusOfCode } from "../node/unit/error-status.ts";
import type { UnitRole } from "../protocol/http.ts";
import type { Digest } from "../protocol/ids.ts";

/** A logger for tests: errors alone are shown. */
export const quietLogger: Logger = createLogger({
  level: "error",
  clock: systemClock,
  sink: (line) => void process.stderr.write(line),
});

/** Units by their URLs. */
export class InProcessNetwork {
  readonly #routers = new Map<string, Router>();
  /** What a request to a unit that is down meets. */
  readonly down: Set<string> = new Set();
  /** Requests that reached a unit, as method and URL without query, in order. */
  readonly requests: string[] = [];

  /** Puts a unit at `url`, in place of an earlier one. */
  add(
    url: string,
    unit: {
      readonly role: UnitRole;
      readonly identity: Identity;
      readonly network: Digest;
      readonly content: ContentStore;
      readonly routes: readonly Route[];
    },
  ): void {
    const metrics = createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false });
    const info = unitInfo({ ...unit, version: "test" });
    const health = () => ({ ok: true, checks: {} });
    const router = createRouter({
      routes: [
        ...commonRoutes({ info, metrics, metricsPublic: true, health }),
        ...contentRoutes(unit.content, systemClock),
        ...unit.routes,
      ],
      statusOf: statusOfCode,
      clock: systemClock,
      logger: quietLogger,
      metrics: createHttpMetrics(metrics),
      limiter: null,
      onAssertion: (error) => {
        throw error;
      },
    });
    this.#routers.set(url, router);
  }

  /** The `fetch` of this network. */
  readonly fetch: Fetch = async (input, init) => {
    const { origin, pathname, searchParams } = new URL(input);
    const router = this.#routers.get(origin);
    if (router === undefined || this.down.has(origin)) throw new TypeError("fetch failed");
    this.requests.push(`${init.method ?? "GET"} ${origin}${pathname}`);
    const headers = new Map(Object.entries((init.headers ?? {}) as Record<string, string>));
    const body = init.body instanceof Uint8Array ? Uint8Array.from(init.body) : new Uint8Array(0);
    const signal = init.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const answer = router.handler({
      method: init.method ?? "GET",
      path: pathname,
      query: searchParams,
      headers,
      body,
      signal,
      remote: "127.0.0.1",
    });
    return responseOf(await raced(Promise.resolve(answer), signal), init.method === "HEAD");
  };
}

/** As a socket would: an aborted request is over at once, whatever the handler does. */
async function raced<Value>(answer: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    answer.then(resolve, reject);
  });
}

function responseOf({ status, headers, body }: HttpResponse, isHead: boolean): Response {
  const init = { status, ...(headers === undefined ? {} : { headers }) };
  if (isHead || body === undefined || status === 204) return new Response(null, init);
  if (typeof body === "string" || body instanceof Uint8Array) {
    return new Response(body as BodyInit, init);
  }
  return new Response(streamOf(body), init);
}

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
