/**
 * All buses of a trace as one multiset (spec/08-proofs.md §6), exactly: tuples are kept whole in one array and found by a hash,
 * so that entering one costs tens of nanoseconds.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { add } from "../../field/koala-bear.ts";

/** A tuple that does not cancel. */
export interface BusFault {
  readonly bus: number;
  readonly tuple: string;
  readonly multiplicity: number;
}

/** Before each tuple stand its multiplicity, its bus and its length. */
const headWords = 3;

/** See the module comment. */
export class BusBalance {
  /** Where a tuple stands in `#words`, plus one; 0 where the place is free. */
  #places = new Uint32Array(2 ** 12);
  #words = new Uint32Array(2 ** 14);
  #used = 0;
  #count = 0;

  /** Adds `multiplicity` times the tuple `values[0]` … `values[length - 1]`. */
  enter(bus: number, values: ArrayLike<number>, length: number, multiplicity: number): void {
    const hash = hashOf(bus, values, length);
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (let at = this.#places[place]!; at !== 0; at = this.#places[place]!) {
      if (this.#stands(at - 1, bus, values, length)) {
        this.#words[at - 1] = add(this.#words[at - 1]!, multiplicity);
        return;
      }
      place = (place + 1) & mask;
    }
    this.#places[place] = this.#append(bus, values, length, multiplicity) + 1;
    if (2 * ++this.#count > this.#places.length) this.#spread();
  }

  /** Tuples that do not cancel, at most `most`. */
  faults(most: number): BusFault[] {
    const faults: BusFault[] = [];
    for (let at = 0; at < this.#used && faults.length < most; ) {
      const [multiplicity, bus, length] = this.#words.subarray(at, at + headWords);
      assert(length !== undefined && bus !== undefined, "a tuple with its head");
      const end = at + headWords + length;
      if (multiplicity) {
        const tuple = this.#words.subarray(at + headWords, end).join(" ");
        faults.push({ bus, tuple, multiplicity });
      }
      at = end;
    }
    return faults;
  }

  #stands(at: number, bus: number, values: ArrayLike<number>, length: number): boolean {
    const words = this.#words;
    if (words[at + 1] !== bus || words[at + 2] !== length) return false;
    for (let i = 0; i < length; i++) if (words[at + headWords + i] !== values[i]) return false;
    return true;
  }

  #append(bus: number, values: ArrayLike<number>, length: number, multiplicity: number): number {
    const at = this.#used;
    this.#used += headWords + length;
    if (this.#used > this.#words.length) {
      const grown = new Uint32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at] = multiplicity;
    this.#words[at + 1] = bus;
    this.#words[at + 2] = length;
    for (let i = 0; i < length; i++) this.#words[at + headWords + i] = values[i]!;
    return at;
  }

  #spread(): void {
    const places = new Uint32Array(4 * this.#places.length);
    const mask = places.length - 1;
    for (let at = 0; at < this.#used; ) {
      const length = this.#words[at + 2]!;
      const tuple = this.#words.subarray(at + headWords, at + headWords + length);
      let place = hashOf(this.#words[at + 1]!, tuple, length) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = at + 1;
      at += headWords + length;
    }
    this.#places = places;
  }
}

function hashOf(bus: number, values: ArrayLike<number>, length: number): number {
  let hash = bus + 1;
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ values[i]!, 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
