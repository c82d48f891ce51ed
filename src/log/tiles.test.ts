import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTilePath, tileAt, tilePath } from "./tiles.ts";

test("paths are those of the C2SP text", () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
  expect(tilePath({ level: 1, index: 5, width: 17 })).toBe("tile/1/005.p/17");
});

test("a path is read as the place that it was written for", () => {
  const place = fc.record({
    level: fc.nat(63),
    index: fc.oneof(fc.nat(2000), fc.nat(2 ** 40)),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(place, (any) => {
      expect(parseTilePath(tilePath(any).slice(5))).toEqual(any);
    }),
  );
});

test.each([
  ["0/5"],
  ["0/x005"],
  ["0/x000/005"],
  ["00/005"],
  ["64/005"],
  ["0/005.p/0"],
  ["0/005.p/256"],
  ["0/005.p/017"],
  ["0/005/"],
  ["-1/005"],
  ["0/x999/x999/x999/x999/x999/x999/999"],
])("%s is no path of a tile", (path) => {
  expect(() => parseTilePath(path)).toThrow(/^REQUEST_INVALID/);
});

test("a tree has the tiles that its size gives it", () => {
  expect(tileAt({ level: 0, index: 273 }, 70_000)).toEqual({ level: 0, index: 273, width: 112 });
  expect(tileAt({ level: 1, index: 0 }, 70_000)?.width).toBe(256);
  expect(tileAt({ level: 2, index: 0 }, 70_000)?.width).toBe(1);
  expect(tileAt({ level: 0, index: 1 }, 256)).toBeNull();
  expect(tileAt({ level: 3, index: 0 }, 70_000)).toBeNull();
});
