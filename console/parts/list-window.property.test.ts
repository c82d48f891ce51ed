import fc from "fast-check";
import { expect, test } from "vitest";
import { listHeightMax, listWindow, scrollTopOf } from "./list-window.ts";

const view = fc.record({
  count: fc.integer({ min: 0, max: 5_000_000 }),
  rowHeight: fc.integer({ min: 20, max: 80 }),
  scrollTop: fc.double({ min: -100, max: 2 * listHeightMax, noNaN: true }),
  viewHeight: fc.integer({ min: 100, max: 2000 }),
  around: fc.integer({ min: 0, max: 12 }),
});

test("property: a list of any length draws only what is seen and a few around", () => {
  fc.assert(
    fc.property(view, (each) => {
      const { first, end } = listWindow(each);
      const seen = Math.ceil(each.viewHeight / each.rowHeight) + 1;
      expect(end - first).toBeLessThanOrEqual(seen + 2 * each.around);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(each.count);
    }),
  );
});

test("property: what is drawn covers what is seen", () => {
  fc.assert(
    fc.property(view, (each) => {
      const { first, end, top, height } = listWindow(each);
      expect(height).toBeLessThanOrEqual(listHeightMax);
      const scrollTop = Math.max(
        0,
        Math.min(each.scrollTop, Math.max(0, height - each.viewHeight)),
      );
      const bottom = top + (end - first) * each.rowHeight;
      expect(top).toBeLessThanOrEqual(scrollTop + 0.01);
      expect(bottom).toBeGreaterThanOrEqual(Math.min(height, scrollTop + each.viewHeight) - 0.01);
    }),
  );
});

test("property: a row that is scrolled to is drawn", () => {
  fc.assert(
    fc.property(view, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (each, at) => {
      fc.pre(each.count > 0);
      const row = Math.floor(at * each.count);
      const { first, end } = listWindow({ ...each, scrollTop: scrollTopOf(row, each), around: 1 });
      expect(first).toBeLessThanOrEqual(row);
      expect(end).toBeGreaterThan(row);
    }),
  );
});
