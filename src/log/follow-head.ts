/**
 * What a reader of a log makes of its next head (spec/15-heads.md §3, §7): pure, so that keys, store and
 * network are arguments. A reader keeps the newest head that it has seen and takes no other history.
 *
 * @module
 */

import { equalBytes, toBase64url } from "../base/bytes.ts";
import { leafHash, rootOfPath } from "../crypto/merkle.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { LeafPath } from "../protocol/log-receipt.ts";
import { isConsistent, type TreeView } from "./consistency.ts";

export type HeadVerdict =
  /** It is the known one, or follows from it. */
  | "good"
  /** Smaller than the known one: stale, which is no lie, and of no use. */
  | "stale"
  /** Of the known one's size, with another root: two histories under one key. */
  | "fork"
  /** Nothing shows that it follows from the known one. */
  | "unproven";

/** Judges a head, whose signature holds, against the newest that is known (null: none). */
export function judgeHead(
  known: TreeView | null,
  head: TreeView,
  consistency: readonly Uint8Array[],
): HeadVerdict {
  if (known === null) return "good";
  if (head.size < known.size) return "stale";
  if (head.size === known.size) return equalBytes(head.root, known.root) ? "good" : "fork";
  return isConsistent(known, head, consistency) ? "good" : "unproven";
}

/** Throws `INCLUSION_INVALID` where the path does not lead from the entry to the head's root. */
export function checkInclusion(entry: Uint8Array, leaf: LeafPath, head: TreeView): void {
  const { treeIndex: index, path: siblings } = leaf;
  const found = rootOfPath(leafHash(entry), { index, count: head.size, siblings });
  if (found !== null && equalBytes(found, head.root)) return;
  throw new ProtocolError("INCLUSION_INVALID", {
    expected: `entry ${index} under ${toBase64url(head.root)}`,
    got: found === null ? "a path of another length" : toBase64url(found),
  });
}
