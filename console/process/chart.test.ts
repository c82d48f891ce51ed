import fc from "fast-check";
import { expect, test } from "vitest";
import { chartOf } from "./chart.ts";

const box = { left: 50, top: 10, width: 500, height: 100 };

test("a value holds until the next point changes it", () => {
  const { line, ticks } = chartOf(
    [
      { x: 0, y: 0 },
      { x: 5, y: 64 },
      { x: 10, y: 32 },
    ],
    box,
  );
  expect(line).toBe("M50 110H300V10H550V60H550");
  expect(ticks.map(({ value, y }) => [value, y])).toEqual([
    [0, 110],
    [32, 60],
    [64, 10],
  ]);
});

test("one point is a level line across", () => {
  expect(chartOf([{ x: 7, y: 4 }], box).line).toBe("M50 10H550");
});

test("property: every point stands in the box", () => {
  const points = fc.array(fc.nat(1e9), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(points, (values) => {
      const { places } = chartOf(
        values.map((y, x) => ({ x, y })),
        box,
      );
      for (const { x, y } of places) {
        expect(x).toBeGreaterThanOrEqual(50);
        expect(x).toBeLessThanOrEqual(550);
        expect(y).toBeGreaterThanOrEqual(10);
        expect(y).toBeLessThanOrEqual(110);
      }
    }),
  );
});
