/**
 * Counts of zeros and ones, and powers of two (spec/14-zkvm.md §7.5), from those of the limbs.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import { Operation } from "../../program/program.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = [
  "uses",
  "clz",
  "ctz",
  "popcnt",
  "powerOfTwo",
  "aLow",
  "aHigh",
  "bLow",
  "bHigh",
  "clzLow",
  "clzHigh",
  "ctzLow",
  "ctzHigh",
  "onesLow",
  "onesHigh",
  "powerLow",
  "powerHigh",
  /** The power of the high limb, which nothing reads. */
  "unusedLow",
  "unusedHigh",
  /** 1 where the limb is zero; else the inverse of its ones. */
  "lowIsZero",
  "highIsZero",
  "lowInverse",
  "highInverse",
  "wLow",
] as const;

export const counting: Columns<(typeof names)[number]> = columnsOf(names);

export const countingAir: Air = {
  name: "counting",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const cell = (name: keyof typeof counting): Expression => b.local(counting[name]);
    const operations = ["clz", "ctz", "popcnt", "powerOfTwo"] as const;
    const selectors = operations.reduce(
      (sum: Expression, name) => sum.plus(cell(name)),
      b.constant(0),
    );
    for (const name of operations) b.boolean(cell(name));
    b.zero("every", selectors.minus(1));
    for (const half of ["low", "high"] as const) {
      const ones = cell(half === "low" ? "onesLow" : "onesHigh");
      const isZero = cell(`${half}IsZero`);
      // 0 where there are ones, 1 where there are none: a bit without saying so.
      b.zero("every", isZero.times(ones));
      b.zero(
        "every",
        b
          .constant(1)
          .minus(isZero)
          .minus(ones.times(cell(`${half}Inverse`))),
      );
    }
    const clz = cell("clzHigh").plus(cell("highIsZero").times(cell("clzLow")));
    const ctz = cell("ctzLow").plus(cell("lowIsZero").times(cell("ctzHigh")));
    const result = cell("clz")
      .times(clz)
      .plus(cell("ctz").times(ctz))
      .plus(cell("popcnt").times(cell("onesLow").plus(cell("onesHigh"))))
      .plus(cell("powerOfTwo").times(cell("powerLow")));
    b.zero("every", result.minus(cell("wLow")));
    b.interact({
      bus: buses.operation,
      tuple: [
        operations.reduce(
          (sum: Expression, name) => sum.plus(cell(name).times(Operation[name])),
          b.constant(0),
        ),
        cell("aLow"),
        cell("aHigh"),
        cell("bLow"),
        cell("bHigh"),
        cell("wLow"),
        cell("powerOfTwo").times(cell("powerHigh")),
      ],
      multiplicity: b.constant(0).minus(cell("uses")),
      weight: 0,
    });
    for (const [half, power] of [
      ["Low", "power"],
      ["High", "unused"],
    ] as const) {
      b.interact({
        bus: buses.count,
        tuple: [
          cell(`a${half}`),
          cell(`clz${half}`),
          cell(`ctz${half}`),
          cell(`ones${half}`),
          cell(`${power}Low`),
          cell(`${power}High`),
        ],
        multiplicity: 1,
        weight: 1,
      });
    }
  },
};
