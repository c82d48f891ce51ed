/**
 * A request body while it arrives: one growing buffer, because a list of chunks costs a hundred
 * bytes for each one-byte chunk that a hostile client sends.
 *
 * @module
 */

const firstBytesMax = 64 * 1024;

/** Collects chunks by copying; holds at most twice the bytes that arrived, or 64 KiB. */
export class BodyBuffer {
  readonly #expectedBytes: number;
  #bytes: Uint8Array;
  #length = 0;

  /** `expectedBytes` is the announced length, or null; memory is taken only as bytes arrive. */
  constructor(expectedBytes: number | null) {
    this.#expectedBytes = expectedBytes ?? Number.POSITIVE_INFINITY;
    this.#bytes = unfilled(Math.min(expectedBytes ?? 1024, firstBytesMax));
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const room = Math.min(2 * this.#bytes.length, this.#expectedBytes);
      const grown = unfilled(Math.max(length, room));
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

/** Memory as it is: what was not received is never shown. */
function unfilled(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
