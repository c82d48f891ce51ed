/**
 * The fixed table of 2^16 rows (spec/14-zkvm.md §7.9): every 16-bit number with its bytes and what the
 * chips look up about it. Its main columns only count how often.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import { createMatrix, type Matrix } from "../../../stark/matrix.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const fixedNames = ["low", "high", "and", "clz", "ctz", "ones", "powerLow", "powerHigh"] as const;
const names = ["ranges", "bytes", "counts"] as const;

const fixed = columnsOf(fixedNames);

export const fixedUses: Columns<(typeof names)[number]> = columnsOf(names);

export const fixedAir: Air = {
  name: "fixed",
  width: names.length,
  fixedWidth: fixedNames.length,
  publicValueCount: 0,
  constrain(b) {
    const [low, high, and, ...counts] = fixedNames.map((name) => b.fixed(fixed[name]));
    const number = low!.plus(high!.times(256));
    const provide = (bus: number, tuple: readonly (typeof number)[], uses: number): void => {
      const multiplicity = b.constant(0).minus(b.local(uses));
      b.interact({ bus, tuple, multiplicity, weight: 0 });
    };
    provide(buses.range, [number], fixedUses.ranges);
    provide(buses.bytes, [low!, high!, and!], fixedUses.bytes);
    provide(buses.count, [number, ...counts], fixedUses.counts);
  },
};

/** Counts of a 16-bit number: leading and trailing zeros, ones, and 2^(x mod 32) by limbs. */
export function countsOf(x: number): readonly [number, number, number, number, number] {
  let ones = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) ones++;
  const trailing = x === 0 ? 16 : 31 - Math.clz32(x & -x);
  const power = 2 ** (x % 32);
  return [Math.clz32(x) - 16, trailing, ones, power % 65_536, Math.floor(power / 65_536)];
}

/** The fixed columns. */
export function fixedMatrix(): Matrix {
  const matrix = createMatrix({ height: 2 ** 16, width: fixedNames.length });
  for (let x = 0; x < matrix.height; x++) {
    const [low, high] = [x & 255, x >> 8];
    matrix.values.set([low, high, low & high, ...countsOf(x)], x * matrix.stride);
  }
  return matrix;
}
