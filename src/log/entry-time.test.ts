import { expect, test } from "vitest";
import { secondsAway, timeFarText } from "./entry-time.ts";

test("a time between the heads around it, or a minute outside them, is not far", () => {
  for (const seconds of [940, 1000, 1500, 2000, 2060]) {
    expect(secondsAway(1000 * seconds, { before: 1000, after: 2000 })).toBeNull();
  }
  expect(secondsAway(5, { before: null, after: 2000 })).toBeNull();
  expect(secondsAway(5_000_000, { before: 1000, after: null })).toBeNull();
});

test("a time that is further outside says by how much, and on which side", () => {
  expect(secondsAway(939_999, { before: 1000, after: 2000 })).toBe(-61);
  expect(secondsAway(2_060_001, { before: 1000, after: 2000 })).toBe(61);
  expect(timeFarText(2_100_000, { before: 1000, after: 2000 })).toBe(
    "TIME_FAR: it says 1970-01-01T00:35:00.000Z, 100 s after its head",
  );
  expect(timeFarText(0, { before: 1000, after: 2000 })).toMatch(/1000 s before an earlier head/);
  expect(timeFarText(1_000_000, { before: 1000, after: 2000 })).toBeNull();
});
