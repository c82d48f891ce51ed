/**
 * What units call each other with: `node:http` behind the part of `fetch` that the clients use.
 * Connections are kept. The runtime's `fetch` costs a unit 1 ms of processor time a call for web
 * streams that nobody needs between two servers.
 *
 * @module
 */

import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import type { UnitFetch, UnitFetchAnswer } from "../../client/unit-call.ts";

/** Below the 5 s after which units end a connection that rests, so that few are found ended. */
const restMs = 4_000;
const agentOptions = { keepAlive: true, timeout: restMs };

/** A `fetch` of its own connections, which end with the process. */
export function unitFetch(): UnitFetch {
  const plain = new Agent(agentOptions);
  const tls = new TlsAgent(agentOptions);
  const start = (url: string, init: RequestInit): ClientRequest => {
    const { method = "GET", signal, body } = init;
    const headers: Record<string, string | number> = {
      ...(init.headers as Record<string, string>),
    };
    if (body instanceof Uint8Array) headers["content-length"] = body.length;
    const options = { method, headers, ...(signal ? { signal } : {}) };
    return url.startsWith("https:")
      ? requestHttps(url, { ...options, agent: tls })
      : requestHttp(url, { ...options, agent: plain });
  };
  const send = (url: string, init: RequestInit, isRetry: boolean): Promise<UnitFetchAnswer> =>
    new Promise((resolve, reject) => {
      const request = start(url, init);
      request.on("response", (response) => {
        const { statusCode: status = 0 } = response;
        if (status >= 200 && (status < 300 || status >= 400)) {
          resolve(answerOf(status, response));
          return;
        }
        response.destroy();
        reject(new TypeError(`neither an answer nor a refusal: status ${status}`));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The unit ended a resting connection just when it was used again. Nothing was answered, and
        // whatever one unit asks of another may be asked twice.
        const isStale = request.reusedSocket && error.code === "ECONNRESET";
        if (isStale && !isRetry) send(url, init, true).then(resolve, reject);
        else reject(error);
      });
      request.end(init.body);
    });
  return (url, init) => send(url, init, false);
}

function answerOf(status: number, response: IncomingMessage): UnitFetchAnswer {
  const { headers } = response;
  const get = (name: string): string | null => {
    const value = headers[name];
    return typeof value === "string" ? value : null;
  };
  return { status, headers: { get }, body: response };
}
