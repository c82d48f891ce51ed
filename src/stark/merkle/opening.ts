/**
 * Reads and checks an opening of a Merkle tree at many positions at once (spec/08-proofs.md §4):
 * the opened rows, then only those siblings that cannot be computed, level by level. Every word is
 * used exactly once, so that no two openings of the same rows exist.
 *
 * @module
 */

import { hashPair, hashWords } from "../hash/blake3.ts";
import { require } from "../proof-error.ts";
import type { ProofReader } from "../proof-words.ts";

/** A committed matrix: log2 of its height, and its width in words. */
export interface MatrixShape {
  readonly logHeight: number;
  readonly width: number;
}

/** The rows opened of one matrix, in the order of `positions`. */
export interface OpenedRows {
  readonly positions: readonly number[];
  readonly rows: readonly Uint32Array[];
}

/** `positions` shifted right, sorted and without repetition; the input is sorted. */
export function shiftPositions(positions: readonly number[], shift: number): number[] {
  const shifted: number[] = [];
  for (const position of positions) {
    const value = position >>> shift;
    if (shifted.at(-1) !== value) shifted.push(value);
  }
  return shifted;
}

/** The rows of all matrices of one height at the place `index`, one after the other, hashed. */
function hashOpenedRows(opened: readonly OpenedRows[], index: number): Uint32Array {
  if (opened.length === 1) return hashWords(opened[0]!.rows[index]!);
  const width = opened.reduce((sum, { rows }) => sum + rows[index]!.length, 0);
  const joined = new Uint32Array(width);
  let at = 0;
  for (const { rows } of opened) {
    joined.set(rows[index]!, at);
    at += rows[index]!.length;
  }
  return hashWords(joined);
}

/** One level up: pairs of digests, with siblings from the proof where one is missing. */
function parentLevel(
  reader: ProofReader,
  positions: readonly number[],
  digests: readonly Uint32Array[],
): Uint32Array[] {
  const parents: Uint32Array[] = [];
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (position % 2 === 1) {
      parents.push(hashPair(reader.digest(), digests[i]!));
    } else if (positions[i + 1] === position + 1) {
      parents.push(hashPair(digests[i]!, digests[i + 1]!));
      i++;
    } else {
      parents.push(hashPair(digests[i]!, reader.digest()));
    }
  }
  return parents;
}

/**
 * Takes the opening from the proof and compares the root. `positions` are sorted, distinct, and
 * below 2^logSize, the height of the highest matrix or more; a lower matrix is opened at the
 * positions' high bits.
 */
export function readOpening(
  reader: ProofReader,
  input: {
    readonly root: Uint32Array;
    readonly shapes: readonly MatrixShape[];
    readonly positions: readonly number[];
    readonly logSize: number;
  },
): OpenedRows[] {
  const opened = input.shapes.map(({ logHeight, width }) => {
    const positions = shiftPositions(input.positions, input.logSize - logHeight);
    return { positions, rows: positions.map(() => reader.elements(width)) };
  });
  const heightOf = (level: number): OpenedRows[] =>
    opened.filter((_, i) => input.shapes[i]!.logHeight === level);
  const top = Math.max(...input.shapes.map((shape) => shape.logHeight));
  let positions = shiftPositions(input.positions, input.logSize - top);
  const tallest = heightOf(top);
  let digests = positions.map((_, i) => hashOpenedRows(tallest, i));
  for (let level = top - 1; level >= 0; level--) {
    digests = parentLevel(reader, positions, digests);
    positions = shiftPositions(positions, 1);
    const joining = heightOf(level);
    if (joining.length > 0) {
      digests = digests.map((digest, i) => hashPair(digest, hashOpenedRows(joining, i)));
    }
  }
  const root = digests[0]!;
  require(root.every((word, i) => word === input.root[i]), "MERKLE_ROOT_MISMATCH", {
    logHeight: top,
  });
  return opened;
}
