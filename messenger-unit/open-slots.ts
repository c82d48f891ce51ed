/**
 * The slots of one process whose evaluations are waited for, ascending, each once.
 *
 * @module
 */

export class OpenSlots {
  #slots: number[] = [];

  get size(): number {
    return this.#slots.length;
  }

  /** True if the slot was not open. */
  add(slot: number): boolean {
    const at = this.#position(slot);
    if (this.#slots[at] === slot) return false;
    // Slots come nearly in order, so this moves next to nothing.
    this.#slots.splice(at, 0, slot);
    return true;
  }

  /**
   * The first slots that follow one upon the other, at most `countMax`; null where none is open.
   */
  firstRun(countMax: number): { readonly from: number; readonly count: number } | null {
    const [from] = this.#slots;
    if (from === undefined) return null;
    let count = 1;
    while (count < countMax && this.#slots[count] === from + count) count++;
    return { from, count };
  }

  /** Closes `count` slots from one on; answers how many of them were open. */
  close(from: number, count: number): number {
    const first = this.#position(from);
    const closed = this.#position(from + count) - first;
    this.#slots.splice(first, closed);
    return closed;
  }

  /** How many open slots are lower. */
  #position(slot: number): number {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#slots[middle] ?? 0) < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
