import { expect, test } from "vitest";
import { HttpError } from "./http-error.ts";
import { bodyType, jsonType, msgpackType, negotiate, preferredType } from "./negotiate.ts";
import type { HttpRequest } from "./server.ts";

const offers = [msgpackType, jsonType] as const;

test.each([
  [undefined, msgpackType],
  ["", msgpackType],
  ["*/*", msgpackType],
  ["application/json", jsonType],
  ["Application/JSON", jsonType],
  ["application/json;charset=utf-8;q=0.9", jsonType],
  ["text/html,application/xhtml+xml,*/*;q=0.8", msgpackType],
  ["application/msgpack;q=0.5, application/json;q=0.6", jsonType],
  ["application/msgpack;q=0.5, application/json;q=0.5", msgpackType],
  ["*/*;q=0.1, application/json", jsonType],
  ["application/*;q=0.3, application/msgpack;q=0", jsonType],
  ["application/msgpack;q=0, */*", jsonType],
  ["application/json;q=0, application/msgpack;q=0", null],
  ["application/json;q=2", null],
  ["text/html", null],
  ["nonsense;;;,,,", null],
])("accept %s takes %s", (accept, type) => {
  expect(preferredType(accept, offers)).toBe(type);
});

test("reads no more than 32 ranges", () => {
  expect(preferredType(`${"text/x,".repeat(32)}application/json`, offers)).toBeNull();
  expect(preferredType(`${"text/x,".repeat(31)}application/json`, offers)).toBe(jsonType);
});

function requestWith(headers: Record<string, string>): HttpRequest {
  return {
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: new Map(Object.entries(headers)),
    body: new Uint8Array(0),
    signal: new AbortController().signal,
    remote: "127.0.0.1",
  };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HttpError) return `${error.status} ${error.code}`;
    throw error;
  }
  return "none";
}

test("refuses with 406 what no offer fits", () => {
  expect(negotiate(requestWith({ accept: "application/json" }), offers)).toBe(jsonType);
  const refused = requestWith({ accept: "image/png" });
  expect(codeOf(() => negotiate(refused, offers))).toBe("406 NOT_ACCEPTABLE");
});

test("reads a body's type without its parameters, and refuses others with 415", () => {
  const typed = requestWith({ "content-type": "Application/JSON; charset=utf-8" });
  expect(bodyType(typed, offers)).toBe(jsonType);
  for (const headers of [{}, { "content-type": "text/plain" }, { "content-type": "json" }]) {
    const refused = requestWith(headers as Record<string, string>);
    expect(codeOf(() => bodyType(refused, offers))).toBe("415 CONTENT_TYPE_UNSUPPORTED");
  }
});
