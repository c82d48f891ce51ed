/**
 * A lying scheduler over HTTP, for whoever looks at it as a stranger does.
 *
 * @module
 */

import { createServer, type Server } from "node:http";
import { leafBundle } from "../../src/client/log-source.ts";
import { parseTilePath } from "../../src/log/tiles.ts";
import { logPageRecord } from "../../src/protocol/envelope.ts";
import { parseId } from "../../src/protocol/ids.ts";
import type { LyingScheduler } from "./lying-scheduler.ts";

/** Serves it on a free port of this machine. */
export async function serveLies(
  lying: LyingScheduler,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    answer(lying, new URL(request.url ?? "/", "http://lying.test")).then(
      (body) => response.writeHead(body === null ? 404 : 200).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return { url: `http://127.0.0.1:${port}`, close };
}

async function answer(
  { source, client }: LyingScheduler,
  { pathname, searchParams }: URL,
): Promise<Uint8Array | null> {
  if (pathname === "/checkpoint") return source.checkpoint();
  if (pathname === "/head-key") return source.headKey();
  const bundle = /^\/tile\/entries\/(.+)$/.exec(pathname)?.[1];
  if (bundle !== undefined) return leafBundle(await source.leaves(parseTilePath(`0/${bundle}`)));
  const tile = /^\/tile\/(.+)$/.exec(pathname)?.[1];
  if (tile !== undefined) return source.tile(parseTilePath(tile));
  const process = /^\/processes\/([^/]+)\/log$/.exec(pathname)?.[1];
  if (process === undefined) return null;
  const [from, limit] = ["from", "limit"].map((name) => Number(searchParams.get(name) ?? 0));
  const page = await client.log(parseId(process), { from: from ?? 0, limit: limit || 256 });
  return logPageRecord.encode(page);
}
