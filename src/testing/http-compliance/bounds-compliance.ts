/**
 * HTTP compliance, part six: bounds on requests, connections and bytes held, and hostile bytes.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
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
import { headerValues, pause, until } from "./raw-client.ts";

/** Registers the tests. */
export function boundsCompliance(adapter: AdapterSource): void {
  bounds(adapter);
  hostileBytes(adapter);
}

function bounds(adapter: AdapterSource): void {
  test("answers 503 with retry-after beyond its bound of requests", async () => {
    const { handler, release } = gate();
    const run = async (server: Parameters<Parameters<typeof withServer>[2]>[0]): Promise<void> => {
      const first = [server.connect().send(get("/1")), server.connect().send(get("/2"))];
      await until(() => server.server.load().requests === 2, "two requests");
      for (const request of [get("/3"), post("/3", "x".repeat(500))]) {
        const response = await server.ask(request);
        expect(response.status).toBe(503);
        expect(headerValues(response, "retry-after")).toEqual(["1"]);
        expect(JSON.parse(response.body.toString()).code).toBe("OVERLOADED");
      }
      release();
      for (const connection of first) expect((await connection.response()).status).toBe(200);
      expect((await server.ask(get("/4"))).status).toBe(200);
    };
    await withServer(adapter, handler, run, { requestsMax: 2 });
  });

  test("answers 503 beyond its bound of connections, and none beyond twice that", async () => {
    await withServer(
      adapter,
      echoPath,
      async (server) => {
        const idle = [server.connect(), server.connect()];
        await until(() => server.server.load().connections === 2, "two connections");
        const third = server.connect().send(get("/"));
        expect((await third.response()).status).toBe(503);
        await third.ended();
        await until(() => server.server.load().connections === 2, "the third's end");
        const more = Array.from({ length: 6 }, () => server.connect());
        await until(() => more.filter(({ isEnded }) => isEnded).length >= 4, "four refusals");
        for (const connection of more) connection.destroy();
        await until(() => server.server.load().connections === 2, "room");
        expect((await idle[0]?.send(get("/")).response())?.status).toBe(200);
      },
      { connectionsMax: 2 },
    );
  });

  test("answers 503 beyond its bound of body bytes, and counts them out again", async () => {
    const bodyBound = { bodyBytesHeldMax: 1_000 };
    await withServer(
      adapter,
      echo,
      async (server) => {
        for (let i = 0; i < 3; i++) {
          const slow = server.connect().send(post("/", "x".repeat(600)).slice(0, -1));
          await until(() => server.server.load().requests === 1, "the slow one");
          await pause(20);
          expect((await server.ask(post("/", "y".repeat(600)))).status).toBe(503);
          expect((await server.ask(post("/", "y".repeat(300)))).status).toBe(200);
          expect((await slow.send("x").response()).status).toBe(200);
        }
      },
      bodyBound,
    );
  });
}

function hostileBytes(adapter: AdapterSource): void {
  const seeds = [
    get("/a?b=c", "X: y", "Connection: close"),
    post("/a", "hello", "Connection: close"),
    chunkedHead("/a") + chunk("hello") + chunk(""),
    get("/1") + post("/2", "x") + get("/3"),
  ];
  const edits = fc.array(
    fc.record({
      at: fc.nat(200),
      remove: fc.nat(4),
      insert: fc.constantFrom(
        "",
        "\r\n",
        "\n",
        "\0",
        " ",
        ":",
        "\xff",
        "0",
        "Content-Length: 1\r\n",
        "a".repeat(300),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  );
  test("property: damaged requests leave the server answering", async () => {
    await withServer(adapter, echoPath, async (server) => {
      const law = fc.asyncProperty(fc.constantFrom(...seeds), edits, async (seed, changes) => {
        let bytes = seed;
        for (const { at, remove, insert } of changes) {
          bytes = bytes.slice(0, at) + insert + bytes.slice(at + remove);
        }
        const connection = server.connect().send(bytes);
        await pause(2);
        connection.destroy();
        expect((await server.ask(get("/alive", "Connection: close"))).body.toString()).toBe(
          "/alive",
        );
      });
      await fc.assert(law, { numRuns: 150 });
      expect(server.refusals.filter(({ status }) => status === 500)).toEqual([]);
    });
  });
}
