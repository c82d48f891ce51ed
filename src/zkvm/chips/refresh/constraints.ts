/**
 * Refreshed cells (spec/14-zkvm.md §7.7): what a cell holds, moved to a later time, so that the time
 * since its last access is always one range lookup. The later time is below 2^23 and later as an
 * integer, so no chain of refreshes leads around the field and back.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = [
  "real",
  "cell",
  "time",
  "low",
  "high",
  /** The later time, and how much later it is less one, by limbs. */
  "laterLow",
  "laterHigh",
  "gapLow",
  "gapHigh",
] as const;

export const refresh: Columns<(typeof names)[number]> = columnsOf(names);

/** High limbs are below 2^7, so that times are below 2^23. */
export const highScale = 512;

const limb = 65_536;

export const refreshAir: Air = {
  name: "refresh",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const at = (name: keyof typeof refresh): Expression => b.local(refresh[name]);
    const real = at("real");
    b.boolean(real);
    const later = at("laterLow").plus(at("laterHigh").times(limb));
    const gap = at("gapLow").plus(at("gapHigh").times(limb));
    b.zero("every", real.times(later.minus(at("time")).minus(1).minus(gap)));
    b.interact({
      bus: buses.memory,
      tuple: [at("cell"), at("time"), at("low"), at("high")],
      multiplicity: b.constant(0).minus(real),
      weight: 1,
    });
    b.interact({
      bus: buses.memory,
      tuple: [at("cell"), later, at("low"), at("high")],
      multiplicity: real,
      weight: 1,
    });
    for (const part of ["later", "gap"] as const) {
      const high = at(`${part}High`);
      for (const value of [at(`${part}Low`), high, high.times(highScale)]) {
        b.interact({ bus: buses.range, tuple: [value], multiplicity: real, weight: 1 });
      }
    }
  },
};
