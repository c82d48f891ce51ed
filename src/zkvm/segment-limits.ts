/**
 * How much of a run one segment holds, and a slot's proof (spec/14-zkvm.md §8).
 *
 * @module
 */

/**
 * Longest segment, in rows: the tables of one take 1.5 GiB to prove. The height of the CPU's table is
 * the same limit to the verifier, which does not mind segments that are shorter.
 */
export const segmentRowsMax: number = 2 ** 18;

/** Most segments of one slot: 2^24 rows, some 30 million instructions. */
export const segmentsMax = 64;

/**
 * A segment ends before it has touched more cells, so that what it opens of the state, the inbox of
 * 256 KiB and 1 MiB returned stay within 2^17 chunks.
 */
export const touchedCellsMax = 80_000;

/** A segment ends while the table of refreshed cells has room for another row's. */
export const refreshesMax: number = 2 ** 18 - 4;
