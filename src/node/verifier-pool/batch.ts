/**
 * A batch of claims as one byte string, and its answer: what verifier pool and worker exchange. One
 * buffer, because structured cloning copies the whole buffer behind every view: a claim that is a
 * view of a request's body would drag the body along.
 *
 * Layout, for each claim: u32be length of the signed bytes ‖ 65 or 44 ‖ public key ‖ signature ‖ signed
 * bytes, where the number is ML-DSA's parameter set and gives the lengths of key and signature.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { concatBytes, u32be } from "../../base/bytes.ts";
import { type MlDsaClaim, mlDsa44, mlDsa65 } from "../../crypto/ml-dsa.ts";
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

const lengthsOf = { 44: mlDsa44, 65: mlDsa65 };

/** Packs claims of the right lengths into a new buffer. */
export function packBatch(claims: readonly MlDsaClaim[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { publicKey, signature, bytes } of claims) {
    const set = publicKey.length === mlDsa44.publicKeyBytes ? 44 : 65;
    const lengths = lengthsOf[set];
    assert(publicKey.length === lengths.publicKeyBytes, "lengths are checked before packing");
    assert(signature.length === lengths.signatureBytes, "lengths are checked before packing");
    parts.push(u32be(bytes.length), Uint8Array.of(set), publicKey, signature, bytes);
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
    const set = take(1)[0] === 44 ? 44 : 65;
    const publicKey = take(lengthsOf[set].publicKeyBytes);
    const signature = take(lengthsOf[set].signatureBytes);
    claims.push({ publicKey, signature, bytes: take(length) });
  }
  return claims;
}
