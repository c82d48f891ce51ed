/**
 * Three small systems for tests, benchmarks and golden proofs: Fibonacci; byte conjunctions against
 * a table of 2^16 rows; and three tables of different heights that share buses, with public terms.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { add } from "../../field/koala-bear.ts";
import type { Air } from "../air/air.ts";
import { createMatrix, type Matrix, matrixFromColumns } from "../matrix.ts";
import type { ProofParameters } from "../parameters.ts";
import type { Statement } from "../statement.ts";
import { plainStatement } from "../statement.ts";
import { compileSystem, type System, type TableInput } from "../system.ts";

/** A system with its fixed columns and one honest witness. */
export interface Toy {
  readonly system: System;
  readonly fixed: readonly (Matrix | null)[];
  readonly traces: readonly Matrix[];
  readonly statement: Statement;
}

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

/** The Fibonacci numbers modulo P from 0, 1 in 2^logHeight rows. */
export function fibonacciToy(parameters: ProofParameters, logHeight: number): Toy {
  const tables: TableInput[] = [{ air: fibonacciAir, logHeight: { min: 2, max: 20 } }];
  const left = [0];
  const right = [1];
  for (let row = 1; row < 2 ** logHeight; row++) {
    left.push(right[row - 1]!);
    right.push(add(left[row - 1]!, right[row - 1]!));
  }
  const trace = matrixFromColumns([left, right]);
  return {
    system: compileSystem({ tables, parameters }),
    fixed: [null],
    traces: [trace],
    statement: plainStatement([Uint32Array.of(0, 1, right.at(-1)!)]),
  };
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

function byteTable(): Matrix {
  const table = createMatrix({ height: 2 ** 16, width: 3 });
  for (let row = 0; row < table.height; row++) {
    const [a, b] = [row >> 8, row & 255];
    table.values.set([a, b, a & b], row * table.stride);
  }
  return table;
}

/** 2^logHeight conjunctions of bytes, all but the last row used. */
export function conjunctionToy(parameters: ProofParameters, logHeight: number): Toy {
  const tables: TableInput[] = [
    { air: conjunctionAir, logHeight: { min: 2, max: 18 } },
    { air: byteTableAir, logHeight: { min: 16, max: 16 } },
  ];
  const main = createMatrix({ height: 2 ** logHeight, width: 4 });
  const uses = createMatrix({ height: 2 ** 16, width: 1 });
  for (let row = 0; row < main.height - 1; row++) {
    const a = (row * 37 + 11) & 255;
    const b = (row * 101 + 3 * (row >> 4)) & 255;
    main.values.set([1, a, b, a & b], row * main.stride);
    const at = (a * 256 + b) * uses.stride;
    uses.values[at] = uses.values[at]! + 1;
  }
  return {
    system: compileSystem({ tables, parameters }),
    fixed: [null, byteTable()],
    traces: [main, uses],
    statement: plainStatement([new Uint32Array(), new Uint32Array()]),
  };
}

const squareBus = 1;
const digitBus = 2;
const resultBus = 3;

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

/** The sum of 2^logHeight - 1 squares of bytes, in tables of three heights. */
export function squaresToy(parameters: ProofParameters, logHeight: number): Toy {
  const tables: TableInput[] = [
    { air: totalAir, logHeight: { min: 2, max: 18 } },
    { air: squareAir, logHeight: { min: 2, max: 8 } },
    { air: digitAir, logHeight: { min: 4, max: 4 } },
  ];
  const height = 2 ** logHeight;
  const main = createMatrix({ height, width: 5 });
  const squares = createMatrix({ height: 64, width: 4 });
  const digits = createMatrix({ height: 16, width: 1 });
  let total = 0;
  for (let row = 0; row < height; row++) {
    const used = row === height - 2 ? 0 : 1;
    const x = (row * 29 + 5) & 63;
    total = add(total, used * x * x);
    main.values.set([used, x, x * x, total, row === height - 1 ? 1 : 0], row * main.stride);
    const at = x * squares.stride;
    squares.values[at] = squares.values[at]! + used;
  }
  for (let x = 0; x < 64; x++) {
    squares.values.set(
      [squares.values[x * squares.stride]!, x, x >> 4, x & 15],
      x * squares.stride,
    );
    for (const digit of [x >> 4, x & 15]) {
      digits.values[digit * digits.stride] = digits.values[digit * digits.stride]! + 1;
    }
  }
  const empty = new Uint32Array();
  return {
    system: compileSystem({ tables, parameters, publicTermsMax: 4 }),
    fixed: [null, null, matrixFromColumns([Array.from({ length: 16 }, (_, i) => i)])],
    traces: [main, squares, digits],
    statement: {
      context: new TextEncoder().encode("sum of squares"),
      publicValues: [empty, empty, empty],
      publicTerms: [
        // The verifier takes the result off the bus: multiplicity -1 modulo P.
        {
          bus: resultBus,
          multiplicities: Uint32Array.of(0x7f00_0000),
          tuples: Uint32Array.of(total),
        },
      ],
    },
  };
}
