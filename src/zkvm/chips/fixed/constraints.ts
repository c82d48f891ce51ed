/**
 * The fixed table of 2^16 rows (spec/14-zkvm.md §7.9): every 16-bit number with its bytes and what the
 * chips look up about it. Its main columns only count how often.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

/** The fixed columns: bytes, their conjunction, counts of zeros and ones, the power of two. */
export const fixedNames = [
  "low",
  "high",
  "and",
  "clz",
  "ctz",
  "ones",
  "powerLow",
  "powerHigh",
] as const;
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
