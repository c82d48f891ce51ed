/**
 * The console (spec/09-http.md §3.2): the files of a web page, read once when the unit starts. What is not
 * among them is not served, whatever a request names; nothing here looks at the disk again.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { toBase64url } from "../src/base/bytes.ts";
import { CodedError } from "../src/base/error.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { Route, RouteRequest } from "../src/node/http/router.ts";
import type { HttpResponse } from "../src/node/http/server.ts";
import { ProtocolError } from "../src/protocol/errors.ts";

/** Bytes as they are sent, and their strong entity tag (RFC 9110 §8.8.3). */
interface Representation {
  readonly bytes: Uint8Array;
  readonly tag: string;
}

/** A file as it is served. */
interface ConsoleFile {
  readonly type: string;
  readonly plain: Representation;
  /** Null where it would be no shorter. */
  readonly gzip: Representation | null;
}

/** By name. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

const indexName = "index.html";
const fileBytesMax = 4 * 1024 * 1024;
const filesMax = 256;

/**
 * What is in the folder with another ending is no part of the page. Modules are there to be spawned; the
 * policy below lets none run in the page.
 */
const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/**
 * No script, style or frame but the page's own. It may call any unit: which there are is what
 * `GET /units` says, and no answer of theirs is ever run.
 */
const securityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src *",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const consoleHeaders: Readonly<Record<string, string>> = {
  // Asked for again each time, and answered with 304: names stay the same when the page changes.
  "cache-control": "no-cache",
  "content-security-policy": securityPolicy,
  "referrer-policy": "no-referrer",
  vary: "accept-encoding",
};

/** Where the build puts the page; a unit that runs from its sources serves it as well. */
export function builtConsole(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../dist/console/" : "../console/", import.meta.url));
}

/** Reads the page; no files where the folder is not there. */
export async function readConsole(folder: string): Promise<ConsoleFiles> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return [];
    throw error;
  });
  const files = new Map<string, ConsoleFile>();
  for (const entry of found) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const bytes = await readFile(`${folder}/${entry.name}`);
    if (bytes.length > fileBytesMax || files.size === filesMax) {
      const expected = `${filesMax} files of ${fileBytesMax} bytes`;
      throw new CodedError("CONSOLE_TOO_LARGE", { file: entry.name, expected, got: bytes.length });
    }
    const packed = gzipSync(bytes, { level: 9 });
    const gzip = packed.length < bytes.length ? represented(packed) : null;
    files.set(entry.name, { type, plain: represented(bytes), gzip });
  }
  return files;
}

function represented(bytes: Uint8Array): Representation {
  return { bytes, tag: `"${toBase64url(sha256(bytes))}"` };
}

/** `GET /console` and `GET /console/{file}`. */
export function consoleRoutes(files: ConsoleFiles): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/console",
      handler: (request) => answer(files, indexName, request),
    },
    {
      method: "GET",
      path: "/console/",
      // Without it the page's own address would have two spellings.
      handler: () => ({ status: 308, headers: { location: "/console" } }),
    },
    {
      method: "GET",
      path: "/console/{file}",
      handler: (request) => answer(files, request.parameters["file"] ?? "", request),
    },
  ];
}

function answer(files: ConsoleFiles, name: string, { http }: RouteRequest): HttpResponse {
  if (files.size === 0) {
    const fields = { expected: "npm run build, and a start after it", got: "no console" };
    throw new ProtocolError("CONSOLE_MISSING", fields);
  }
  const file = files.get(name);
  if (file === undefined) throw new ProtocolError("CONTENT_UNKNOWN", { got: name.slice(0, 100) });
  const { type, plain, gzip } = file;
  const packed = takesGzip(http.headers.get("accept-encoding")) ? gzip : null;
  const { bytes, tag } = packed ?? plain;
  const coding = packed === null ? {} : { "content-encoding": "gzip" };
  const headers = { ...consoleHeaders, ...coding, "content-type": type, etag: tag };
  if (isKnown(http.headers.get("if-none-match"), tag)) return { status: 304, headers };
  return { status: 200, headers, body: bytes };
}

/** True where the reader says so (RFC 9110 §12.5.3); it may always be sent what is not packed. */
function takesGzip(header: string | undefined): boolean {
  const codings =
    header?.split(",").map((one) =>
      one
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    ) ?? [];
  return codings.some(([name, weight]) => name === "gzip" && !/^q=0(\.0*)?$/.test(weight ?? ""));
}

/** True where the reader has these bytes (RFC 9110 §13.1.2, which compares weakly). */
function isKnown(header: string | undefined, tag: string): boolean {
  const tags = header?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(tag) || tags.includes("*");
}
