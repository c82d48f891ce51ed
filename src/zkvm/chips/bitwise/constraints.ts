/**
 * Conjunction, disjunction and exclusive or, byte by byte (spec/14-zkvm.md §7.3): the fixed table
 * gives conjunctions, and a + b is the disjunction plus the conjunction.
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
  "and",
  "or",
  "xor",
  "a0",
  "a1",
  "a2",
  "a3",
  "b0",
  "b1",
  "b2",
  "b3",
  "both0",
  "both1",
  "both2",
  "both3",
] as const;

export const bitwise: Columns<(typeof names)[number]> = columnsOf(names);

export const bitwiseAir: Air = {
  name: "bitwise",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const cell = (name: keyof typeof bitwise): Expression => b.local(bitwise[name]);
    for (const name of ["and", "or", "xor"] as const) b.boolean(cell(name));
    b.zero("every", cell("and").plus(cell("or")).plus(cell("xor")).minus(1));
    const result = (i: 0 | 1 | 2 | 3): Expression => {
      const sum = cell(`a${i}`).plus(cell(`b${i}`));
      const both = cell(`both${i}`);
      return cell("and")
        .times(both)
        .plus(cell("or").times(sum.minus(both)))
        .plus(cell("xor").times(sum.minus(both.times(2))));
    };
    const limb = (low: Expression, high: Expression): Expression => low.plus(high.times(256));
    b.interact({
      bus: buses.operation,
      tuple: [
        cell("and")
          .times(Operation.and)
          .plus(cell("or").times(Operation.or))
          .plus(cell("xor").times(Operation.xor)),
        limb(cell("a0"), cell("a1")),
        limb(cell("a2"), cell("a3")),
        limb(cell("b0"), cell("b1")),
        limb(cell("b2"), cell("b3")),
        limb(result(0), result(1)),
        limb(result(2), result(3)),
      ],
      multiplicity: b.constant(0).minus(cell("uses")),
      weight: 0,
    });
    for (const i of [0, 1, 2, 3] as const) {
      b.interact({
        bus: buses.bytes,
        tuple: [cell(`a${i}`), cell(`b${i}`), cell(`both${i}`)],
        multiplicity: 1,
        weight: 1,
      });
    }
  },
};
