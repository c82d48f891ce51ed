/**
 * HTTP compliance, part two: heads that are refused, and that nothing behind one is read as a
 * request (RFC 9112 §11.2, request smuggling).
 *
 * @module
 */

import { expect, test } from "vitest";
import type { HttpRequest } from "../../node/http/server.ts";
import { type AdapterSource, chunk, chunkedHead, echo, get, post, withServer } from "./harness.ts";
import { pause } from "./raw-client.ts";

/** Registers the tests. */
export function refusalCompliance(adapter: AdapterSource): void {
  refusedHeads(adapter);
}

const chunkedGzip = chunkedHead("/").replace("chunked", "gzip");
const chunkedTwice = chunkedHead("/").replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");

function postLength(length: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\nabc`;
}

const refused: readonly (readonly [what: string, request: string, statuses: readonly number[]])[] =
  [
    ["two lengths", post("/", "abcdef", "Content-Length: 3"), [400]],
    ["one length twice", post("/", "abc", "Content-Length: 3"), [400]],
    ["length and chunked", post("/", chunk(""), "Transfer-Encoding: chunked"), [400]],
    ["a signed length", postLength("+3"), [400]],
    ["a hexadecimal length", postLength("0x3"), [400]],
    ["a list of lengths", postLength("3, 3"), [400]],
    ["a length beyond 2^53", postLength("9".repeat(31)), [400]],
    ["a foreign coding", chunkedGzip, [400, 501]],
    ["a coding before chunked", chunkedHead("/").replace("chunked", "gzip, chunked"), [400, 501]],
    ["a coding like chunked", chunkedHead("/").replace("chunked", "xchunked"), [400, 501]],
    ["chunked twice", chunkedTwice, [400]],
    ["a chunk length in error", `${chunkedHead("/")}zz\r\nabc\r\n0\r\n\r\n`, [400]],
    ["two hosts", get("/", "Host: b"), [400]],
    ["a header of 20 KB", get("/", `X: ${"a".repeat(20_000)}`), [431]],
    ["65 headers", get("/", ...Array.from({ length: 64 }, (_, i) => `x-${i}: 1`)), [431]],
    ["another expectation", get("/", "Expect: a-miracle"), [417]],
    ["HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", [505]],
    ["an absolute target", get("http://a/b"), [400, 505]],
    ["an asterisk target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [400, 505]],
    ["a fragment", get("/a#b"), [400]],
    ["bytes above ASCII in the path", get("/\xff\xfe"), [400]],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", [400, 505]],
  ];

const behind = get("/behind");
const shorterFirst = postLength("3").replace(
  "\r\n\r\nabc",
  `\r\nContent-Length: 99\r\n\r\nabc${behind}`,
);
// In one packet: a reader that takes the other length, or goes on after it refused, sees `behind`.
const smuggling: readonly (readonly [what: string, request: string])[] = [
  ["two lengths, the longer first", post("/", behind, "Content-Length: 0")],
  ["two lengths, the shorter first", shorterFirst],
  ["one length twice", post("/", "abc", "Content-Length: 3") + behind],
  ["length and chunked", post("/", chunk("") + behind, "Transfer-Encoding: chunked")],
  ["a foreign coding", chunkedGzip + chunk("") + behind],
  ["chunked twice", chunkedTwice + chunk("") + behind],
  ["two hosts", get("/", "Host: b") + behind],
  ["a body over its limit", post("/", "x".repeat(1025)) + behind],
  [
    "a chunked body over its limit",
    chunkedHead("/") + chunk("x".repeat(1025)) + chunk("") + behind,
  ],
];

function refusedHeads(adapter: AdapterSource): void {
  test.each(refused)("refuses %s and ends the connection", async (_, request, statuses) => {
    const paths: string[] = [];
    const handler = (own: HttpRequest) => {
      paths.push(own.path);
      return { status: 200 };
    };
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect().send(request);
      expect(statuses).toContain((await connection.response()).status);
      await connection.ended();
      expect(paths).toEqual([]);
    });
  });

  test.each(smuggling)("takes nothing behind %s for a request", async (_, request) => {
    const paths: string[] = [];
    const handler = (own: HttpRequest) => {
      paths.push(own.path);
      return { status: 200 };
    };
    await withServer(adapter, handler, async (server) => {
      const connection = server.connect().send(request);
      const response = await connection.responseOrEnd();
      if (response !== null) expect(response.status).toBeGreaterThanOrEqual(400);
      await connection.ended();
      expect(paths).toEqual([]);
    });
  });

  // uWS gives such heads no answer at all and drops them in time: that they go nowhere is the law.
  const unread: readonly (readonly [what: string, request: string])[] = [
    ["a head without host", "GET / HTTP/1.1\r\n\r\n"],
    ["a folded header", get("/", "X-A: 1", " 2")],
    ["a space before the colon", get("/", "Content-Length : 3")],
    ["a carriage return in a header", get("/", "X-A: a\rb")],
    ["a zero byte in a header", get("/", "X-A: a\0b")],
    ["a header name in brackets", get("/", "a(b): x")],
    ["a head that is not finished", "GET / HTTP/1.1\r\nHost: a\r\n"],
  ];
  test.each(unread)("never hands on %s", async (_, request) => {
    let calls = 0;
    const handler = () => {
      calls++;
      return { status: 200 };
    };
    await withServer(adapter, handler, async (server) => {
      server.connect().send(request);
      await pause(100);
      expect(calls).toBe(0);
      expect((await server.ask(get("/"))).status).toBe(200);
    });
  });

  test("ends a connection whose head does not come to its end", async () => {
    await withServer(adapter, echo, async (server) => {
      await server.connect().send("GET / HTTP/1.1\r\nHost: a\r\n").ended(15_000);
    });
  });
}
