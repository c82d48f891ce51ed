/**
 * Choices for random modules (wasm-arbitrary.ts), read off a byte string so that fast-check can
 * shrink them.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { FunctionType, ValueType } from "../wasm/binary/module.ts";

const extremes = [0, -1, 0x7fff_ffff, -0x8000_0000, 0x8000, 0xffff, 1, 31];

/** Reads choices off a byte string; 0 for ever after its end. */
export class Decisions {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isExhausted(): boolean {
    return this.#next >= this.#bytes.length;
  }

  /** A number in 0 … `count` − 1. */
  below(count: number): number {
    const byte = this.#bytes[this.#next++] ?? 0;
    return count <= 256 ? byte % count : (byte | ((this.#bytes[this.#next++] ?? 0) << 8)) % count;
  }

  /** A 32-bit pattern, often a small or an extreme one. */
  bits32(): number {
    const kind = this.below(4);
    if (kind === 0) return this.below(256);
    if (kind === 1) return this.choose(extremes);
    return this.below(0x1_0000) | (this.below(0x1_0000) << 16);
  }

  /** One of the items, which must not be none. */
  choose<Item>(items: readonly Item[]): Item {
    assert(items.length > 0, "something to choose from");
    return items[this.below(items.length)] as Item;
  }
}

/** What the bodies of one random module may refer to. */
export interface RandomSignatures {
  readonly types: readonly FunctionType[];
  /** Type index of each function. */
  readonly functions: readonly number[];
  readonly globals: readonly ValueType[];
  /** Functions in the table, from element 1 on. */
  readonly elements: readonly number[];
}
