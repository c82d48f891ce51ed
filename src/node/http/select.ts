/**
 * Which HTTP adapter a unit runs on: `--http auto|uws|node`. `auto` takes uWebSockets.js where its
 * binary loads and passes a self-test, else `node:http`, and says which and why.
 *
 * @module
 */

import { connect } from "node:net";
import { CodedError } from "../../base/error.ts";
import { nodeHttp } from "./node-http.ts";
import { type HttpAdapter, type HttpServer, httpBounds } from "./server.ts";
import { uwsHttp } from "./uws.ts";
import { loadUws } from "./uws-binding.ts";

export type HttpChoice = "auto" | "uws" | "node";

export type HttpSelectErrorCode = "HTTP_ADAPTER_UNAVAILABLE";

/** `--http uws` was demanded and cannot be had. */
export class HttpSelectError extends CodedError<HttpSelectErrorCode> {
  override readonly name = "HttpSelectError";
}

/** An adapter, and one line for the log that says why it was taken. */
export interface SelectedHttp {
  readonly adapter: HttpAdapter;
  readonly reason: string;
}

/** Chooses an adapter. Throws `HttpSelectError` where `uws` is demanded and does not work. */
export async function selectHttp(choice: HttpChoice): Promise<SelectedHttp> {
  if (choice === "node") return { adapter: nodeHttp, reason: "chosen" };
  const binding = await loadUws();
  const failure =
    "reason" in binding ? `cannot be loaded: ${binding.reason}` : await selfTest(uwsHttp(binding));
  if (!("reason" in binding) && failure === null) {
    return {
      adapter: uwsHttp(binding),
      reason: choice === "uws" ? "chosen" : "passed its self-test",
    };
  }
  const got = `uWebSockets.js ${failure}`;
  if (choice === "auto") return { adapter: nodeHttp, reason: got };
  throw new HttpSelectError("HTTP_ADAPTER_UNAVAILABLE", {
    expected: "a working uWebSockets.js",
    got,
  });
}

const selfTestTimeoutMs = 2_000;

// One request each: an echo across an await, a throw in a handler, and the trap that would hurt
// most if another build of the binary brought it back.
const probes: readonly { readonly request: string; readonly expected: RegExp }[] = [
  {
    request: "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
    expected: /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/,
  },
  {
    request: "GET /throw HTTP/1.1\r\nhost: a\r\n\r\n",
    expected: /^HTTP\/1\.1 500 [\s\S]*"INTERNAL"/,
  },
  {
    request:
      "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 1\r\n\r\nhello",
    expected: /^HTTP\/1\.1 400 [\s\S]*"REQUEST_MALFORMED"/,
  },
];

/** Runs an adapter on a free port of this machine. Null where it works, else what went wrong. */
export async function selfTest(adapter: HttpAdapter): Promise<string | null> {
  let server: HttpServer | null = null;
  try {
    server = await adapter.listen(
      { ...httpBounds, host: "127.0.0.1", port: 0, bodyBytesMax: () => 1024 },
      async (request) => {
        await Promise.resolve();
        if (request.path === "/throw") throw new Error("a self-test's own");
        return { status: 200, body: request.body };
      },
    );
    for (const { request, expected } of probes) {
      if (!expected.test(await exchangeRaw(server.port, request, expected))) {
        return `failed its self-test at ${request.split(" HTTP", 1)[0]}`;
      }
    }
    return null;
  } catch (error) {
    return `failed its self-test: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await server?.close(0);
  }
}

/** Sends bytes and collects the answer until it matches, the connection ends, or time is up. */
function exchangeRaw(port: number, request: string, expected: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let answer = "";
    socket.setTimeout(selfTestTimeoutMs, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (expected.test(answer)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    // Not `end`: uWS takes a half-closed connection for one that went away.
    socket.write(request);
  });
}
