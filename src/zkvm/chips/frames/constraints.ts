/**
 * Frames (spec/14-zkvm.md §7.8): each cell from their base on is zero at time 0 and is taken as it was
 * left. Cells follow one another without gaps, so none is there twice.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import { frameBase } from "../../program/address-space.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = ["cell", "time", "low", "high"] as const;

export const frames: Columns<(typeof names)[number]> = columnsOf(names);

export const framesAir: Air = {
  name: "frames",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const [cell, time, low, high] = names.map((name) => b.local(frames[name]));
    b.zero("first", cell!.minus(frameBase));
    b.zero("transition", b.next(frames.cell).minus(cell!).minus(1));
    const zero = b.constant(0);
    b.interact({ bus: buses.memory, tuple: [cell!, zero, zero, zero], multiplicity: 1, weight: 1 });
    b.interact({
      bus: buses.memory,
      tuple: [cell!, time!, low!, high!],
      multiplicity: -1,
      weight: 1,
    });
  },
};
