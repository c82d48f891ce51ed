import fc from "fast-check";
import { expect, test } from "vitest";
import { quickParameters } from "../toys/quick.ts";
import { foldLayers, foldSchedule } from "./schedule.ts";

test("property: folds go down without a gap, stop at every codeword, and end at the last polynomial", () => {
  const heights = fc.array(fc.integer({ min: 2, max: 20 }), { minLength: 1, maxLength: 6 });
  const small = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(heights, small, small, fc.integer({ min: 0, max: 10 }), (logHeights, b, a, f) => {
      const parameters = { ...quickParameters, logBlowup: b, logFoldArity: a, logFinalLength: f };
      const schedule = foldSchedule(parameters, logHeights);
      let logSize = Math.max(...logHeights) + b;
      const sizes = [logSize];
      for (const fold of schedule.folds) {
        expect(fold.logSize).toBe(logSize);
        expect(fold.logArity).toBeGreaterThanOrEqual(1);
        expect(fold.logArity).toBeLessThanOrEqual(a);
        logSize -= fold.logArity;
        sizes.push(logSize);
      }
      expect(schedule.logFinalSize).toBe(logSize);
      expect(schedule.logFinalLength).toBe(Math.min(f, ...logHeights));
      for (const logHeight of logHeights) expect(sizes).toContain(logHeight + b);
      const joined = foldLayers(schedule, b, logHeights).filter((layer) => layer.rollIn).length;
      expect(joined).toBe(new Set(logHeights).size - 1);
    }),
  );
});
