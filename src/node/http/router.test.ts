import { afterEach, expect, test } from "vitest";
import { type AssertionError, assert } from "../../base/assert.ts";
import { systemClock } from "../../base/clock.ts";
import { CodedError } from "../../base/error.ts";
import { createLogger } from "../logger.ts";
import { createMetrics } from "../metrics.ts";
import { createHttpMetrics } from "./http-metrics.ts";
import { nodeHttp } from "./node-http.ts";
import { RateLimiter } from "./rate-limit.ts";
import { createRouter, type Route } from "./router.ts";
import { type HttpServer, httpBounds } from "./server.ts";

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/processes/{process}/log/{slot}",
    handler: ({ parameters, http }) => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...parameters, q: http.query.get("q") }),
    }),
  },
  {
    method: "POST",
    path: "/messages",
    bodyBytesMax: 100,
    handler: ({ http }) => ({ status: 201, body: http.body }),
  },
  { method: "GET", path: "/messages", handler: () => ({ status: 200, body: "list" }) },
  { method: "GET", path: "/health", cost: 0, handler: () => ({ status: 200, body: "ok" }) },
  {
    method: "GET",
    path: "/fails/{how}",
    handler: ({ parameters }) => {
      const how = parameters["how"];
      if (how === "coded")
        throw new CodedError("SLOT_UNKNOWN", { expected: 3, got: 4, slot: 4, status: 1 });
      if (how === "unmapped") throw new CodedError("DISK_FULL", { path: "/secret" });
      assert(how !== "assertion", "ours");
      throw new Error("secret");
    },
  },
];

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

async function start(options: { readonly burst?: number } = {}) {
  const metrics = createMetrics({ prefix: "", seriesMax: 100, withProcess: false });
  const lines: Record<string, unknown>[] = [];
  const assertions: AssertionError[] = [];
  const { burst } = options;
  const router = createRouter({
    routes,
    statusOf: (code) => (code === "SLOT_UNKNOWN" ? 404 : null),
    clock: systemClock,
    logger: createLogger({
      level: "debug",
      clock: systemClock,
      sink: (line) => void lines.push(JSON.parse(line)),
    }),
    metrics: createHttpMetrics(metrics),
    limiter:
      burst === undefined
        ? null
        : new RateLimiter({ clock: systemClock, perSecond: 0.1, burst, peersMax: 10 }),
    onAssertion: (error) => void assertions.push(error),
  });
  const { handler, bodyBytesMax, onRefusal } = router;
  const bounds = { ...httpBounds, host: "127.0.0.1", port: 0, bodyBytesMax, onRefusal };
  const server = await nodeHttp.listen(bounds, handler);
  servers.push(server);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  const metricsText = async (): Promise<string> => (await metrics.response()).body as string;
  return { ask, lines, assertions, metricsText };
}

test("gives a route its parameters, and every answer open CORS and nosniff", async () => {
  const { ask } = await start();
  const response = await ask("/processes/a%20b/log/7?q=x");
  expect(await response.json()).toEqual({ process: "a b", slot: "7", q: "x" });
  for (const path of ["/health", "/nothing", "/fails/coded", "/fails/x"]) {
    const { headers } = await ask(path);
    expect(headers.get("access-control-allow-origin"), path).toBe("*");
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("access-control-allow-credentials"), path).toBeNull();
  }
});

test("answers 404 to an unknown path and 405 with allow to an unknown method", async () => {
  const { ask } = await start();
  const unknown = await ask("/nothing/here", { method: "POST", body: "x" });
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get("content-type")).toBe("application/problem+json");
  expect(await unknown.json()).toEqual({
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "ROUTE_UNKNOWN",
    detail: "ROUTE_UNKNOWN: expected a known path, got /nothing/here",
    expected: "a known path",
    got: "/nothing/here",
  });
  const method = await ask("/messages", { method: "DELETE" });
  expect(method.status).toBe(405);
  expect(method.headers.get("allow")).toBe("GET, HEAD, OPTIONS, POST");
  expect((await ask("/processes/%zz/log/1")).status).toBe(400);
});

test("answers preflights of known paths, and HEAD as GET", async () => {
  const { ask } = await start();
  const preflight = await ask("/messages", {
    method: "OPTIONS",
    headers: { origin: "https://a.example", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, HEAD, OPTIONS, POST");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("content-type");
  expect((await ask("/nothing", { method: "OPTIONS" })).status).toBe(404);
  const head = await ask("/messages", { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "4"]);
});

test("takes a body up to its route's limit, and none where none is read", async () => {
  const { ask } = await start();
  const post = (path: string, length: number) =>
    ask(path, { method: "POST", body: "x".repeat(length) });
  expect((await post("/messages", 100)).status).toBe(201);
  expect((await post("/messages", 101)).status).toBe(413);
  expect((await post("/health", 1)).status).toBe(405);
});

test("turns a mapped code into its status, with expected, got and other fields", async () => {
  const { ask } = await start();
  const response = await ask("/fails/coded");
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    title: "Not Found",
    status: 404,
    code: "SLOT_UNKNOWN",
    expected: 3,
    got: 4,
    slot: 4,
  });
});

test("tells nothing of a failure of our own, but logs it; an assertion is told to the unit", async () => {
  const { ask, lines, assertions } = await start();
  for (const how of ["unmapped", "other", "assertion"]) {
    const response = await ask(`/fails/${how}`);
    expect(response.status, how).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text), how).toMatchObject({ code: "INTERNAL" });
    expect(text, how).not.toMatch(/secret|DISK_FULL|ours/);
  }
  const failures = lines.filter(({ event }) => event === "request failed");
  expect(failures.map(({ code }) => code)).toEqual(["DISK_FULL", "INTERNAL", "INTERNAL"]);
  expect(assertions.map(({ message }) => message)).toEqual(["ours"]);
});

test("answers 429 with retry-after beyond the peer's rate, but never to a free route", async () => {
  const { ask } = await start({ burst: 2 });
  expect((await ask("/messages")).status).toBe(200);
  expect((await ask("/messages")).status).toBe(200);
  const limited = await ask("/messages");
  expect(limited.status).toBe(429);
  expect(limited.headers.get("retry-after")).toBe("10");
  expect(await limited.json()).toMatchObject({ code: "RATE_LIMITED" });
  expect((await ask("/health")).status).toBe(200);
});

test("logs and counts a request under its pattern, never under its path", async () => {
  const { ask, lines, metricsText } = await start();
  await ask("/processes/abc/log/1");
  await ask("/processes/def/log/2");
  await ask("/random/abc");
  await ask("/messages", { method: "POST", body: "x".repeat(101) });
  const text = await metricsText();
  const pattern = "/processes/{process}/log/{slot}";
  expect(text).toContain(`http_requests_total{method="GET",route="${pattern}",status="200"} 2`);
  expect(text).toContain('http_requests_total{method="GET",route="(none)",status="404"} 1');
  expect(text).toContain(`http_request_duration_seconds_count{route="${pattern}"} 2`);
  expect(text).toContain('http_refusals_total{status="413",code="BODY_TOO_LARGE"} 1');
  expect(text).not.toMatch(/abc|def/);
  const [first] = lines;
  expect(first).toMatchObject({
    event: "request",
    route: pattern,
    status: 200,
    remote: "127.0.0.1",
  });
  expect(JSON.stringify(first)).not.toContain("abc");
});
