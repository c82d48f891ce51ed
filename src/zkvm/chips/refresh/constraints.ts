/**
 * Refreshed cells (spec/14-zkvm.md §7.7): what a cell holds, moved 2^16 later, so that the time since
 * its last access is always one range lookup. The table's height is bounded well below what it would
 * take to lead time once around the field.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = ["real", "cell", "time", "low", "high"] as const;

export const refresh: Columns<(typeof names)[number]> = columnsOf(names);

/** How much later. */
export const refreshStep = 65_536;

export const refreshAir: Air = {
  name: "refresh",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const [real, cell, time, low, high] = names.map((name) => b.local(refresh[name]));
    b.boolean(real!);
    b.interact({
      bus: buses.memory,
      tuple: [cell!, time!, low!, high!],
      multiplicity: b.constant(0).minus(real!),
      weight: 1,
    });
    b.interact({
      bus: buses.memory,
      tuple: [cell!, time!.plus(refreshStep), low!, high!],
      multiplicity: real!,
      weight: 1,
    });
  },
};
