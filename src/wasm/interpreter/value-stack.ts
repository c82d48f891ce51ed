/**
 * The locals and operands of all open calls, one above the other, in 8-byte cells. An i32 lies in
 * the low half of its cell (the high half is then without meaning), an i64 in both. Validation says
 * which of the two a cell holds, so no cell is tagged.
 *
 * @module
 */

/** An i32 as a signed number, an i64 as a signed bigint: the values of the JavaScript API. */
export type Value = number | bigint;

const initialCells = 1024;

/** A stack of cells; `height` is the number of cells in use. */
export class ValueStack {
  height = 0;
  #halves: Int32Array = new Int32Array(2 * initialCells);
  #wholes: BigInt64Array = new BigInt64Array(this.#halves.buffer);

  /** Makes room for `count` cells above the present height; pushes do not check. */
  reserve(count: number): void {
    const needed = this.height + count;
    if (needed <= this.#wholes.length) return;
    const cells = Math.max(needed, 2 * this.#wholes.length);
    const halves = new Int32Array(2 * cells);
    halves.set(this.#halves);
    this.#halves = halves;
    this.#wholes = new BigInt64Array(halves.buffer);
  }

  pushI32(value: number): void {
    this.#halves[2 * this.height++] = value;
  }

  popI32(): number {
    return this.#halves[2 * --this.height]!;
  }

  /** Pops an i32 and reads it as unsigned: addresses, lengths, table indices. */
  popU32(): number {
    return this.#halves[2 * --this.height]! >>> 0;
  }

  pushI64(value: bigint): void {
    this.#wholes[this.height++] = value;
  }

  popI64(): bigint {
    return this.#wholes[--this.height]!;
  }

  /** Pushes an i64 given as its two halves. */
  pushHalves(low: number, high: number): void {
    const cell = 2 * this.height++;
    this.#halves[cell] = low;
    this.#halves[cell + 1] = high;
  }

  /** Pushes `count` cells of zero. */
  pushZeros(count: number): void {
    this.#halves.fill(0, 2 * this.height, 2 * (this.height + count));
    this.height += count;
  }

  /** Pushes a copy of a cell. */
  pushFrom(cell: number): void {
    this.#move(cell, this.height++);
  }

  /** Pops the uppermost cell into `cell`. */
  popTo(cell: number): void {
    this.#move(--this.height, cell);
  }

  /** Copies the uppermost cell into `cell` and leaves it where it is. */
  copyTopTo(cell: number): void {
    this.#move(this.height - 1, cell);
  }

  /** Moves the uppermost `count` cells down to `height`, over what lies there. */
  unwind(height: number, count: number): void {
    const from = this.height - count;
    if (from !== height) {
      for (let i = 0; i < count; i++) this.#move(from + i, height + i);
    }
    this.height = height + count;
  }

  #move(from: number, to: number): void {
    const halves = this.#halves;
    halves[2 * to] = halves[2 * from]!;
    halves[2 * to + 1] = halves[2 * from + 1]!;
  }
}
