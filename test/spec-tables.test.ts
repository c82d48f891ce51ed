/**
 * The tables of the specification say what the code says: errors (section 10), limits (section 11),
 * kinds and hash tags (section 02).
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { httpErrorStatuses } from "../src/node/http/http-error.ts";
import { errorStatuses } from "../src/protocol/errors.ts";
import { hashTags, kinds } from "../src/protocol/kinds.ts";
import * as limits from "../src/protocol/limits.ts";

async function section(name: string): Promise<string> {
  return readFile(new URL(`../spec/${name}.md`, import.meta.url), "utf8");
}

/** The cells of every table row of a section. */
function rowsOf(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

test("section 10 lists every error code with its status, and no other", async () => {
  const rows = rowsOf(await section("10-errors")).filter(([code]) => !/code$/.test(code ?? ""));
  const listed = Object.fromEntries(rows.map(([code, status]) => [code, Number(status)]));
  expect(listed).toEqual({ ...httpErrorStatuses, ...errorStatuses });
});

test("section 11 lists every limit with its value, and no other", async () => {
  const rows = rowsOf(await section("11-limits")).filter(([name]) => name !== "name");
  const listed = Object.fromEntries(
    rows.map(([name, value]) => [name, Number(value?.replaceAll(",", ""))]),
  );
  expect(listed).toEqual({ ...limits });
});

test("section 02 lists every kind of record and every hash tag", async () => {
  const rows = rowsOf(await section("02-encoding"));
  const numbered = rows.filter(([kind]) => /^\d+$/.test(kind ?? ""));
  expect(Object.fromEntries(numbered.map(([kind, name]) => [name, Number(kind)]))).toEqual({
    ...kinds,
  });
  const tags = rows.map(([tag]) => tag).filter((tag) => tag?.startsWith("nymcompute/"));
  expect(new Set(tags)).toEqual(new Set([...Object.values(hashTags), "nymcompute/address/v1"]));
});
