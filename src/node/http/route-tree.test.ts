import fc from "fast-check";
import { expect, test } from "vitest";
import { HttpError } from "./http-error.ts";
import { RouteTree } from "./route-tree.ts";

function treeOf(...patterns: readonly string[]): RouteTree<string> {
  const tree = new RouteTree<string>();
  for (const pattern of patterns) tree.add("GET", pattern, pattern);
  return tree;
}

const tree = treeOf(
  "/",
  "/health",
  "/processes/{process}",
  "/processes/{process}/log/{slot}",
  "/processes/{process}/log/newest",
  "/processes/all/log/first",
  "/log/tile/{level}/{index...}",
  "/log/tile/entries/{index...}",
);

test.each([
  ["/", "/", {}],
  ["/health", "/health", {}],
  ["/processes/p", "/processes/{process}", { process: "p" }],
  ["/processes/a%2Fb%20%C3%A9", "/processes/{process}", { process: "a/b é" }],
  ["/processes/p/log/7", "/processes/{process}/log/{slot}", { process: "p", slot: "7" }],
  ["/processes/p/log/newest", "/processes/{process}/log/newest", { process: "p" }],
  ["/processes/all/log/first", "/processes/all/log/first", {}],
  ["/processes/all/log/7", "/processes/{process}/log/{slot}", { process: "all", slot: "7" }],
  [
    "/log/tile/0/x001/067.p/8",
    "/log/tile/{level}/{index...}",
    { level: "0", index: "x001/067.p/8" },
  ],
  ["/log/tile/entries/067", "/log/tile/entries/{index...}", { index: "067" }],
])("finds %s under %s", (path, pattern, parameters) => {
  const found = tree.find(path);
  expect(found?.pattern).toBe(pattern);
  expect(found?.parameters).toEqual(parameters);
});

test.each([
  "",
  "/nothing",
  "/health/",
  "//health",
  "/HEALTH",
  "/processes",
  "/processes/",
  "/processes//log/7",
  "/processes/p/log",
  "/log/tile/0",
  "/log/tile/0/",
  "/log/tile/0/a//b",
  "/processes/p/log/7/x",
  `/log/tile/0/${"a/".repeat(20)}b`,
])("finds nothing under %j", (path) => {
  expect(tree.find(path)).toBeNull();
});

test("refuses a name that is filled by malformed percent-encoding", () => {
  for (const path of ["/processes/%", "/processes/%zz", "/processes/%E0%A4", "/log/tile/0/a/%ff"]) {
    expect(() => tree.find(path), path).toThrow(HttpError);
  }
});

test("refuses patterns that contradict each other or themselves", () => {
  const contradictions: readonly (readonly string[])[] = [
    ["/a/{x}", "/a/{x}"],
    ["/a/{x}", "/a/{y}"],
    ["/a/{x}/{x}"],
    ["/a/{rest...}/b"],
    ["/a/{B}"],
    ["/a/b{c}"],
    ["a"],
  ];
  for (const patterns of contradictions) {
    expect(() => treeOf(...patterns), patterns.join(" ")).toThrow();
  }
});

test("property: any segments that fill the names come back as they were", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(name, name, (process, slot) => {
      const path = `/processes/${encodeURIComponent(process)}/log/${encodeURIComponent(slot)}`;
      fc.pre(slot !== "newest" && !(process === "all" && slot === "first"));
      expect(tree.find(path)?.parameters).toEqual({ process, slot });
    }),
  );
});

test("property: no path makes it fail but by its one error", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      try {
        const found = tree.find(`/processes/${text}`);
        expect(found === null || typeof found.pattern === "string").toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpError);
      }
    }),
  );
});
