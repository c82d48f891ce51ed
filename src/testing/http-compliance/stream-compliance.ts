/**
 * HTTP compliance, part four: long bodies, streams, and readers that are slow, still or gone.
 *
 * @module
 */

import { expect, test } from "vitest";
import type { HttpHandler, HttpRequest } from "../../node/http/server.ts";
import { type AdapterSource, get, withServer } from "./harness.ts";
import { headerValues, pause, until } from "./raw-client.ts";

/** Registers the tests. */
export function streamCompliance(adapter: AdapterSource): void {
  wholeStreams(adapter);
  heldBackStreams(adapter);
  brokenStreams(adapter);
}

function wholeStreams(adapter: AdapterSource): void {
  test("sends each chunk of a stream before the next one exists", async () => {
    let release: () => void = () => undefined;
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("one");
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield Buffer.from("two");
    }
    const headers = { "content-type": "text/event-stream" };
    await withServer(
      adapter,
      () => ({ status: 200, headers, body: body() }),
      async (server) => {
        const connection = server.connect().send(get("/"));
        await connection.receives("one");
        expect(connection.pending.includes("two")).toBe(false);
        release();
        const response = await connection.response();
        expect(response).toMatchObject({ status: 200, isComplete: true });
        expect(response.body.toString()).toBe("onetwo");
        expect(headerValues(response, "content-type")).toEqual(["text/event-stream"]);
        expect(headerValues(response, "content-length")).toEqual([]);
        const again = await connection.send(get("/")).receives("one");
        expect(again).toBeUndefined();
      },
    );
  });

  test("does not take an empty chunk for the end, and ends an empty stream", async () => {
    async function* body(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
      for (const text of chunks) yield await Promise.resolve(Buffer.from(text));
    }
    const handler: HttpHandler = (request) => ({
      status: 200,
      body: body(request.path === "/empty" ? [] : ["", "a", "", "b", ""]),
    });
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect();
      const response = await connection.send(get("/")).response();
      expect(response.body.toString()).toBe("ab");
      const empty = await connection.send(get("/empty")).response();
      expect(empty).toMatchObject({ status: 200, isComplete: true });
      expect(empty.body.length).toBe(0);
    });
  });

  test("streams 4 MiB in chunks of every size unchanged", async () => {
    const whole = Buffer.alloc(4 * 1024 * 1024);
    for (let i = 0; i < whole.length; i += 4) whole.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let offset = 0, size = 1; offset < whole.length; size = (size * 3) % 300_007) {
        yield await Promise.resolve(whole.subarray(offset, offset + size));
        offset += size;
      }
    }
    await withServer(
      adapter,
      () => ({ status: 200, body: body() }),
      async (server) => {
        const response = await server.ask(get("/"));
        expect(response.isComplete).toBe(true);
        expect(response.body.equals(whole)).toBe(true);
      },
    );
  });
}

const largeBytes = 24 * 1024 * 1024;

function heldBackStreams(adapter: AdapterSource): void {
  test("brings a body of 24 MiB to a slow reader unchanged", async () => {
    const whole = Buffer.alloc(largeBytes);
    for (let i = 0; i < whole.length; i += 4) whole.writeUInt32LE((i * 2_246_822_519) >>> 0, i);
    await withServer(
      adapter,
      () => ({ status: 200, body: whole }),
      async (server) => {
        const connection = server.connect().send(get("/"));
        for (let i = 0; i < 5; i++) {
          connection.socket.pause();
          await pause(20);
          connection.socket.resume();
          await pause(5);
        }
        expect((await connection.response()).body.equals(whole)).toBe(true);
      },
    );
  });

  test("makes no more of a stream than a still reader takes", async () => {
    const size = 64 * 1024;
    let made = 0;
    async function* body(): AsyncGenerator<Uint8Array> {
      for (; made < largeBytes; made += size) yield await Promise.resolve(new Uint8Array(size));
    }
    await withServer(
      adapter,
      () => ({ status: 200, body: body() }),
      async (server) => {
        const connection = server.connect();
        connection.socket.pause();
        connection.send(get("/"));
        await until(() => made > 0, "a first chunk");
        await pause(200);
        // What the two kernels' socket buffers hold; far below the whole.
        expect(made).toBeLessThan(largeBytes / 2);
        connection.socket.resume();
        expect((await connection.response()).body.length).toBe(largeBytes);
      },
    );
  });

  test.each([
    ["a stream", true],
    ["a whole body", false],
  ])("drops a reader that stands still in %s", async (_, isStream) => {
    let isLetGo = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(new Uint8Array(256 * 1024));
      } finally {
        isLetGo = true;
      }
    }
    const handler: HttpHandler = () => ({
      status: 200,
      body: isStream ? endless() : new Uint8Array(largeBytes),
    });
    await withServer(
      adapter,
      handler,
      async (server) => {
        const connection = server.connect();
        connection.socket.pause();
        connection.send(get("/"));
        await until(() => server.server.load().requests === 1, "the request");
        await until(() => server.server.load().connections === 0, "the reader's end");
        expect(server.server.load().requests).toBe(0);
        if (isStream) await until(() => isLetGo, "the generator's end");
      },
      { stallTimeoutMs: 300 },
    );
  });
}

function brokenStreams(adapter: AdapterSource): void {
  test("breaks off a body whose stream fails, and reports it", async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      await pause(20);
      throw new Error("the other half");
    }
    await withServer(
      adapter,
      () => ({ status: 200, body: body() }),
      async (server) => {
        const connection = server.connect().send(get("/"));
        const response = await connection.response();
        expect(response.isComplete).toBe(false);
        await connection.ended();
        expect(server.refusals.map(({ error }) => String(error))).toEqual([
          "Error: the other half",
        ]);
      },
    );
  });

  test("ends a stream and aborts its signal when the client goes away", async () => {
    const letGo: string[] = [];
    async function* events(request: HttpRequest): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from(": hello\n\n");
        await new Promise<void>((resolve) => {
          request.signal.addEventListener("abort", () => resolve(), { once: true });
        });
        letGo.push("aborted");
        yield Buffer.from("nobody reads this");
        letGo.push("went on");
      } finally {
        letGo.push("let go");
      }
    }
    const handler: HttpHandler = (request) => ({ status: 200, body: events(request) });
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect().send(get("/"));
      await connection.receives(": hello");
      connection.destroy();
      await until(() => letGo.includes("let go"), "the stream's end");
      expect(letGo).toEqual(["aborted", "let go"]);
      expect(server.server.load().requests).toBe(0);
    });
  });
}
