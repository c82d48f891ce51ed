/**
 * The one address space of the machine (spec/14-zkvm.md §2). A cell holds two limbs of 16 bits. The
 * first 2^27 cells are the words of the state tree, eight a chunk: linear memory, then page count and
 * globals; above them are the frames, which begin every slot with zeros.
 *
 * @module
 */

/** First cell of the tree's half that is not memory: the page count's low word. */
export const metaCell: number = 2 ** 26;

/** First cell of the frames. */
export const frameBase: number = 2 ** 27;

/** Cell of the low word of the mutable global at `position`; the high word is the next one. */
export function globalCell(position: number): number {
  return metaCell + 2 * (position + 1);
}
