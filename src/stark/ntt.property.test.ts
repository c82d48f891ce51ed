import fc from "fast-check";
import { expect, test } from "vitest";
import { add, mul, P, pow, twoAdicGenerator } from "../field/koala-bear.ts";
import { reverseBits } from "./matrix.ts";
import { evaluateOnCoset, interpolate, interpolateOnCoset } from "./ntt.ts";

const element = fc.integer({ min: 0, max: P - 1 });
const logSize = fc.integer({ min: 0, max: 5 });

/** The value of a polynomial at a point, by its definition. */
function valueAt(coefficients: Uint32Array, point: number): number {
  return coefficients.reduce((sum, c, i) => add(sum, mul(c, pow(point, i))), 0);
}

test("property: values on a coset are the polynomial's values at its points", () => {
  const input = fc.tuple(logSize, fc.array(element, { minLength: 1, maxLength: 32 }), element);
  fc.assert(
    fc.property(input, ([log, list, shift]) => {
      const coefficients = Uint32Array.from(list.slice(0, 2 ** log));
      const values = evaluateOnCoset(coefficients, { logSize: log, shift });
      values.forEach((value, i) => {
        const point = mul(shift, pow(twoAdicGenerator(log), reverseBits(i, log)));
        expect(value).toBe(valueAt(coefficients, point));
      });
    }),
  );
});

test("property: interpolation goes through its values, on the subgroup and on a coset", () => {
  const input = logSize.chain((log) =>
    fc.array(element, { minLength: 2 ** log, maxLength: 2 ** log }),
  );
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: P - 1 }), (list, shift) => {
      const values = Uint32Array.from(list);
      const log = Math.log2(values.length);
      const coefficients = interpolate(values);
      values.forEach((value, i) => {
        expect(valueAt(coefficients, pow(twoAdicGenerator(log), i))).toBe(value);
      });
      const onCoset = interpolateOnCoset(values, shift);
      expect(evaluateOnCoset(onCoset, { logSize: log, shift })).toEqual(values);
    }),
  );
});
