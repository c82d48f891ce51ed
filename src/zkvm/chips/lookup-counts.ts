/**
 * How often each row of the fixed table is looked up: counted while the other tables are filled.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { type Allocate, createMatrix, type Matrix } from "../../stark/matrix.ts";
import { fixedUses } from "./fixed/constraints.ts";

export class LookupCounts {
  readonly #ranges = new Uint32Array(2 ** 16);
  readonly #bytes = new Uint32Array(2 ** 16);
  readonly #counts = new Uint32Array(2 ** 16);

  range(value: number, times = 1): void {
    // The text only where it is wanted: to make it takes longer than to fill a row.
    if (!(value >= 0 && value < 2 ** 16)) assert(false, `no 16-bit number: ${value}`);
    this.#ranges[value]! += times;
  }

  /** The row of two bytes; answers their conjunction. */
  bytes(low: number, high: number, times = 1): number {
    const areBytes = low >= 0 && low < 256 && high >= 0 && high < 256;
    if (!areBytes) assert(false, `no bytes: ${low}, ${high}`);
    this.#bytes[low + 256 * high]! += times;
    return low & high;
  }

  count(value: number, times = 1): void {
    this.#counts[value]! += times;
  }

  /** The main columns of the fixed table. */
  matrix(allocate?: Allocate): Matrix {
    const matrix = createMatrix({ height: 2 ** 16, width: 3 }, allocate);
    for (let row = 0; row < matrix.height; row++) {
      const at = row * matrix.stride;
      matrix.values[at + fixedUses.ranges] = this.#ranges[row]!;
      matrix.values[at + fixedUses.bytes] = this.#bytes[row]!;
      matrix.values[at + fixedUses.counts] = this.#counts[row]!;
    }
    return matrix;
  }
}
