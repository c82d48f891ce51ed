/**
 * The toys' systems (see `toys.ts`): AIRs, heights and buses, as a verifier needs them. They are also
 * worked examples of how an AIR is written.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Air } from "../air/air.ts";
import type { ProofParameters } from "../parameters.ts";
import { compileSystem, type System } from "../system.ts";

/** Public values: the first two numbers and the last row's second one. */
const fibonacciAir: Air = {
  name: "fibonacci",
  width: 2,
  fixedWidth: 0,
  publicValueCount: 3,
  constrain(b) {
    const [left, right] = [b.local(0), b.local(1)];
    b.zero("first", left.minus(b.publicValue(0)));
    b.zero("first", right.minus(b.publicValue(1)));
    b.zero("transition", b.next(0).minus(right));
    b.zero("transition", b.next(1).minus(left.plus(right)));
    b.zero("last", right.minus(b.publicValue(2)));
  },
};

export function fibonacciSystem(parameters: ProofParameters): System {
  const tables = [{ air: fibonacciAir, logHeight: { min: 3, max: 20 } }];
  return compileSystem({ tables, parameters });
}

const conjunctionBus = 0;

/** Columns: used, a, b, a AND b. Unused rows put nothing on the bus. */
const conjunctionAir: Air = {
  name: "conjunction",
  width: 4,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    b.boolean(b.local(0));
    b.interact({
      bus: conjunctionBus,
      tuple: [b.local(1), b.local(2), b.local(3)],
      multiplicity: b.local(0),
      weight: 1,
    });
  },
};

/** Fixed columns: a, b, a AND b for all pairs of bytes. Main column: how often each is used. */
const byteTableAir: Air = {
  name: "byte table",
  width: 1,
  fixedWidth: 3,
  publicValueCount: 0,
  constrain(b) {
    b.interact({
      bus: conjunctionBus,
      tuple: [b.fixed(0), b.fixed(1), b.fixed(2)],
      multiplicity: b.constant(0).minus(b.local(0)),
      weight: 0,
    });
  },
};

/** Conjunctions of bytes, looked up in a table of all of them. */
export function conjunctionSystem(parameters: ProofParameters): System {
  const tables = [
    { air: conjunctionAir, logHeight: { min: 3, max: 18 } },
    { air: byteTableAir, logHeight: { min: 16, max: 16 } },
  ];
  return compileSystem({ tables, parameters });
}

const squareBus = 1;
const digitBus = 2;
/** The bus from which the verifier takes the total. */
export const resultBus: number = 3;

/**
 * Columns: used, x, x^2, running total of x^2. Each used row asks the square table for x^2, and the
 * last row puts the total on the result bus, which the verifier takes off.
 */
const totalAir: Air = {
  name: "total",
  width: 5,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const [used, x, square, total, isLast] = [0, 1, 2, 3, 4].map((i) => b.local(i));
    assert(used !== undefined && x !== undefined && square !== undefined, "columns");
    assert(total !== undefined && isLast !== undefined, "columns");
    b.boolean(used);
    b.boolean(isLast);
    b.zero("last", isLast.minus(1));
    b.zero("transition", isLast);
    b.zero("first", total.minus(used.times(square)));
    b.zero("transition", b.next(3).minus(total.plus(b.next(0).times(b.next(2)))));
    b.interact({ bus: squareBus, tuple: [x, square], multiplicity: used, weight: 1 });
    b.interact({ bus: resultBus, tuple: [total], multiplicity: isLast, weight: 1 });
  },
};

/** Columns: uses, x, high and low hexadecimal digit of x. Proves x^2 for x < 256. */
const squareAir: Air = {
  name: "square",
  width: 4,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const [uses, x, high, low] = [b.local(0), b.local(1), b.local(2), b.local(3)];
    b.zero("every", x.minus(high.times(16)).minus(low));
    b.interact({
      bus: squareBus,
      tuple: [x, x.times(x)],
      multiplicity: b.constant(0).minus(uses),
      weight: 0,
    });
    b.interact({ bus: digitBus, tuple: [high], multiplicity: 1, weight: 1 });
    b.interact({ bus: digitBus, tuple: [low], multiplicity: 1, weight: 1 });
  },
};

/** Fixed column: the digits 0 to 15. Main column: how often each is used. */
const digitAir: Air = {
  name: "digit",
  width: 1,
  fixedWidth: 1,
  publicValueCount: 0,
  constrain(b) {
    b.interact({
      bus: digitBus,
      tuple: [b.fixed(0)],
      multiplicity: b.constant(0).minus(b.local(0)),
      weight: 0,
    });
  },
};

/** A sum of squares of bytes, in tables of three heights that share buses. */
export function squaresSystem(parameters: ProofParameters): System {
  const tables = [
    { air: totalAir, logHeight: { min: 3, max: 18 } },
    { air: squareAir, logHeight: { min: 3, max: 8 } },
    { air: digitAir, logHeight: { min: 4, max: 4 } },
  ];
  return compileSystem({ tables, parameters, publicTermsMax: 4 });
}
