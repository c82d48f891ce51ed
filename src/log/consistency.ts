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

/**
 * The root of the earlier tree, of so many leaves, that hashes show the later tree to begin with; null where they
 * do not lead to the later root. Where the earlier size is a power of two a proof leaves that root out, and
 * shows nothing alone. Never throws.
 */
export function beginningShown(
  size: number,
  later: TreeView,
  hashes: readonly Uint8Array[],
): Uint8Array | null {
  const isProof = isSize(size) && isSize(later.size) && size > 0 && size < later.size;
  if (!isProof || isPowerOfTwo(size)) return null;
  if (hashes.length === 0 || hashes.some(({ length }) => length !== 32)) return null;
  const unknown = new Uint8Array(32);
  const roots = bothRoots({ size, root: unknown }, later.size, hashes);
  return roots !== null && equalBytes(roots[1], later.root) ? roots[0] : null;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** BigInt: sizes may pass 2^32, where JavaScript's shifts end. */
function isPowerOfTwo(size: number): boolean {
  return (BigInt(size) & BigInt(size - 1)) === 0n;
}

/** The roots of both trees that the hashes lead to; null where there are too many or too few. */
function bothRoots(
  earlier: TreeView,
  size: number,
  hashes: readonly Uint8Array[],
): readonly [Uint8Array, Uint8Array] | null {
  let [first, last] = [BigInt(earlier.size - 1), BigInt(size - 1)];
  const path = isPowerOfTwo(earlier.size) ? [earlier.root, ...hashes] : hashes;
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
