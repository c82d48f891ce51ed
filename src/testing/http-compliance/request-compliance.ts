/**
 * HTTP compliance, part one: what reaches the handler, and what is refused before it.
 *
 * @module
 */

import { expect, test } from "vitest";
import type { HttpRequest } from "../../node/http/server.ts";
import { type AdapterSource, chunk, chunkedHead, echo, get, post, withServer } from "./harness.ts";
import { headerValues, pause } from "./raw-client.ts";

/** Registers the tests. */
export function requestCompliance(adapter: AdapterSource): void {
  whatTheHandlerSees(adapter);
  bodies(adapter);
  bodyLimits(adapter);
}

function whatTheHandlerSees(adapter: AdapterSource): void {
  test("hands on method, path, query, headers, body and peer", async () => {
    const seen: HttpRequest[] = [];
    const handler = (request: HttpRequest) => {
      seen.push(request);
      return { status: 200 };
    };
    await withServer(adapter, handler, async (server) => {
      const request = post("/a%20b/c?x=1&x=2&y=%C3%A9+z?", "hello", "X-One: 1", "X-oNE: 2");
      expect((await server.ask(request)).status).toBe(200);
    });
    const [request] = seen;
    expect(request?.method).toBe("POST");
    expect(request?.path).toBe("/a%20b/c");
    expect(request?.query.getAll("x")).toEqual(["1", "2"]);
    expect(request?.query.get("y")).toBe("é z?");
    expect(request?.headers.get("x-one")).toBe("1, 2");
    expect(request?.headers.get("content-length")).toBe("5");
    expect(Buffer.from(request?.body ?? []).toString()).toBe("hello");
    expect(request?.remote).toBe("127.0.0.1");
    expect(request?.signal.aborted).toBe(false);
  });

  test("hands on malformed percent-encoding as it was sent", async () => {
    const handler = (request: HttpRequest) => ({
      status: 200,
      body: `${request.path} ${request.query.get("q")}`,
    });
    await withServer(adapter, handler, async (server) => {
      const response = await server.ask(get("/a%zz/%/..//%E0%A4?q=%zz%"));
      expect(response.body.toString()).toBe("/a%zz/%/..//%E0%A4 %zz%");
    });
  });

  test("hands an unknown method to the handler or refuses it, and lives on", async () => {
    const handler = (request: HttpRequest) => ({ status: 405, body: request.method });
    await withServer(adapter, handler, async (server) => {
      const response = await server.ask("FROB /x HTTP/1.1\r\nHost: a\r\n\r\n");
      expect([400, 405, 501]).toContain(response.status);
      expect((await server.ask(get("/"))).status).toBe(405);
    });
  });
}

function bodies(adapter: AdapterSource): void {
  test("keeps a body that came in pieces, after the handler waited", async () => {
    const handler = async (request: HttpRequest) => {
      await pause(20);
      return { status: 200, body: request.body };
    };
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      const text = "abcdefghij".repeat(30);
      const whole = post("/", text);
      for (const [from, to] of [
        [0, 30],
        [30, 100],
        [100, 101],
        [101, whole.length],
      ] as const) {
        connection.send(whole.slice(from, to));
        await pause(10);
      }
      expect((await connection.response()).body.toString()).toBe(text);
    });
  });

  test("reads a chunked body of many small chunks", async () => {
    await withServer(adapter, echo, async (server) => {
      const connection = server.connect().send(chunkedHead("/"));
      for (let i = 0; i < 500; i++) connection.send(chunk("xy"));
      connection.send(chunk(""));
      expect((await connection.response()).body.toString()).toBe("xy".repeat(500));
    });
  });

  test("carries a body of 3 MiB both ways unchanged", async () => {
    const text = Array.from({ length: 3 * 65_536 }, (_, i) => String(i).padStart(16)).join("");
    const bounds = { bodyBytesMax: (): number => text.length };
    await withServer(
      adapter,
      echo,
      async (server) => {
        const response = await server.ask(post("/", text));
        expect(response.body.equals(Buffer.from(text))).toBe(true);
      },
      bounds,
    );
  });

  test("lets a client that expects 100 continue", async () => {
    await withServer(adapter, echo, async (server) => {
      const connection = server.connect();
      const request = post("/", "hello", "Expect: 100-continue");
      connection.send(request.slice(0, -5));
      await connection.receives("HTTP/1.1 100 Continue\r\n\r\n");
      connection.send("hello");
      expect((await connection.response()).body.toString()).toBe("hello");
    });
  });

  test("answers 408 to a half-sent body, ends the connection and calls no handler", async () => {
    let calls = 0;
    const handler = () => {
      calls++;
      return { status: 200 };
    };
    await withServer(
      adapter,
      handler,
      async (server) => {
        const byLength = server.connect().send(post("/", "hello").slice(0, -2));
        const byChunks = server.connect().send(chunkedHead("/") + chunk("hello"));
        for (const connection of [byLength, byChunks]) {
          const response = await connection.response();
          expect(response.status).toBe(408);
          expect(JSON.parse(response.body.toString()).code).toBe("REQUEST_TIMEOUT");
          await connection.ended();
        }
        expect(server.refusals.map(({ code }) => code)).toEqual(Array(2).fill("REQUEST_TIMEOUT"));
      },
      { bodyTimeoutMs: 200 },
    );
    expect(calls).toBe(0);
  });
}

function bodyLimits(adapter: AdapterSource): void {
  test("takes a body of exactly its limit, and refuses one byte more", async () => {
    await withServer(adapter, echo, async (server) => {
      expect((await server.ask(post("/", "x".repeat(1024)))).status).toBe(200);
      const response = await server.ask(post("/", "x".repeat(1025)));
      expect(response.status).toBe(413);
      expect(headerValues(response, "content-type")).toEqual(["application/problem+json"]);
      const problem = JSON.parse(response.body.toString());
      expect(problem).toMatchObject({ code: "BODY_TOO_LARGE", expected: 1024, got: 1025 });
    });
  });

  test("refuses by content-length before a byte of the body came", async () => {
    await withServer(adapter, echo, async (server) => {
      const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n";
      const connection = server.connect().send(head);
      expect((await connection.response()).status).toBe(413);
      await connection.ended();
    });
  });

  test("refuses a chunked body as soon as it counted too many bytes", async () => {
    await withServer(adapter, echo, async (server) => {
      const connection = server.connect().send(chunkedHead("/") + chunk("x".repeat(1024)));
      connection.send(chunk("y"));
      expect((await connection.response()).status).toBe(413);
      await connection.ended();
    });
  });

  test("lets a client that is still sending read its 413", async () => {
    await withServer(adapter, echo, async (server) => {
      const connection = server.connect().send(post("/", "x".repeat(2_000_000)));
      expect((await connection.response()).status).toBe(413);
    });
  });

  test("asks for the limit of each method and path", async () => {
    const bodyBytesMax = (method: string, path: string): number =>
      method === "POST" && path === "/large" ? 10 : 5;
    await withServer(
      adapter,
      echo,
      async (server) => {
        expect((await server.ask(post("/large?x", "0123456789"))).status).toBe(200);
        expect((await server.ask(post("/small", "012345"))).status).toBe(413);
      },
      { bodyBytesMax },
    );
  });

  test("answers 500 where the limit cannot be told, and lives on", async () => {
    const bodyBytesMax = (): number => {
      throw new Error("no limit");
    };
    await withServer(
      adapter,
      echo,
      async (server) => {
        expect((await server.ask(post("/", "x"))).status).toBe(500);
        expect((await server.ask(post("/", "x"))).status).toBe(500);
      },
      { bodyBytesMax },
    );
  });
}
