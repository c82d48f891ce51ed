/**
 * Fills the multiplication chip's table (spec/14-zkvm.md §7.6).
 *
 * @module
 */

import type { Allocate, Matrix } from "../../../stark/matrix.ts";
import { Operation } from "../../program/program.ts";
import type { LookupCounts } from "../lookup-counts.ts";
import { byteOf, highOf, lowOf, type Operated } from "../operations.ts";
import { matrixFor, setRow } from "../table-height.ts";
import { multiplication as columns, multiplicationAir } from "./constraints.ts";

const limb = 65_536;

const outputs = [columns.lLow, columns.lHigh, columns.hLow, columns.hHigh] as const;

/** Limbs of x y + z, and the carries between them. */
function setProduct(cells: Uint32Array, x: number, y: number, z: number): void {
  let carry = 0;
  for (let i = 0; i < 4; i++) {
    let sum = carry;
    if (i === 0) sum += lowOf(z);
    else if (i === 1) sum += highOf(z);
    for (let place = 2 * i; place < 2 * i + 2; place++) {
      const weight = place % 2 === 0 ? 1 : 256;
      for (let j = Math.max(0, place - 3); j <= Math.min(3, place); j++) {
        sum += weight * byteOf(x, j) * byteOf(y, place - j);
      }
    }
    cells[outputs[i]!] = sum % limb;
    carry = Math.floor(sum / limb);
    if (i < 3) cells[columns.carry0 + i] = carry;
  }
}

function setGap(cells: Uint32Array, y: number, z: number): void {
  const borrow = lowOf(y) < lowOf(z) + 1 ? 1 : 0;
  cells[columns.borrow] = borrow;
  cells[columns.gapLow] = lowOf(y) - lowOf(z) - 1 + borrow * limb;
  cells[columns.gapHigh] = highOf(y) - highOf(z) - borrow;
}

const ranged = [
  "zLow",
  "zHigh",
  "lLow",
  "lHigh",
  "hLow",
  "gapLow",
  "gapHigh",
  "carry0",
  "carry1",
  "carry2",
] as const;

export function fillMultiplication(
  operations: readonly Operated[],
  logHeightMax: number,
  counts: LookupCounts,
  allocate?: Allocate,
): Matrix {
  const { width, name: table } = multiplicationAir;
  const matrix = matrixFor({ rows: operations.length, width, logHeightMax, table, allocate });
  const cells = new Uint32Array(width);
  const idle = { operation: Operation.multiply, a: 0, b: 0 };
  for (let row = 0; row < matrix.height; row++) {
    cells.fill(0);
    const { operation, a, b } = operations[row] ?? idle;
    const isQuotient = operation === Operation.divide || operation === Operation.remainder;
    const x = isQuotient ? Math.floor(a / b) : a;
    const z = isQuotient ? a % b : 0;
    cells[columns.uses] = row < operations.length ? 1 : 0;
    cells[columns.multiply + operation - Operation.multiply] = 1;
    for (let i = 0; i < 4; i++) {
      cells[columns.x0 + i] = byteOf(x, i);
      cells[columns.y0 + i] = byteOf(b, i);
      cells[columns.and0 + i] = counts.bytes(byteOf(x, i), byteOf(b, i));
    }
    cells[columns.zLow] = lowOf(z);
    cells[columns.zHigh] = highOf(z);
    setProduct(cells, x, b, z);
    if (isQuotient) setGap(cells, b, z);
    for (const name of ranged) counts.range(cells[columns[name]]!);
    for (let i = 0; i < 3; i++) counts.range(32 * cells[columns.carry0 + i]!);
    setRow(matrix, row, cells);
  }
  return matrix;
}
