/**
 * Frames (spec/14-zkvm.md §7.8): each cell from their base on is zero at time 0 and is taken as it was
 * left. Cells follow one another without gaps, so none is there twice. In a segment that another one
 * follows each is left with zeros: what it held is the verifier's by then (§6), and nothing is lost.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import { frameBase } from "../../program/address-space.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = ["cell", "time", "low", "high"] as const;

/** The table's public value: 1 in a run's last segment, else 0. */
export const framesPublic = { final: 0 } as const;

export const frames: Columns<(typeof names)[number]> = columnsOf(names);

export const framesAir: Air = {
  name: "frames",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 1,
  constrain(b) {
    const [cell, time, low, high] = names.map((name) => b.local(frames[name]));
    b.zero("first", cell!.minus(frameBase));
    b.zero("transition", b.next(frames.cell).minus(cell!).minus(1));
    const goesOn = b.constant(1).minus(b.publicValue(framesPublic.final));
    for (const limb of [low, high]) b.zero("every", goesOn.times(limb!));
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
