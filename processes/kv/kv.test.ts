/**
 * The store's answers, method by method, with HTTP's statuses.
 *
 * @module
 */

import { beforeAll, expect, test } from "vitest";
import { addressOf, compileFolder, type Evaluation, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

interface Request {
  readonly from?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly data?: string | Uint8Array;
}

function ask(store: RawProcess, method: string, path: string, request: Request = {}): Evaluation {
  const { from = 1, tags = {}, data = null } = request;
  return store.deliver({ from: idOf(from), tags: { Action: method, Path: path, ...tags }, data });
}

function tagsOf({ messages }: Evaluation): Readonly<Record<string, string>> {
  expect(messages).toHaveLength(1);
  return messages[0]?.tags ?? {};
}

function statusOf(evaluation: Evaluation): string | undefined {
  return tagsOf(evaluation)["Status"];
}

test("stores a body with its type and answers it, to whoever asks", () => {
  const store = RawProcess.spawn(module);
  const put = ask(store, "PUT", "/a.json", {
    tags: { "Content-Type": "application/json" },
    data: "{}",
  });
  expect(tagsOf(put)).toEqual({ Status: "201", ETag: '"1"' });
  const got = ask(store, "GET", "/a.json", { from: 2 });
  expect(got.messages[0]).toMatchObject({ target: addressOf(2), data: "{}" });
  expect(tagsOf(got)).toEqual({
    Status: "200",
    "Content-Type": "application/json",
    ETag: '"1"',
    Owner: addressOf(1),
  });
  expect(got.text).toBe("{}");
});

test("keeps bytes as they are, and a body may be empty", () => {
  const store = RawProcess.spawn(module);
  const data = Uint8Array.of(0, 255, 128, 10);
  ask(store, "PUT", "/bytes", { data });
  const got = ask(store, "GET", "/bytes");
  expect(got.output).toEqual(data);
  expect(tagsOf(got)["Content-Type"]).toBe("application/octet-stream");
  expect(statusOf(ask(store, "PUT", "/empty"))).toBe("201");
  expect(ask(store, "GET", "/empty").output).toEqual(new Uint8Array(0));
});

test("a path is its first writer's, also to delete, and free again afterwards", () => {
  const store = RawProcess.spawn(module);
  ask(store, "PUT", "/mine", { data: "one" });
  expect(statusOf(ask(store, "PUT", "/mine", { from: 2, data: "two" }))).toBe("403");
  expect(statusOf(ask(store, "DELETE", "/mine", { from: 2 }))).toBe("403");
  expect(ask(store, "GET", "/mine").text).toBe("one");
  expect(statusOf(ask(store, "PUT", "/mine", { data: "three" }))).toBe("200");
  expect(statusOf(ask(store, "DELETE", "/mine"))).toBe("204");
  expect(statusOf(ask(store, "GET", "/mine"))).toBe("404");
  expect(statusOf(ask(store, "DELETE", "/mine"))).toBe("404");
  expect(statusOf(ask(store, "PUT", "/mine", { from: 2 }))).toBe("201");
});

test("with Writers: owner only the store's owner makes paths", () => {
  const store = RawProcess.spawn(module, { from: idOf(7), tags: { Writers: "owner" } });
  expect(statusOf(ask(store, "PUT", "/a", { from: 1 }))).toBe("403");
  expect(statusOf(ask(store, "PUT", "/a", { from: 7 }))).toBe("201");
  expect(statusOf(ask(store, "GET", "/a", { from: 1 }))).toBe("200");
  expect(() => RawProcess.spawn(module, { tags: { Writers: "nobody" } })).toThrow("unreachable");
});

test("If-Match writes only over the version that it names", () => {
  const store = RawProcess.spawn(module);
  const etag = tagsOf(ask(store, "PUT", "/a", { data: "one" }))["ETag"] ?? "";
  const match = (list: string): Request => ({ tags: { "If-Match": list }, data: "two" });
  expect(statusOf(ask(store, "PUT", "/a", match('"999"')))).toBe("412");
  expect(statusOf(ask(store, "PUT", "/none", match("*")))).toBe("412");
  expect(statusOf(ask(store, "DELETE", "/none", match("*")))).toBe("412");
  expect(ask(store, "GET", "/a").text).toBe("one");
  expect(statusOf(ask(store, "PUT", "/a", match(`"999", ${etag}`)))).toBe("200");
  // The version is another now.
  expect(statusOf(ask(store, "DELETE", "/a", match(etag)))).toBe("412");
  expect(statusOf(ask(store, "DELETE", "/a", match("*")))).toBe("204");
});

test("If-None-Match makes only what is not there, and spares a body that is known", () => {
  const store = RawProcess.spawn(module);
  const isNew = { tags: { "If-None-Match": "*" }, data: "one" };
  const etag = tagsOf(ask(store, "PUT", "/a", isNew))["ETag"] ?? "";
  expect(statusOf(ask(store, "PUT", "/a", isNew))).toBe("412");
  const known = ask(store, "GET", "/a", { tags: { "If-None-Match": etag } });
  expect(tagsOf(known)).toEqual({ Status: "304", ETag: etag });
  expect(known.messages[0]?.data).toBeNull();
  ask(store, "PUT", "/a", { data: "two" });
  expect(ask(store, "GET", "/a", { tags: { "If-None-Match": etag } }).text).toBe("two");
});

test.each(["", "a", "/ ", "/ü", "/a?b", "/a#b", '/"', "/\u0000", `/${"x".repeat(200)}`])(
  "refuses %j, which is no path",
  (path) => {
    const store = RawProcess.spawn(module);
    for (const method of ["GET", "PUT", "DELETE", "LIST"]) {
      expect(statusOf(ask(store, method, path)), method).toBe("400");
    }
  },
);

test("takes every character of a URL's path", () => {
  const store = RawProcess.spawn(module);
  const path = "/azAZ09-._~!$&'()*+,;=:@%/";
  expect(statusOf(ask(store, "PUT", path))).toBe("201");
  expect(JSON.parse(ask(store, "LIST", "/").text)).toMatchObject([{ Path: path }]);
});

test("refuses a type that is none, a body that is too long and a method that it does not know", () => {
  const store = RawProcess.spawn(module);
  const typed = (type: string): Request => ({ tags: { "Content-Type": type } });
  for (const type of ["", "a\nb", "ü", "x".repeat(101)]) {
    expect(statusOf(ask(store, "PUT", "/a", typed(type))), type).toBe("400");
  }
  const long = new Uint8Array(65_537);
  expect(statusOf(ask(store, "PUT", "/a", { data: long }))).toBe("413");
  expect(statusOf(ask(store, "PUT", "/a", { data: long.subarray(1) }))).toBe("201");
  const refused = ask(store, "POST", "/a");
  expect(tagsOf(refused)).toEqual({
    Status: "405",
    Error: "The action must be GET, PUT, DELETE or LIST",
  });
  expect(refused.text).toBe("The action must be GET, PUT, DELETE or LIST");
});

test("is full at 8 MiB, and what is replaced or deleted makes room", () => {
  const store = RawProcess.spawn(module);
  const data = new Uint8Array(65_536);
  let status = "201";
  let count = 0;
  for (; status === "201"; count++)
    status = statusOf(ask(store, "PUT", `/${count}`, { data })) ?? "";
  expect(status).toBe("507");
  expect(count).toBe(128);
  expect(statusOf(ask(store, "PUT", "/0", { data }))).toBe("200");
  ask(store, "DELETE", "/5");
  expect(statusOf(ask(store, "PUT", "/new", { data }))).toBe("201");
  expect(statusOf(ask(store, "PUT", "/newer", { data }))).toBe("507");
});

test("lists what is below a path, in order, page by page", () => {
  const store = RawProcess.spawn(module);
  for (let at = 0; at < 250; at++) ask(store, "PUT", `/b/${String(at).padStart(3, "0")}`);
  ask(store, "PUT", "/a", { tags: { "Content-Type": "text/plain" }, data: "four" });
  ask(store, "PUT", "/c");
  const pages: string[][] = [];
  let tags: Record<string, string> = {};
  for (let cursor: string | undefined = "/b/"; cursor; ) {
    const page = ask(store, "LIST", "/b/", { tags });
    pages.push((JSON.parse(page.text) as { Path: string }[]).map(({ Path }) => Path));
    cursor = tagsOf(page)["Cursor"];
    tags = { Cursor: cursor ?? "" };
  }
  expect(pages.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(pages.flat()).toEqual([...pages.flat()].sort());
  const few = ask(store, "LIST", "/", { tags: { Limit: "2" } });
  expect(JSON.parse(few.text)).toMatchObject([
    { Path: "/a", ETag: '"251"', "Content-Type": "text/plain", Length: 4, Owner: addressOf(1) },
    { Path: "/b/000" },
  ]);
  expect(statusOf(ask(store, "LIST", "/", { tags: { Limit: "0" } }))).toBe("400");
  // A cursor from before the prefix does not lead out of it.
  const out = ask(store, "LIST", "/c", { tags: { Cursor: "/a" } });
  expect(JSON.parse(out.text)).toMatchObject([{ Path: "/c" }]);
});

test("says nothing to an answer, so that two stores do not go on for ever", () => {
  const store = RawProcess.spawn(module);
  const answer = { Action: "GET", Path: "/a", Status: "404" };
  expect(store.deliver({ tags: answer }).messages).toEqual([]);
});
