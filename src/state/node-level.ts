/**
 * One level of the state tree: digests by position, where positions without one stand for zeros.
 *
 * Both halves of the tree are filled from their left end, so each is a dense array that grows.
 *
 * @module
 */
import { digestLength } from "./poseidon2.ts";

/** Digests of one level, each 8 words. */
export class NodeLevel {
  readonly #zero: Uint32Array;
  readonly #metaIndex: number;
  #memory = new Uint32Array(0);
  #meta = new Uint32Array(0);

  /** `zero` stands for absent nodes; `metaIndex` is where the second half begins. */
  constructor(options: { readonly zero: Uint32Array; readonly metaIndex: number }) {
    this.#zero = options.zero;
    this.#metaIndex = options.metaIndex;
  }

  /** A level of its own that holds the same. */
  copy(): NodeLevel {
    const copy = new NodeLevel({ zero: this.#zero, metaIndex: this.#metaIndex });
    copy.#memory = this.#memory.slice();
    copy.#meta = this.#meta.slice();
    return copy;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#memory.byteLength + this.#meta.byteLength;
  }

  /** A copy of the digest at `index`. */
  read(index: number): Uint32Array {
    const digest = new Uint32Array(digestLength);
    this.#copy(index, digest, 0);
    return digest;
  }

  /** Copies both children of `parent` to place `position` (16 words each) of `pairs`. */
  readPair(parent: number, pairs: Uint32Array, position: number): void {
    this.#copy(2 * parent, pairs, 2 * position * digestLength);
    this.#copy(2 * parent + 1, pairs, (2 * position + 1) * digestLength);
  }

  /** Sets the digest at `index` to the one at place `position` of `digests`. */
  write(index: number, digests: Uint32Array, position: number): void {
    const inMeta = index >= this.#metaIndex;
    const start = (inMeta ? index - this.#metaIndex : index) * digestLength;
    let store = inMeta ? this.#meta : this.#memory;
    if (start >= store.length) {
      store = this.#grown(store, start + digestLength);
      if (inMeta) this.#meta = store;
      else this.#memory = store;
    }
    const source = position * digestLength;
    for (let i = 0; i < digestLength; i++) store[start + i] = digests[source + i]!;
  }

  #copy(index: number, target: Uint32Array, offset: number): void {
    const inMeta = index >= this.#metaIndex;
    const store = inMeta ? this.#meta : this.#memory;
    const start = (inMeta ? index - this.#metaIndex : index) * digestLength;
    if (start >= store.length) target.set(this.#zero, offset);
    else for (let i = 0; i < digestLength; i++) target[offset + i] = store[start + i]!;
  }

  /** At least `length` words; a quarter more, so that growth page by page stays linear. */
  #grown(store: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
    const spare = Math.floor(store.length / 4 / digestLength) * digestLength;
    const grown = new Uint32Array(Math.max(length, store.length + spare));
    grown.set(store);
    for (let start = store.length; start < grown.length; start += digestLength) {
      grown.set(this.#zero, start);
    }
    return grown;
  }
}
