import { expect, test } from "vitest";
import { medianOf } from "./proof-reads.ts";

test("the median is a value in the middle, whatever the order", () => {
  expect(medianOf([])).toBeNull();
  expect(medianOf([7])).toBe(7);
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([4, 1, 3, 2])).toBe(2);
});
