/**
 * Makes evidence of a fork (spec/16-evidence.md §1, E2) of two heads and the tiles under the later one:
 * what its tree has in the place of the earlier, and the proof that it has it.
 *
 * @module
 */

import { concatBytes, equalBytes } from "../base/bytes.ts";
import { evidenceTypes, type LogEvidence } from "../protocol/log-evidence.ts";
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

/** Holds a head against a later one. Tiles that are not of 32 bytes a hash must not come from `tiles`. */
export async function compareHeads(heads: TwoHeads, tiles: TileSource): Promise<ForkFinding> {
  const [earlier, later] = [parseHead(heads.earlier).head, parseHead(heads.later).head];
  if (earlier.size === later.size) {
    if (equalBytes(earlier.root, later.root)) return { kind: "grown" };
    const parts = [heads.headKey, heads.earlier, heads.later];
    return { kind: "forked", evidence: { type: evidenceTypes.twoRoots, parts } };
  }
  const tree = new TiledTree(later.size, tiles);
  if (!equalBytes(await tree.root(), later.root)) return { kind: "withheld" };
  const root = await new TiledTree(earlier.size, tiles).root();
  if (equalBytes(root, earlier.root)) return { kind: "grown" };
  const path = concatBytes(...(await tree.consistency(earlier.size)));
  const parts = [heads.headKey, heads.earlier, heads.later, root, path];
  return { kind: "forked", evidence: { type: evidenceTypes.fork, parts } };
}
