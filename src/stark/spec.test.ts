import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tags } from "./challenger.ts";
import { P100 } from "./parameters.ts";

const text = readFileSync(new URL("../../spec/08-proofs.md", import.meta.url), "utf8");

/** The cells of every table row of the section. */
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );

test("section 08 lists every refusal that the code names, and no other", () => {
  const source = readFileSync(new URL("proof-error.ts", import.meta.url), "utf8");
  const named = [...source.matchAll(/\| "([A-Z_]+)"/g)].map((match) => match[1]);
  expect(named.length).toBeGreaterThan(15);
  const listed = rows.map(([code]) => code ?? "").filter((code) => /^[A-Z]{3,}[A-Z_]+$/.test(code));
  expect(new Set(listed)).toEqual(new Set(named));
  expect(listed.length).toBe(named.length);
});

test("section 08 has the default profile's parameters", () => {
  const value = (name: string): string =>
    rows.find(([first]) => first?.startsWith(name))?.[1] ?? `${name} is missing`;
  for (const name of [
    "extensionDegree",
    "logBlowup",
    "logFoldArity",
    "logFinalLength",
    "queries",
  ] as const) {
    expect(value(name), name).toBe(String(P100[name]));
  }
  const { lookup, constraints, deep, batch, fold, query } = P100.grinding;
  expect(value("grinding")).toBe([lookup, constraints, deep, batch, fold, query].join(", "));
});

test("section 08 goes through the transcript's tags in order", () => {
  const listed = rows
    .filter(([step]) => /^(absorb|work|draw)/.test(step ?? ""))
    .flatMap(([, numbers]) => (numbers ?? "").split(", ").map(Number));
  expect(listed).toEqual(Object.values(tags));
});
