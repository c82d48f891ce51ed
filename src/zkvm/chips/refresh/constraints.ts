/**
 * Refreshed cells (spec/14-zkvm.md §7.7): what a cell holds, moved to a later time, so that the time
 * since its last access is always one range lookup. The later time is below 2^23 and later as an
 * integer, so no chain of refreshes leads around the field and back. For that both are sums of a 16-bit
 * number and 64 times another one, in whatever way.
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
  /** The later time, and how much later it is less one, each `low + 64 high`. */
  "laterLow",
  "laterHigh",
  "gapLow",
  "gapHigh",
] as const;

export const refresh: Columns<(typeof names)[number]> = columnsOf(names);

/** What `laterHigh` and `gapHigh` count: times are below 65 · 2^16. */
export const highUnit = 64;

export const refreshAir: Air = {
  name: "refresh",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const at = (name: keyof typeof refresh): Expression => b.local(refresh[name]);
    const real = at("real");
    b.boolean(real);
    const later = at("laterLow").plus(at("laterHigh").times(highUnit));
    const gap = at("gapLow").plus(at("gapHigh").times(highUnit));
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
    for (const name of ["laterLow", "laterHigh", "gapLow", "gapHigh"] as const) {
      b.interact({ bus: buses.range, tuple: [at(name)], multiplicity: real, weight: 1 });
    }
  },
};
