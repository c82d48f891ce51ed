import { expect, test } from "vitest";
import { bytesText, countText, durationText, gasText, shortId } from "./format.ts";

test("ids are shortened to both ends, and short ones not at all", () => {
  expect(shortId("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ")).toBe("abcdefg…MNOPQ");
  expect(shortId("0123456789abc")).toBe("0123456789abc");
});

test("sizes have binary units and at most three digits", () => {
  const cases: readonly [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [65_536, "64.0 KiB"],
    [16_777_216, "16.0 MiB"],
    [268_435_456, "256 MiB"],
  ];
  for (const [bytes, text] of cases) expect(bytesText(bytes), String(bytes)).toBe(text);
});

test("gas has three digits, also just below the next unit", () => {
  const cases: readonly [number, string][] = [
    [940, "940"],
    [1000, "1.00 k"],
    [12_345, "12.3 k"],
    [99_960, "100 k"],
    [999_499, "999 k"],
    [999_500, "1.00 M"],
    [8_000_000, "8.00 M"],
    [1e12, "1000 G"],
  ];
  for (const [gas, text] of cases) expect(gasText(gas), String(gas)).toBe(text);
});

test("durations change their unit without a sixty", () => {
  const cases: readonly [number, string][] = [
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1240, "1.2 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 0 s"],
    [245_000, "4 min 5 s"],
    [3_600_000, "1 h 0 min"],
  ];
  for (const [ms, text] of cases) expect(durationText(ms), String(ms)).toBe(text);
});

test("counts are grouped", () => {
  expect(countText(100_000)).toBe("100,000");
});
