/**
 * Signed comparison (spec/14-zkvm.md §7.4): the difference's borrow, corrected by both signs.
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
  /** 1 for `notBelowSigned`. */
  "negate",
  "aLow",
  "aHigh",
  "bLow",
  "bHigh",
  "aSign",
  "bSign",
  "differenceLow",
  "differenceHigh",
  "borrowLow",
  "isBelow",
] as const;

export const comparison: Columns<(typeof names)[number]> = columnsOf(names);

const limb = 65_536;

export const comparisonAir: Air = {
  name: "comparison",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const cell = (name: keyof typeof comparison): Expression => b.local(comparison[name]);
    for (const name of ["negate", "aSign", "bSign", "borrowLow", "isBelow"] as const) {
      b.boolean(cell(name));
    }
    const low = cell("aLow").minus(cell("bLow")).plus(cell("borrowLow").times(limb));
    b.zero("every", low.minus(cell("differenceLow")));
    // As signed numbers the high limbs are a - 2^16 sign(a) and b - 2^16 sign(b).
    const signs = cell("aSign").minus(cell("bSign"));
    const high = cell("aHigh")
      .minus(cell("bHigh"))
      .minus(signs.times(limb))
      .minus(cell("borrowLow"))
      .plus(cell("isBelow").times(limb));
    b.zero("every", high.minus(cell("differenceHigh")));
    const turned = cell("isBelow")
      .plus(cell("negate"))
      .minus(cell("negate").times(cell("isBelow")).times(2));
    b.interact({
      bus: buses.operation,
      tuple: [
        cell("negate").plus(Operation.belowSigned),
        cell("aLow"),
        cell("aHigh"),
        cell("bLow"),
        cell("bHigh"),
        turned,
        b.constant(0),
      ],
      multiplicity: b.constant(0).minus(cell("uses")),
      weight: 0,
    });
    // A high limb less its sign bit, doubled, is below 2^16 exactly if the bit is its sign.
    const ranges = [
      cell("differenceLow"),
      cell("differenceHigh"),
      cell("aHigh")
        .minus(cell("aSign").times(2 ** 15))
        .times(2),
      cell("bHigh")
        .minus(cell("bSign").times(2 ** 15))
        .times(2),
    ];
    for (const value of ranges) {
      b.interact({ bus: buses.range, tuple: [value], multiplicity: 1, weight: 1 });
    }
  },
};
