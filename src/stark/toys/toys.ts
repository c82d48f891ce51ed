/**
 * Three small systems for tests, benchmarks and golden proofs: Fibonacci; byte conjunctions against
 * a table of 2^16 rows; and three tables of different heights that share buses, with public terms.
 *
 * @module
 */

import { add } from "../../field/koala-bear.ts";
import { createMatrix, type Matrix, matrixFromColumns } from "../matrix.ts";
import type { ProofParameters } from "../parameters.ts";
import type { Statement } from "../statement.ts";
import { plainStatement } from "../statement.ts";
import type { System } from "../system.ts";
import { conjunctionSystem, fibonacciSystem, resultBus, squaresSystem } from "./systems.ts";

/** A system with its fixed columns and one honest witness. */
export interface Toy {
  readonly system: System;
  readonly fixed: readonly (Matrix | null)[];
  readonly traces: readonly Matrix[];
  readonly statement: Statement;
}

/** The Fibonacci numbers modulo P from 0, 1 in 2^logHeight rows. */
export function fibonacciToy(parameters: ProofParameters, logHeight: number): Toy {
  const left = [0];
  const right = [1];
  for (let row = 1; row < 2 ** logHeight; row++) {
    left.push(right[row - 1]!);
    right.push(add(left[row - 1]!, right[row - 1]!));
  }
  const trace = matrixFromColumns([left, right]);
  return {
    system: fibonacciSystem(parameters),
    fixed: [null],
    traces: [trace],
    statement: plainStatement([Uint32Array.of(0, 1, right.at(-1)!)]),
  };
}

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
    system: conjunctionSystem(parameters),
    fixed: [null, byteTable()],
    traces: [main, uses],
    statement: plainStatement([new Uint32Array(), new Uint32Array()]),
  };
}

/** The sum of 2^logHeight - 1 squares of bytes, in tables of three heights. */
export function squaresToy(parameters: ProofParameters, logHeight: number): Toy {
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
    system: squaresSystem(parameters),
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
