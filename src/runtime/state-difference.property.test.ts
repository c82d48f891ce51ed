import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryPageBytes } from "../protocol/limits.ts";
import { type StateView, stateDifference } from "./state-difference.ts";

function view(pages: number, writes: readonly (readonly [number, number])[]): StateView {
  const memory = new Uint8Array(pages * memoryPageBytes);
  for (const [at, value] of writes) memory[at % memory.length] = value;
  return { memory, globals: BigUint64Array.of(1n, 2n) };
}

const writes = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 4 * memoryPageBytes }), fc.integer({ min: 0, max: 255 })),
  { maxLength: 60 },
);
const views = fc.tuple(fc.integer({ min: 1, max: 3 }), writes).map(([n, list]) => view(n, list));

test("every byte that differs lies in a range, ranges begin and end with one, and are apart", () => {
  fc.assert(
    fc.property(views, views, (current, candidate) => {
      const { bytes, ranges, moreRanges, pages } = stateDifference(current, candidate);
      const length = Math.max(current.memory.length, candidate.memory.length);
      const differs = (at: number): boolean =>
        (current.memory[at] ?? 0) !== (candidate.memory[at] ?? 0);
      const places = Array.from({ length }, (_, at) => at).filter(differs);
      expect(bytes).toBe(places.length);
      expect(pages === null).toBe(current.memory.length === candidate.memory.length);
      const last = ranges.at(-1)?.to ?? 0;
      for (const at of moreRanges === 0 ? places : places.filter((each) => each < last)) {
        expect(ranges.some(({ from, to }) => from <= at && at < to)).toBe(true);
      }
      for (const [i, { from, to }] of ranges.entries()) {
        expect(differs(from) && differs(to - 1)).toBe(true);
        expect(from - (ranges[i - 1]?.to ?? -16)).toBeGreaterThanOrEqual(16);
      }
      if (moreRanges > 0) expect(ranges).toHaveLength(16);
    }),
    { numRuns: 60 },
  );
});

test("globals are compared one by one, also where only one side has them", () => {
  const { memory } = view(1, []);
  const difference = stateDifference(
    { memory, globals: BigUint64Array.of(1n, 2n) },
    { memory, globals: BigUint64Array.of(1n, 3n, 4n) },
  );
  expect(difference).toEqual({
    pages: null,
    globals: [
      { index: 1, current: "2", candidate: "3" },
      { index: 2, current: "none", candidate: "4" },
    ],
    bytes: 0,
    ranges: [],
    moreRanges: 0,
  });
});
