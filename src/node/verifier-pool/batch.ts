/**
 * A batch of claims as one byte string, and its answer: what verifier pool and worker exchange. One
 * buffer, because structured cloning copies the whole buffer behind every view: a claim that is a
 * view of a request's body would drag the body along.
 *
 * Layout, for each claim: u32be length of the signed bytes ‖ public key 1,952 ‖ signature 3,309 ‖
 * signed bytes.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { concatBytes, u32be } from "../../base/bytes.ts";
import { type MlDsaClaim, mlDsa65 } from "../../crypto/ml-dsa.ts";
import type { ImplementationName } from "./implementations.ts";

/** How many claims one job holds at most: 16 verify 12 % faster than one by one, 64 only 8 % more. */
export const batchClaimsMax = 16;

/** A worker's answer to a batch. */
export interface BatchAnswer {
  /** 1 or 0 for each claim in order. */
  readonly verdicts: Uint8Array;
  /** What the worker verifies with now. */
  readonly implementation: ImplementationName;
  /** Disagreements with the reference that this batch brought to light. */
  readonly disagreements: number;
}

/** Packs claims of the right lengths into a new buffer. */
export function packBatch(claims: readonly MlDsaClaim[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { publicKey, signature, bytes } of claims) {
    assert(publicKey.length === mlDsa65.publicKeyBytes, "lengths are checked before packing");
    assert(signature.length === mlDsa65.signatureBytes, "lengths are checked before packing");
    parts.push(u32be(bytes.length), publicKey, signature, bytes);
  }
  return concatBytes(...parts);
}

/** The claims of a packed batch, as views of it. */
export function unpackBatch(batch: Uint8Array): readonly MlDsaClaim[] {
  const claims: MlDsaClaim[] = [];
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  let offset = 0;
  const take = (length: number): Uint8Array => {
    assert(offset + length <= batch.length, "a batch holds whole claims");
    offset += length;
    return batch.subarray(offset - length, offset);
  };
  while (offset < batch.length) {
    const length = view.getUint32(offset);
    take(4);
    const publicKey = take(mlDsa65.publicKeyBytes);
    const signature = take(mlDsa65.signatureBytes);
    claims.push({ publicKey, signature, bytes: take(length) });
  }
  return claims;
}
