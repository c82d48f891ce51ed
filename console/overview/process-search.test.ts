import { expect, test } from "vitest";
import type { ProcessSummary } from "../../src/protocol/http.ts";
import { ProcessSearch } from "./process-search.ts";

const row = (id: string, name: string | null): ProcessSummary => ({
  id,
  name,
  module: `module-${id}`,
  owner: { kind: "key", id: `Owner${id}` },
  spawnedAt: 0,
  next: 1,
});

function searchOf(rows: readonly ProcessSummary[]): ProcessSearch {
  const search = new ProcessSearch();
  search.add(rows);
  return search;
}

test("names are found whatever the case, ids as they are written", () => {
  const search = searchOf([row("Ab1", "Token"), row("ab2", null), row("cc3", "chat")]);
  const ids = (query: string): string[] => search.find(query).map(({ id }) => id);
  expect(ids("")).toEqual(["Ab1", "ab2", "cc3"]);
  expect(ids("TOK")).toEqual(["Ab1"]);
  expect(ids("ab")).toEqual(["ab2"]);
  expect(ids("module-cc3")).toEqual(["cc3"]);
  expect(ids("OwnerAb1")).toEqual(["Ab1"]);
  expect(ids("chat cc")).toEqual(["cc3"]);
  expect(ids("chat ab")).toEqual([]);
});

test("rows that come later are found as well", () => {
  const search = searchOf([row("a", "one")]);
  search.add([row("b", "two")]);
  expect(search.find("two").map(({ id }) => id)).toEqual(["b"]);
  expect(search.rows.length).toBe(2);
});
