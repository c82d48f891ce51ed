/**
 * Checks that one tree is the beginning of another (spec/15-heads.md §5; RFC 9162 §2.1.4.2).
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { nodeHash } from "../crypto/merkle.ts";

/** A tree's size and root. */
export interface TreeView {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * True if the hashes lead from a part of the earlier tree to both roots. An empty tree begins every
 * tree, and equal sizes need equal roots; both take no hashes. Never throws.
 */
export function isConsistent(
  earlier: TreeView,
  later: TreeView,
  hashes: readonly Uint8Array[],
): boolean {
  if (!isSize(earlier.size) || !isSize(later.size) || earlier.size > later.size) return false;
  if (earlier.size === 0) return hashes.length === 0;
  if (earlier.size === later.size)
    return hashes.length === 0 && equalBytes(earlier.root, later.root);
  if (hashes.length === 0 || hashes.some(({ length }) => length !== 32)) return false;
  const roots = bothRoots(earlier, later.size, hashes);
  return roots !== null && equalBytes(roots[0], earlier.root) && equalBytes(roots[1], later.root);
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** The roots of both trees that the hashes lead to; null where there are too many or too few. */
function bothRoots(
  earlier: TreeView,
  size: number,
  hashes: readonly Uint8Array[],
): readonly [Uint8Array, Uint8Array] | null {
  // BigInt: sizes may pass 2^32, where JavaScript's shifts end.
  let [first, last] = [BigInt(earlier.size - 1), BigInt(size - 1)];
  const isPowerOfTwo = (first & BigInt(earlier.size)) === 0n;
  const path = isPowerOfTwo ? [earlier.root, ...hashes] : hashes;
  while ((first & 1n) === 1n) [first, last] = [first >> 1n, last >> 1n];
  let [old, now] = [path[0] as Uint8Array, path[0] as Uint8Array];
  for (const hash of path.slice(1)) {
    if (last === 0n) return null;
    if ((first & 1n) === 1n || first === last) {
      [old, now] = [nodeHash(hash, old), nodeHash(hash, now)];
      while ((first & 1n) === 0n && first !== 0n) [first, last] = [first >> 1n, last >> 1n];
    } else {
      now = nodeHash(now, hash);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n ? [old, now] : null;
}
