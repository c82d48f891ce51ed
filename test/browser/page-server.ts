/**
 * Serves a test's page on 127.0.0.1: an empty document that loads one script, and the files that
 * the script may ask for. It is an origin of its own: what the page asks of a unit crosses origins.
 *
 * @module
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "../dev-network.ts";

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** A script for browsers, of one file of this folder with all that it imports. */
export async function pageScript(
  file: string,
): Promise<{ readonly text: string; readonly compressedBytes: number }> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "test", "browser", file)],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  const text = outputFiles[0]?.text ?? "";
  return { text, compressedBytes: gzipSync(text, { level: 9 }).length };
}

/** Serves the files by their paths; `/x.html` is a page that loads `/x.js`. */
export async function servePages(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<PageServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (path.endsWith(".html")) {
      const script = path.replace(/html$/, "js");
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><title>test</title><script src="${script}"></script>`);
    } else if (file === undefined) {
      response.writeHead(404).end();
    } else {
      const type = path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
      response.setHeader("content-type", `${type}; charset=utf-8`);
      response.end(file);
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
