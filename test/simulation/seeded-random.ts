/**
 * Randomness that a seed fixes (sfc32): whatever a simulation leaves to chance is drawn here, so that
 * a seed is a whole run.
 *
 * @module
 */

import type { RandomSource } from "../../src/base/random.ts";

/** A stream of chance. */
export class SeededRandom implements RandomSource {
  readonly #words: Uint32Array;

  constructor(seed: number, stream = 0) {
    this.#words = Uint32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32), stream, 1);
    // The first outputs of neighbouring seeds are alike.
    for (let i = 0; i < 12; i++) this.#next();
  }

  #next(): number {
    const words = this.#words;
    const [a = 0, b = 0, c = 0, d = 0] = words;
    const sum = (a + b + d) >>> 0;
    words[3] = d + 1;
    words[0] = b ^ (b >>> 9);
    words[1] = c + (c << 3);
    words[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }

  /** At least 0 and below 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A number from `min` to below `max`. */
  between(min: number, max: number): number {
    return min + this.fraction() * (max - min);
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.fraction() * items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() & 0xff);
  }
}
