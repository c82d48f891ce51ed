/**
 * HTTP compliance, part three: what a handler's answer, throw or silence becomes on the wire.
 *
 * @module
 */

import { expect, test } from "vitest";
import { HttpError } from "../../node/http/http-error.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../node/http/server.ts";
import { type AdapterSource, get, post, withServer } from "./harness.ts";
import { headerValues, pause } from "./raw-client.ts";

/** Registers the tests. */
export function responseCompliance(adapter: AdapterSource): void {
  failingHandlers(adapter);
  silentHandlers(adapter);
  responseHeads(adapter);
  responsesWithoutBody(adapter);
}

function failingHandlers(adapter: AdapterSource): void {
  test.each([
    ["throws", (): HttpResponse => throwSecret()],
    ["rejects", (): Promise<HttpResponse> => Promise.reject(new Error("secret"))],
    ["rejects later", (): Promise<HttpResponse> => pause(10).then(throwSecret)],
    ["throws what is no error", (): HttpResponse => throwUndefined()],
    ["answers nothing", (): HttpResponse => undefined as unknown as HttpResponse],
  ])("answers 500 where a handler %s, tells no detail, and lives on", async (_, handler) => {
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      for (const request of [get("/"), post("/", "hello")]) {
        const response = await connection.send(request).response();
        expect(response.status).toBe(500);
        expect(JSON.parse(response.body.toString())).toMatchObject({ code: "INTERNAL" });
        expect(response.body.toString()).not.toContain("secret");
      }
      expect(server.refusals.map(({ code }) => code)).toEqual(["INTERNAL", "INTERNAL"]);
      expect(server.refusals[0]?.path).toBe("/");
    });
  });

  test("answers a thrown HttpError with its own status, fields and headers", async () => {
    const handler: HttpHandler = () => {
      throw new HttpError("RATE_LIMITED", { expected: 1, got: 2 }, { "retry-after": "7" });
    };
    await withServer(adapter, handler, async (server) => {
      const response = await server.ask(get("/"));
      expect(response.status).toBe(429);
      expect(headerValues(response, "retry-after")).toEqual(["7"]);
      const problem = JSON.parse(response.body.toString());
      expect(problem).toMatchObject({ code: "RATE_LIMITED", expected: 1, got: 2 });
    });
  });
}

function throwSecret(): never {
  throw new Error("secret");
}

function throwUndefined(): never {
  throw undefined;
}

function silentHandlers(adapter: AdapterSource): void {
  test("answers 503 where a handler never does, and aborts its signal", async () => {
    const signals: AbortSignal[] = [];
    const handler = (request: HttpRequest) => {
      signals.push(request.signal);
      return new Promise<HttpResponse>(() => undefined);
    };
    await withServer(
      adapter,
      handler,
      async (server) => {
        const response = await server.ask(get("/"));
        expect(response.status).toBe(503);
        expect(headerValues(response, "retry-after")).toEqual(["1"]);
        expect(JSON.parse(response.body.toString()).code).toBe("HANDLER_TIMEOUT");
        expect(signals[0]?.aborted).toBe(true);
        expect(server.server.load().requests).toBe(0);
      },
      { handlerTimeoutMs: 100 },
    );
  });

  test("ignores an answer that comes after the 503, and lets go of its stream", async () => {
    let isLetGo = false;
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: new Uint8Array(1) }),
        return: () => {
          isLetGo = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const handler: HttpHandler = async () => {
      await pause(200);
      return { status: 200, body };
    };
    await withServer(
      adapter,
      handler,
      async (server) => {
        const connection = server.connect();
        expect((await connection.send(get("/")).response()).status).toBe(503);
        await pause(250);
        expect(connection.pending.length).toBe(0);
        expect(isLetGo).toBe(true);
      },
      { handlerTimeoutMs: 100 },
    );
  });
}

function responseHeads(adapter: AdapterSource): void {
  test("keeps a status other than 200 beside headers", async () => {
    const handler: HttpHandler = () => ({ status: 404, headers: { "x-a": "1" }, body: "no" });
    await withServer(adapter, handler, async (server) => {
      const response = await server.ask(get("/"));
      expect(response.status).toBe(404);
      expect(headerValues(response, "x-a")).toEqual(["1"]);
    });
  });

  test("counts text in bytes and announces its length once", async () => {
    const handler: HttpHandler = () => ({ status: 200, body: "né à Zürich €" });
    await withServer(adapter, handler, async (server) => {
      const response = await server.ask(get("/"));
      expect(response.body.toString()).toBe("né à Zürich €");
      expect(headerValues(response, "content-length")).toEqual(["18"]);
    });
  });

  const breaches: readonly (readonly [what: string, response: HttpResponse])[] = [
    ["a line break in a header", { status: 200, headers: { "x-a": "1\r\nx-injected: 1" } }],
    ["a bare line feed in a header", { status: 200, headers: { "x-a": "1\nx-injected: 1" } }],
    ["a whole answer in a header", { status: 200, headers: { "x-a": "1\r\n\r\nx-injected" } }],
    ["a zero byte in a header", { status: 200, headers: { "x-a": "x-injected\0" } }],
    ["a line break in a header name", { status: 200, headers: { "x-a: 1\r\nx-injected": "1" } }],
    ["an empty header name", { status: 200, headers: { "": "x-injected" } }],
    ["its own length", { status: 200, headers: { "Content-Length": "1" }, body: "x-injected" }],
    ["its own coding", { status: 200, headers: { "transfer-encoding": "x-injected" } }],
    ["its own connection header", { status: 200, headers: { connection: "x-injected" } }],
    ["an interim status", { status: 101 }],
    ["a status that is no number", { status: Number.NaN }],
    ["a status of four digits", { status: 2000 }],
  ];
  test.each(breaches)("answers 500 where a handler gives %s", async (_, own) => {
    await withServer(
      adapter,
      () => own,
      async (server) => {
        const response = await server.ask(get("/"));
        expect(response.status).toBe(500);
        expect(JSON.stringify(response.headers)).not.toContain("x-injected");
        expect(response.body.toString()).not.toContain("x-injected");
        expect(server.refusals.length).toBe(1);
      },
    );
  });
}

function responsesWithoutBody(adapter: AdapterSource): void {
  test("answers HEAD with the head of GET, without a body, and keeps the connection", async () => {
    const handler: HttpHandler = async (request) => {
      if (request.path === "/later") await pause(10);
      return { status: 200, headers: { "x-a": "1" }, body: "hello" };
    };
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      for (const path of ["/", "/later"]) {
        connection.send(get(path).replace("GET", "HEAD"));
        const head = await connection.response({ isHead: true });
        expect(head.status).toBe(200);
        expect(headerValues(head, "content-length")).toEqual(["5"]);
        expect(headerValues(head, "x-a")).toEqual(["1"]);
        expect((await connection.send(get("/")).response()).body.toString()).toBe("hello");
      }
    });
  });

  test("starts no stream for HEAD", async () => {
    let isStarted = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      isStarted = true;
      yield await Promise.resolve(new Uint8Array(3));
    }
    const handler: HttpHandler = () => ({ status: 200, body: body() });
    await withServer(adapter, handler, async (server) => {
      const request = get("/").replace("GET", "HEAD");
      const connection = server.connect().send(request);
      expect((await connection.response({ isHead: true })).status).toBe(200);
      connection.send(request);
      expect((await connection.response({ isHead: true })).status).toBe(200);
      expect(isStarted).toBe(false);
    });
  });

  test.each([204, 304])("sends no body with %i and keeps the connection", async (status) => {
    const handler: HttpHandler = () => ({ status, headers: { etag: "x" }, body: "none of this" });
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      for (let i = 0; i < 3; i++) {
        const response = await connection.send(get("/")).response();
        expect(response.status).toBe(status);
        expect(headerValues(response, "etag")).toEqual(["x"]);
        expect(headerValues(response, "content-length")).toEqual([]);
      }
      expect(connection.pending.length).toBe(0);
    });
  });
}
