import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenSlots } from "./open-slots.ts";

function opened(slots: readonly number[]): OpenSlots {
  const open = new OpenSlots();
  for (const slot of slots) open.add(slot);
  return open;
}

test("gives the first slots that follow one upon the other", () => {
  expect(opened([]).firstRun(9)).toBeNull();
  const open = opened([7, 5, 6, 9]);
  expect(open.firstRun(9)).toEqual({ from: 5, count: 3 });
  expect(open.firstRun(2)).toEqual({ from: 5, count: 2 });
});

test("closes what is open of a run, and counts it", () => {
  const open = opened([5, 6, 9]);
  expect(open.close(4, 2)).toBe(1);
  expect(open.firstRun(9)).toEqual({ from: 6, count: 1 });
  expect(open.close(6, 4)).toBe(2);
  expect(open.size).toBe(0);
});

test("property: runs and closings go through every slot once, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60)), fc.integer({ min: 1, max: 8 }), (slots, countMax) => {
      const open = opened(slots);
      const seen: number[] = [];
      for (let run = open.firstRun(countMax); run !== null; run = open.firstRun(countMax)) {
        for (let i = 0; i < run.count; i++) seen.push(run.from + i);
        expect(open.close(run.from, run.count)).toBe(run.count);
      }
      expect(seen).toEqual([...new Set(slots)].sort((left, right) => left - right));
    }),
  );
});
