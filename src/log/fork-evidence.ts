/**
 * Makes evidence of a fork (spec/16-evidence.md §1, E1 and E2) of two heads and what the later tree has in the
 * place of the earlier: a consistency proof of another beginning shows it, or the tiles under the later one.
 *
 * @module
 */

import { concatBytes, equalBytes } from "../base/bytes.ts";
import { evidenceTypes, type LogEvidence } from "../protocol/log-evidence.ts";
import { beginningShown } from "./consistency.ts";
import { parseHead } from "./head.ts";
import { TiledTree, type TileSource } from "./tree-proofs.ts";

/** Heads of one log, the smaller first. */
export interface TwoHeads {
  readonly headKey: Uint8Array;
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
}

export type ForkFinding =
  /** The later tree begins with the earlier one. */
  | { readonly kind: "grown" }
  | { readonly kind: "forked"; readonly evidence: LogEvidence }
  /** The tiles are not those of the later head, which shows nothing about the earlier. */
  | { readonly kind: "withheld" };

/**
 * What two heads show with a consistency proof that is not of the earlier one: two roots of one size, or a later
 * tree that begins otherwise. Null where they show nothing, which says nothing for them.
 */
export function forkInProof(heads: TwoHeads, hashes: readonly Uint8Array[]): LogEvidence | null {
  const [earlier, later] = [parseHead(heads.earlier).head, parseHead(heads.later).head];
  const parts = [heads.headKey, heads.earlier, heads.later];
  if (earlier.size === later.size) {
    const isSame = equalBytes(earlier.root, later.root);
    return isSame ? null : { type: evidenceTypes.twoRoots, parts };
  }
  const root = beginningShown(earlier.size, later, hashes);
  if (root === null || equalBytes(root, earlier.root)) return null;
  return { type: evidenceTypes.fork, parts: [...parts, root, concatBytes(...hashes)] };
}

/** Holds a head against a later one. Tiles that are not of 32 bytes a hash must not come from `tiles`. */
export async function compareHeads(heads: TwoHeads, tiles: TileSource): Promise<ForkFinding> {
  const [earlier, later] = [parseHead(heads.earlier).head, parseHead(heads.later).head];
  if (earlier.size === later.size) {
    const evidence = forkInProof(heads, []);
    return evidence === null ? { kind: "grown" } : { kind: "forked", evidence };
  }
  const tree = new TiledTree(later.size, tiles);
  if (!equalBytes(await tree.root(), later.root)) return { kind: "withheld" };
  const root = await new TiledTree(earlier.size, tiles).root();
  if (equalBytes(root, earlier.root)) return { kind: "grown" };
  const path = concatBytes(...(await tree.consistency(earlier.size)));
  const parts = [heads.headKey, heads.earlier, heads.later, root, path];
  return { kind: "forked", evidence: { type: evidenceTypes.fork, parts } };
}
