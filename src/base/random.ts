/**
 * Randomness as an argument: `RandomSource` is passed in, so that a simulation can replay.
 *
 * @module
 */

/** Fills new byte strings with randomness. */
export interface RandomSource {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** The platform's cryptographic generator (`crypto.getRandomValues`). */
export const systemRandom: RandomSource = {
  bytes: (length) => {
    const bytes = new Uint8Array(length);
    // getRandomValues refuses more than 65,536 bytes at a time.
    for (let offset = 0; offset < length; offset += 65_536) {
      crypto.getRandomValues(bytes.subarray(offset, offset + 65_536));
    }
    return bytes;
  },
};
