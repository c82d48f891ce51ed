/**
 * Matrices of field elements, row after row (spec/08-proofs.md §4): a trace, its low-degree
 * extension, a codeword. Rows are padded with zeros to a multiple of four words, so that a kernel
 * may take four columns at a time; padding is never hashed, opened or sent.
 *
 * @module
 */

import { assert } from "../base/assert.ts";

/** `height` rows of `width` canonical elements; row r starts at word r * stride. */
export interface Matrix {
  readonly height: number;
  readonly width: number;
  /** Words from one row to the next: `width` rounded up to a multiple of four. */
  readonly stride: number;
  readonly values: Uint32Array;
}

/** Gives `length` words of zeros. */
export type Allocate = (length: number) => Uint32Array;

/** A matrix of zeros. */
export function createMatrix(
  shape: { readonly height: number; readonly width: number },
  allocate: Allocate = (length) => new Uint32Array(length),
): Matrix {
  const stride = 4 * Math.ceil(shape.width / 4);
  return { ...shape, stride, values: allocate(shape.height * stride) };
}

/** A matrix from its columns, all of one length. */
export function matrixFromColumns(columns: readonly ArrayLike<number>[]): Matrix {
  const height = columns[0]?.length ?? 0;
  const matrix = createMatrix({ height, width: columns.length });
  columns.forEach((column, c) => {
    assert(column.length === height, "columns of different heights");
    for (let row = 0; row < height; row++) matrix.values[row * matrix.stride + c] = column[row]!;
  });
  return matrix;
}

/** A copy of one row, without its padding. */
export function rowOf(matrix: Matrix, row: number): Uint32Array {
  return matrix.values.slice(row * matrix.stride, row * matrix.stride + matrix.width);
}

/** log2 of a power of two. */
export function logOf(size: number): number {
  const log = 31 - Math.clz32(size);
  assert(size > 0 && 2 ** log === size, `not a power of two: ${size}`);
  return log;
}

/** The low `bits` bits of `index` in reverse order. */
export function reverseBits(index: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed |= ((index >>> i) & 1) << (bits - 1 - i);
  return reversed >>> 0;
}
