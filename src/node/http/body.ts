/**
 * A request body while it arrives: one growing buffer, because a list of chunks costs a hundred
 * bytes for each one-byte chunk that a hostile client sends.
 *
 * @module
 */

const firstBytesMax = 64 * 1024;

/** Collects chunks by copying; holds at most twice the bytes that arrived, or 64 KiB. */
export class BodyBuffer {
  #bytes: Uint8Array;
  #length = 0;

  /** `expectedBytes` is the announced length, or null; memory is taken only as bytes arrive. */
  constructor(expectedBytes: number | null) {
    this.#bytes = new Uint8Array(Math.min(expectedBytes ?? 1024, firstBytesMax));
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** The bytes so far; the buffer is not used again. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
