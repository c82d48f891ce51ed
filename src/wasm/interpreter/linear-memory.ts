/**
 * The linear memory of a machine (WebAssembly §4.2.8): bytes in pages of 64 KiB, growing up to a
 * cap, every access checked against the present size. Addresses are unsigned 32-bit numbers and may
 * reach 2^33 with an instruction's offset, which a number holds exactly.
 *
 * @module
 */

import { Trap } from "./trap.ts";

export const pageBytes = 65_536;

/** Bytes that can grow. `view` covers exactly the present size and is replaced by growth. */
export class LinearMemory {
  view: DataView;
  readonly #pagesMax: number;
  #storage: Uint8Array<ArrayBuffer>;
  #pages: number;

  constructor(options: { readonly pages: number; readonly pagesMax: number }) {
    this.#pages = options.pages;
    this.#pagesMax = options.pagesMax;
    this.#storage = new Uint8Array(options.pages * pageBytes);
    this.view = this.#viewOfPages();
  }

  get pages(): number {
    return this.#pages;
  }

  /** The bytes themselves, valid until the memory grows. */
  get bytes(): Uint8Array {
    return this.#storage.subarray(0, this.#pages * pageBytes);
  }

  /** Adds zeroed pages; the former count, or −1 where the cap forbids it. */
  grow(pageCount: number): number {
    const before = this.#pages;
    const after = before + pageCount;
    if (after > this.#pagesMax) return -1;
    if (after * pageBytes > this.#storage.length) {
      // Doubling keeps many growths by a page from copying the memory each time.
      const capacity = Math.min(Math.max(after, 2 * before), this.#pagesMax);
      const storage = new Uint8Array(capacity * pageBytes);
      storage.set(this.#storage);
      this.#storage = storage;
    }
    this.#pages = after;
    this.view = this.#viewOfPages();
    return before;
  }

  /** Takes over a whole content, in whole pages, in place of its own. */
  restore(bytes: Uint8Array): void {
    this.#storage = new Uint8Array(bytes);
    this.#pages = bytes.length / pageBytes;
    this.view = this.#viewOfPages();
  }

  /** `memory.copy`: as if through a buffer, so that the ranges may overlap. */
  copy(range: { readonly to: number; readonly from: number; readonly length: number }): void {
    this.#check(range.to, range.length);
    this.#check(range.from, range.length);
    this.#storage.copyWithin(range.to, range.from, range.from + range.length);
  }

  /** `memory.fill` with the low byte of `value`. */
  fill(range: { readonly to: number; readonly value: number; readonly length: number }): void {
    this.#check(range.to, range.length);
    this.#storage.fill(range.value, range.to, range.to + range.length);
  }

  #check(start: number, length: number): void {
    if (start + length > this.#pages * pageBytes) throw new Trap("MEMORY_OUT_OF_BOUNDS");
  }

  #viewOfPages(): DataView {
    return new DataView(this.#storage.buffer, 0, this.#pages * pageBytes);
  }
}
