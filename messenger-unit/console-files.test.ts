import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { createMetrics } from "../src/node/metrics.ts";
import { startUnitServer, type UnitServer } from "../src/node/unit/unit-server.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { consoleRoutes, readConsole } from "./console-files.ts";

const html = "<!doctype html><title>console</title>";
let folder: string;
let server: UnitServer;

async function serve(http: "uws" | "node"): Promise<void> {
  server = await startUnitServer({
    ...{ listen: { host: "127.0.0.1", port: 0 }, http, clock: systemClock, logger: quietLogger },
    routes: consoleRoutes(await readConsole(folder)),
    metrics: createMetrics({ prefix: "test_", seriesMax: 100, withProcess: false }),
    peerLimit: null,
    onAssertion: (error) => {
      throw error;
    },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "console-"));
  await mkdir(join(folder, "deeper.js"));
  await writeFile(join(folder, "index.html"), html);
  await writeFile(join(folder, "app.js"), "1;".repeat(200_000));
  await writeFile(join(folder, "secret.key"), "no part of the page");
});
afterEach(async () => {
  await server.close(100);
  await rm(folder, { recursive: true });
});

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + path, { redirect: "manual", ...init });

test.each(["uws", "node"] as const)("serves the page and its files over %s", async (http) => {
  await serve(http);
  const page = await get("/console");
  expect(await page.text()).toBe(html);
  expect(Object.fromEntries(page.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  const script = await get("/console/app.js");
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect((await script.text()).length).toBe(400_000);
  expect((await get("/console/")).headers.get("location")).toBe("/console");
  const head = await get("/console", { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, String(html.length)]);
});

test.each(["uws", "node"] as const)(
  "a reader that has the bytes gets 304 over %s",
  async (http) => {
    await serve(http);
    const tag = (await get("/console")).headers.get("etag") ?? "";
    const knowing = (value: string) => get("/console", { headers: { "if-none-match": value } });
    for (const value of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
      const answer = await knowing(value);
      expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([
        304,
        "",
        tag,
      ]);
    }
    expect((await knowing('"another"')).status).toBe(200);
  },
);

test("the page may run its own scripts only, in no frame, and call any unit", async () => {
  await serve("node");
  const policy = (await get("/console")).headers.get("content-security-policy") ?? "";
  const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0], rule] as const));
  expect(rules.get("default-src")).toBe("default-src 'none'");
  expect(rules.get("script-src")).toBe("script-src 'self'");
  expect(rules.get("style-src")).toBe("style-src 'self'");
  expect(rules.get("connect-src")).toBe("connect-src *");
  expect(rules.get("frame-ancestors")).toBe("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|http/);
});

test("nothing but the page's own files is served, whatever a request names", async () => {
  await serve("node");
  const names = ["secret.key", "deeper.js", "..%2fsecret.key", "app.js%00", "INDEX.HTML"];
  for (const name of names) {
    const answer = await get(`/console/${name}`);
    const { code } = (await answer.json()) as { code: string };
    expect([name, answer.status, code]).toEqual([name, 404, "CONTENT_UNKNOWN"]);
  }
  expect((await get("/console/deeper.js/x")).status).toBe(404);
});

test("where the page was not built the answer says how to build it", async () => {
  folder = await mkdtemp(join(tmpdir(), "console-"));
  await rm(folder, { recursive: true });
  await serve("node");
  await mkdir(folder);
  const answer = await get("/console");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({
    code: "CONSOLE_MISSING",
    expected: expect.stringContaining("npm run build"),
  });
});

test.each(["uws", "node"] as const)(
  "what is shorter packed is sent so to who takes it, over %s",
  async (http) => {
    await serve(http);
    const sizeOf = async (coding: string, file = "app.js") => {
      const answer = await get(`/console/${file}`, { headers: { "accept-encoding": coding } });
      const size = Number(answer.headers.get("content-length"));
      const shown = [answer.headers.get("content-encoding"), (await answer.text()).length];
      return { size, shown, tag: answer.headers.get("etag"), vary: answer.headers.get("vary") };
    };
    const packed = await sizeOf("br, GZIP;q=0.5");
    expect(packed.shown).toEqual(["gzip", 400_000]);
    expect(packed.size).toBeLessThan(4_000);
    for (const coding of ["identity", "gzip;q=0", "x-gzip", "gzip ; q=0.0"]) {
      const plain = await sizeOf(coding);
      expect([coding, plain.size, plain.shown]).toEqual([coding, 400_000, [null, 400_000]]);
      expect(plain.tag).not.toBe(packed.tag);
      expect(plain.vary).toBe("accept-encoding");
    }
    expect((await sizeOf("gzip", "index.html")).shown).toEqual([null, html.length]);
  },
);
