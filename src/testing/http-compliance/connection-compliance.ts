/**
 * HTTP compliance, part five: connections, clients that go away, and the server's end.
 *
 * @module
 */

import { expect, test } from "vitest";
import type { HttpHandler, HttpResponse } from "../../node/http/server.ts";
import {
  type AdapterSource,
  chunk,
  chunkedHead,
  echo,
  echoPath,
  gate,
  get,
  post,
  withServer,
} from "./harness.ts";
import { headerValues, pause, RawConnection, until } from "./raw-client.ts";

/** Registers the tests. */
export function connectionCompliance(adapter: AdapterSource): void {
  manyRequests(adapter);
  goneClients(adapter);
  theEnd(adapter);
  listening(adapter);
}

const echoPathLater: HttpHandler = async (request) => {
  await pause(1);
  return { status: 200, body: request.path };
};

function manyRequests(adapter: AdapterSource): void {
  test("answers hundreds of requests on one connection", async () => {
    await withServer(adapter, echo, async (server) => {
      const connection = server.connect();
      for (let i = 0; i < 300; i++) {
        const response = await connection.send(post("/", `body ${i}`)).response();
        expect(response.body.toString()).toBe(`body ${i}`);
      }
      expect(server.server.load()).toEqual({ connections: 1, requests: 0 });
    });
  });

  test("gives each of many connections its own answers", async () => {
    await withServer(adapter, echoPathLater, async (server) => {
      const client = async (name: number): Promise<void> => {
        const connection = server.connect();
        for (let i = 0; i < 20; i++) {
          const path = `/${name}/${i}`;
          expect((await connection.send(get(path)).response()).body.toString()).toBe(path);
        }
      };
      await Promise.all(Array.from({ length: 50 }, (_, name) => client(name)));
    });
  });

  // HTTP lets a server end a connection on pipelined requests; it never lets it mix up answers.
  test.each([
    ["at once", echoPath],
    ["later", echoPathLater],
  ])("answers 100 pipelined requests %s in order, or ends the connection", async (_, handler) => {
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      connection.send(Array.from({ length: 100 }, (_ignored, i) => get(`/${i}`)).join(""));
      let answered = 0;
      while (answered < 100) {
        const response = await connection.responseOrEnd();
        if (response === null) break;
        expect(response.body.toString()).toBe(`/${answered++}`);
      }
      if (answered < 100) await connection.ended();
      expect((await server.ask(get("/alive"))).status).toBe(200);
    });
  });

  test("ends a connection that the client wants closed", async () => {
    await withServer(adapter, echoPath, async (server) => {
      const connection = server.connect().send(get("/", "Connection: close"));
      expect((await connection.response()).status).toBe(200);
      await connection.ended();
    });
  });
}

function goneClients(adapter: AdapterSource): void {
  test("aborts the signal when the client goes away, and ignores the answer", async () => {
    const aborted: string[] = [];
    const handler: HttpHandler = async (request) => {
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      aborted.push(request.path);
      return { status: 200, body: new Uint8Array(100_000) };
    };
    await withServer(adapter, handler, async (server) => {
      const connections = [
        server.connect().send(get("/1")),
        server.connect().send(post("/2", "x")),
      ];
      await until(() => server.server.load().requests === 2, "both requests");
      for (const connection of connections) connection.destroy();
      await until(() => aborted.length === 2, "both aborts");
      expect(server.server.load().requests).toBe(0);
      await until(() => server.server.load().connections === 0, "the connections' end");
    });
  });

  test("forgets a client that goes away within its body", async () => {
    let calls = 0;
    const handler = () => {
      calls++;
      return { status: 200 };
    };
    await withServer(adapter, handler, async (server) => {
      for (const bytes of [post("/", "hello").slice(0, -1), chunkedHead("/") + chunk("hello")]) {
        const connection = server.connect().send(bytes);
        await until(() => server.server.load().requests === 1, "the request");
        connection.destroy();
        await until(() => server.server.load().connections === 0, "the connection's end");
        expect(server.server.load().requests).toBe(0);
      }
      expect(calls).toBe(0);
    });
  });
}

function theEnd(adapter: AdapterSource): void {
  test("lets running requests finish, takes no new ones, and ends idle connections", async () => {
    const { handler, release } = gate();
    await withServer(adapter, handler, async (server) => {
      const idle = server.connect();
      const busy = server.connect().send(get("/busy"));
      await until(() => server.server.load().requests === 1, "the request");
      const closed = server.server.close(4_000);
      const late = new RawConnection(server.server.port).send(get("/late"));
      await late.ended();
      expect(late.pending.length).toBe(0);
      release();
      const response = await busy.response();
      expect(response.body.toString()).toBe("/busy");
      expect(headerValues(response, "connection")).toEqual(["close"]);
      await closed;
      await Promise.all([idle.ended(), busy.ended()]);
    });
  });

  test("aborts what still runs after the grace, and ends in time", async () => {
    const signals: AbortSignal[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.from("tick");
        await pause(10);
      }
    }
    const handler: HttpHandler = (request) => {
      signals.push(request.signal);
      if (request.path === "/stream") return { status: 200, body: body() };
      return new Promise<HttpResponse>(() => undefined);
    };
    await withServer(adapter, handler, async (server) => {
      const stuck = server.connect().send(get("/stuck"));
      const stream = server.connect().send(get("/stream"));
      const half = server.connect().send(post("/half", "x".repeat(9)).slice(0, -1));
      await stream.receives("tick");
      await until(() => server.server.load().requests === 3, "three requests");
      const start = performance.now();
      await Promise.all([server.server.close(200), server.server.close(200)]);
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      await Promise.all([stuck.ended(), stream.ended(), half.ended()]);
      expect(server.server.load().requests).toBe(0);
    });
  });

  test("can listen on the same port again after its end", async () => {
    let port = 0;
    await withServer(adapter, echoPath, (server) => {
      port = server.server.port;
      return Promise.resolve();
    });
    const again = async (server: { readonly server: { readonly port: number } }): Promise<void> => {
      expect(server.server.port).toBe(port);
    };
    await withServer(adapter, echoPath, again, { port });
  });
}

function listening(adapter: AdapterSource): void {
  test("does not share a port that another server holds", async () => {
    await withServer(adapter, echoPath, async (first) => {
      const nothing = (): Promise<void> => Promise.resolve();
      const second = withServer(adapter, echoPath, nothing, { port: first.server.port });
      await expect(second).rejects.toMatchObject({ code: "ADDRESS_UNAVAILABLE" });
      expect((await first.ask(get("/"))).status).toBe(200);
    });
  });
}
