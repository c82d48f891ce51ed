/**
 * What a witness makes of a head (spec/15-heads.md §8; C2SP tlog-witness): pure, so that store and keys
 * are arguments.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { merkleRoot } from "../crypto/merkle.ts";
import type { AddCheckpoint } from "./add-checkpoint.ts";
import { isConsistent, type TreeView } from "./consistency.ts";
import { type Cosigner, cosignedAt } from "./head.ts";
import { referenceSignatures, type Signatures } from "./signatures.ts";

export type CheckpointVerdict =
  /** The head goes on from what the witness knows. */
  | { readonly kind: "good" }
  /** No line of the log's key, or one that does not hold. */
  | { readonly kind: "unsigned" }
  /** The witness knows another size. `isFork`: two roots of one size under one key. */
  | { readonly kind: "conflict"; readonly size: number; readonly isFork: boolean }
  /** Signed, and not shown to follow from the known head. */
  | { readonly kind: "inconsistent"; readonly isFork: boolean };

/** Judges a head against the one that was cosigned last; an unknown log begins with an empty tree. */
export function judgeCheckpoint(
  { oldSize, proof, signed }: AddCheckpoint,
  log: Cosigner,
  known: TreeView | null,
  verify: Signatures["head"] = referenceSignatures.head,
): CheckpointVerdict {
  if (cosignedAt(signed, log, verify) === null) return { kind: "unsigned" };
  const before = known ?? { size: 0, root: merkleRoot([]) };
  const { head } = signed;
  const isFork = head.size === before.size && !equalBytes(head.root, before.root);
  if (oldSize !== before.size) return { kind: "conflict", size: before.size, isFork };
  const isEmpty = head.size === 0 && !equalBytes(head.root, merkleRoot([]));
  if (isFork || isEmpty || !isConsistent(before, head, proof)) {
    return { kind: "inconsistent", isFork };
  }
  return { kind: "good" };
}
