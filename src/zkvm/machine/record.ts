/**
 * What a run leaves for the tables (spec/14-zkvm.md §6): one record a row, an access, a refreshed
 * cell, in columns of numbers below 2^32.
 *
 * @module
 */

/** Records of one kind; `values` holds `width` numbers each. */
export class Records {
  readonly width: number;
  values: Uint32Array;
  length = 0;

  constructor(width: number) {
    this.width = width;
    this.values = new Uint32Array(width * 256);
  }

  /** Forgets all records and keeps their room; fields that are not set read as zero again. */
  clear(): void {
    this.values.fill(0, 0, this.length * this.width);
    this.length = 0;
  }

  /** Room for one more record; answers where it begins in `values`. */
  next(): number {
    const at = this.length++ * this.width;
    if (at + this.width > this.values.length) {
      const grown = new Uint32Array(2 * this.values.length);
      grown.set(this.values);
      this.values = grown;
    }
    return at;
  }
}

/** Fields of a CPU record. `event` is one of `events`, or 0. */
export const stepField = {
  place: 0,
  frame: 1,
  pages: 2,
  gas: 3,
  slots: 4,
  aLow: 5,
  aHigh: 6,
  bLow: 7,
  bHigh: 8,
  wLow: 9,
  wHigh: 10,
  aTime: 11,
  bTime: 12,
  wTime: 13,
  oldLow: 14,
  oldHigh: 15,
  event: 16,
} as const;

export const stepWidth = 17;

/** What may happen in a row beside what it says. */
export const events = { none: 0, slow: 1, outOfBounds: 2, outOfStack: 3, outOfGas: 4 } as const;

/** Fields of a memory access. */
export const accessField = {
  clock: 0,
  pages: 1,
  address: 2,
  operation: 3,
  isLoad: 4,
  time: 5,
  oldLow: 6,
  oldHigh: 7,
  newLow: 8,
  newHigh: 9,
  valueLow: 10,
  valueHigh: 11,
} as const;

export const accessWidth = 12;

/** Fields of a refreshed cell: what it held, since when, and as of when it is to hold it. */
export const refreshField = { cell: 0, time: 1, low: 2, high: 3, later: 4 } as const;

export const refreshWidth = 5;

/** Longest time between two accesses of one cell. */
export const gapMax = 65_536;

/** Time of a row's first operand; it reads a, reads b, writes w and accesses memory at +0 … +3. */
export function clockOf(row: number): number {
  return 1 + 4 * row;
}
