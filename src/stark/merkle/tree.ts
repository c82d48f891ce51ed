/**
 * Merkle trees over matrices of several heights, as the prover builds and opens them
 * (spec/08-proofs.md §4). The highest matrices' rows are the leaves; a lower matrix's rows are
 * hashed into the nodes of the level that is as wide as it is high.
 *
 * @module
 */

import type { Engine } from "../engine.ts";
import { digestWords } from "../hash/blake3.ts";
import { logOf, type Matrix, rowOf } from "../matrix.ts";
import type { ProofWriter } from "../proof-words.ts";
import { shiftPositions } from "./opening.ts";

export interface MerkleTree {
  readonly matrices: readonly Matrix[];
  /** Digests, leaves first; the last level is the root alone. */
  readonly levels: readonly Uint32Array[];
  readonly root: Uint32Array;
}

/** Commits to matrices, each of a height that is a power of two. */
export async function commit(engine: Engine, matrices: readonly Matrix[]): Promise<MerkleTree> {
  const top = Math.max(...matrices.map((matrix) => logOf(matrix.height)));
  const ofHeight = (level: number): Matrix[] =>
    matrices.filter((matrix) => matrix.height === 2 ** level);
  let digests = await engine.hashRows(ofHeight(top));
  const levels = [digests];
  for (let level = top - 1; level >= 0; level--) {
    const joining = ofHeight(level);
    const rows = joining.length === 0 ? null : await engine.hashRows(joining);
    digests = await engine.hashLevel(digests, rows);
    levels.push(digests);
  }
  return { matrices, levels, root: digests.slice(0, digestWords) };
}

/** Writes the opening at sorted, distinct positions below 2^logSize; see `readOpening`. */
export function writeOpening(
  writer: ProofWriter,
  tree: MerkleTree,
  input: { readonly positions: readonly number[]; readonly logSize: number },
): void {
  for (const matrix of tree.matrices) {
    const shift = input.logSize - logOf(matrix.height);
    for (const row of shiftPositions(input.positions, shift)) writer.words(rowOf(matrix, row));
  }
  const top = tree.levels.length - 1;
  let positions = shiftPositions(input.positions, input.logSize - top);
  for (let level = 0; level < top; level++) {
    const digests = tree.levels[level]!;
    const known = new Set(positions);
    for (const position of positions) {
      const sibling = position ^ 1;
      if (known.has(sibling)) continue;
      writer.words(digests.subarray(sibling * digestWords, (sibling + 1) * digestWords));
    }
    positions = shiftPositions(positions, 1);
  }
}
