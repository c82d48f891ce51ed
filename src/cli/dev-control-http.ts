/**
 * The way to a `dev` network's controls: one route on the loopback interface, for whoever can read the
 * network's record, which is the person who runs it. A page in a browser cannot: it has no token.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toHex } from "../base/bytes.ts";
import { systemRandom } from "../base/random.ts";
import { CliError, type Failure, failureOf } from "./cli-error.ts";
import type { DevRequest, DevStatus } from "./dev-control.ts";
import type { DevRecord } from "./dev-record.ts";

const host = "127.0.0.1";
const bodyBytesMax = 64 * 1024;
/** Stores are copied and units started meanwhile. */
const askMs = 300_000;

export interface DevControlServer {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Serves the controls on a free port. */
export async function serveDevControl(
  ask: (request: DevRequest) => Promise<DevStatus>,
): Promise<DevControlServer> {
  const token = toHex(systemRandom.bytes(32));
  const server = createServer((request, response) => {
    answer(request, token, ask).then(
      ({ status, body }) => send(response, status, body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail).listen(0, host, done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    token,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: DevStatus | { readonly error: Failure };
}

async function answer(
  request: IncomingMessage,
  token: string,
  ask: (request: DevRequest) => Promise<DevStatus>,
): Promise<Answer> {
  try {
    if (!holdsToken(request.headers.authorization, token)) {
      throw new CliError("CONTROL_REFUSED", { expected: "the token of this network's record" });
    }
    return { status: 200, body: await ask(requestOf(await bodyOf(request))) };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return { status: failure.code === "CONTROL_REFUSED" ? 403 : 400, body: { error: failure } };
  }
}

function holdsToken(given: string | undefined, token: string): boolean {
  const expected = Buffer.from(`Bearer ${token}`);
  const got = Buffer.from(given ?? "");
  return got.length === expected.length && timingSafeEqual(got, expected);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bodyBytesMax) throw malformed("a shorter request");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

const texts: Readonly<Record<string, string>> = {
  ...{
    kill: "unit",
    restart: "unit",
    snapshot: "name",
    revert: "name",
    dump: "folder",
    load: "folder",
  },
};

/** Everything in it is checked before it is believed to be one. */
function requestOf(body: string): DevRequest {
  let given: Readonly<Record<string, unknown>> | null;
  try {
    given = JSON.parse(body) as Readonly<Record<string, unknown>> | null;
  } catch {
    throw malformed("JSON");
  }
  const action = given?.["action"];
  if (given === null || typeof action !== "string") throw malformed("an action");
  if (action === "status") return { action };
  if (action === "time" && typeof given["offsetMs"] === "number") {
    return { action, offsetMs: given["offsetMs"] };
  }
  const field = Object.hasOwn(texts, action) ? (texts[action] ?? "") : "";
  if (typeof given[field] !== "string") throw malformed("an action with what it is about");
  return { action, [field]: given[field] } as unknown as DevRequest;
}

function malformed(expected: string): CliError {
  return new CliError("ARGUMENT_INVALID", { expected });
}

function send(response: ServerResponse, status: number, body: Answer["body"]): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Asks the network of a record. Throws what it answers as its failure. */
export async function askDevNetwork(
  { control }: Pick<DevRecord, "control">,
  request: DevRequest,
): Promise<DevStatus> {
  const response = await reach(control.url, {
    method: "POST",
    headers: { authorization: `Bearer ${control.token}` },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(askMs),
  });
  const body = (await response.json()) as Answer["body"];
  if (!("error" in body)) return body;
  const { code, fields, next } = body.error;
  throw new CliError(code as ConstructorParameters<typeof CliError>[0], fields, next);
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    const fields = { url, cause: (error as Error).message };
    throw new CliError("CONTROL_SILENT", fields, "start the network with `nymcompute dev`");
  }
}
