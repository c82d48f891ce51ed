/**
 * Products and quotients (spec/14-zkvm.md §7.6): x y + z is the 64-bit number h l, over the integers,
 * in bytes. A product has z = 0; a division has h = 0, x the quotient, z the remainder and z < y.
 *
 * @module
 */

import type { Air, AirBuilder } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import { Operation } from "../../program/program.ts";
import { buses } from "../buses.ts";
import { type Columns, columnsOf } from "../columns.ts";

const names = [
  "uses",
  "multiply",
  "multiplyHigh",
  "divide",
  "remainder",
  "x0",
  "x1",
  "x2",
  "x3",
  "y0",
  "y1",
  "y2",
  "y3",
  /** Conjunctions that nothing reads: their lookups show that x and y are bytes. */
  "and0",
  "and1",
  "and2",
  "and3",
  "zLow",
  "zHigh",
  "lLow",
  "lHigh",
  "hLow",
  "hHigh",
  "carry0",
  "carry1",
  "carry2",
  /** y - z - 1, which has no borrow at its end: z < y. */
  "gapLow",
  "gapHigh",
  "borrow",
] as const;

export const multiplication: Columns<(typeof names)[number]> = columnsOf(names);

const limb = 65_536;

/** Carries are below 2^11: the largest column of products is below 2^27. */
const carryScale = 32;

type Cell = (name: keyof typeof multiplication) => Expression;

function constrainProduct(b: AirBuilder, cell: Cell): void {
  const byte = (name: "x" | "y", i: number): Expression => cell(`${name}${i as 0 | 1 | 2 | 3}`);
  // Products of bytes whose places sum to `place`.
  const column = (place: number): Expression => {
    let sum = b.constant(0);
    for (let i = Math.max(0, place - 3); i <= Math.min(3, place); i++) {
      sum = sum.plus(byte("x", i).times(byte("y", place - i)));
    }
    return sum;
  };
  const carries = [b.constant(0), cell("carry0"), cell("carry1"), cell("carry2"), b.constant(0)];
  const added = [cell("zLow"), cell("zHigh"), b.constant(0), b.constant(0)];
  const out = [cell("lLow"), cell("lHigh"), cell("hLow"), cell("hHigh")];
  for (let i = 0; i < 4; i++) {
    const products = column(2 * i).plus(column(2 * i + 1).times(256));
    const left = products.plus(added[i]!).plus(carries[i]!);
    b.zero("every", left.minus(out[i]!).minus(carries[i + 1]!.times(limb)));
  }
}

function constrainKinds(b: AirBuilder, cell: Cell): void {
  const kinds = ["multiply", "multiplyHigh", "divide", "remainder"] as const;
  for (const name of [...kinds, "borrow"] as const) b.boolean(cell(name));
  const isProduct = cell("multiply").plus(cell("multiplyHigh"));
  const isQuotient = cell("divide").plus(cell("remainder"));
  b.zero("every", isProduct.plus(isQuotient).minus(1));
  for (const name of ["zLow", "zHigh"] as const) b.zero("every", isProduct.times(cell(name)));
  for (const name of ["hLow", "hHigh"] as const) b.zero("every", isQuotient.times(cell(name)));
  const yLow = cell("y0").plus(cell("y1").times(256));
  const yHigh = cell("y2").plus(cell("y3").times(256));
  const low = yLow.minus(cell("zLow")).minus(1).plus(cell("borrow").times(limb));
  b.zero("every", isQuotient.times(low.minus(cell("gapLow"))));
  const high = yHigh.minus(cell("zHigh")).minus(cell("borrow"));
  b.zero("every", isQuotient.times(high.minus(cell("gapHigh"))));
}

function interact(b: AirBuilder, cell: Cell): void {
  const isProduct = cell("multiply").plus(cell("multiplyHigh"));
  const isQuotient = cell("divide").plus(cell("remainder"));
  const x = [
    cell("x0").plus(cell("x1").times(256)),
    cell("x2").plus(cell("x3").times(256)),
  ] as const;
  const halves = ["Low", "High"] as const;
  const first = halves.map((half, i) =>
    isProduct.times(x[i]!).plus(isQuotient.times(cell(`l${half}`))),
  );
  const result = halves.map((half, i) =>
    cell("multiply")
      .times(cell(`l${half}`))
      .plus(cell("multiplyHigh").times(cell(`h${half}`)))
      .plus(cell("divide").times(x[i]!))
      .plus(cell("remainder").times(cell(`z${half}`))),
  );
  b.interact({
    bus: buses.operation,
    tuple: [
      cell("multiply")
        .times(Operation.multiply)
        .plus(cell("multiplyHigh").times(Operation.multiplyHigh))
        .plus(cell("divide").times(Operation.divide))
        .plus(cell("remainder").times(Operation.remainder)),
      ...first,
      cell("y0").plus(cell("y1").times(256)),
      cell("y2").plus(cell("y3").times(256)),
      ...result,
    ],
    multiplicity: b.constant(0).minus(cell("uses")),
    weight: 0,
  });
  const carries = ["carry0", "carry1", "carry2"] as const;
  // The other limbs determine the carries, and these hHigh, which is below 2^16 like every product's.
  const ranges = [
    ...(["zLow", "zHigh", "lLow", "lHigh", "hLow", "gapLow", "gapHigh"] as const).map(cell),
    ...carries.map(cell),
    ...carries.map((name) => cell(name).times(carryScale)),
  ];
  for (const value of ranges) {
    b.interact({ bus: buses.range, tuple: [value], multiplicity: 1, weight: 1 });
  }
  for (const i of [0, 1, 2, 3] as const) {
    b.interact({
      bus: buses.bytes,
      tuple: [cell(`x${i}`), cell(`y${i}`), cell(`and${i}`)],
      multiplicity: 1,
      weight: 1,
    });
  }
}

export const multiplicationAir: Air = {
  name: "multiplication",
  width: names.length,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const cell: Cell = (name) => b.local(multiplication[name]);
    constrainProduct(b, cell);
    constrainKinds(b, cell);
    interact(b, cell);
  },
};
