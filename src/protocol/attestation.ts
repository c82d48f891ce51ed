/**
 * Attestations (spec/05-log.md §4): a compute unit's word for results, one
 * signature over a batch of them. `[unit, batch size, root]` is signed; the leaf is the result.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import type { Identity } from "../crypto/identity.ts";
import { leafHash, merklePaths, merkleRoot, rootOfPath } from "../crypto/merkle.ts";
import { algorithmMlDsa65, type SignatureClaim } from "../crypto/signature.ts";
import { encodeCanonical } from "./codec.ts";
import { ProtocolError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { attestationBatchMax, treePathMax } from "./limits.ts";
import { bytes, digest, list, type RecordType, record, uint } from "./record.ts";

/** Bounds of a public key and a signature on the wire; the algorithm fixes the exact lengths. */
export const publicKeyBytesMax = 4096;
export const signatureBytesMax = 8192;

/** A compute unit's word for one result of a batch. */
export interface Attestation {
  readonly unit: Digest;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly batchSize: number;
  readonly index: number;
  readonly path: readonly Digest[];
}

/** Kind 9. */
export const attestationRecord: RecordType<Attestation> = record<Attestation>(
  { name: "attestation", kind: kinds.attestation, bytesMax: 16_384 },
  {
    unit: digest,
    algorithm: uint(255),
    publicKey: bytes(publicKeyBytesMax),
    signature: bytes(signatureBytesMax),
    batchSize: uint(attestationBatchMax),
    index: uint(attestationBatchMax),
    path: list(digest, treePathMax),
  },
);

const tag = "nymcompute/attestation/v1";

/** Attests canonical results with one signature; answers one attestation each, in order. */
export function attest(unit: Identity, results: readonly Uint8Array[]): readonly Attestation[] {
  const leaves = results.map(leafHash);
  const root = merkleRoot(leaves);
  const signature = unit.sign(tag, encodeCanonical([unit.address, results.length, root]));
  return merklePaths(leaves).map((path, index) => ({
    unit: unit.address,
    algorithm: unit.algorithm,
    publicKey: unit.publicKey,
    signature,
    batchSize: results.length,
    index,
    path,
  }));
}

/** Under another algorithm nothing verifies, so nothing is sent to a verifier (`ALGORITHM_UNKNOWN`). */
export function checkAlgorithm(algorithm: number): void {
  if (algorithm === algorithmMlDsa65) return;
  throw new ProtocolError("ALGORITHM_UNKNOWN", { expected: algorithmMlDsa65, got: algorithm });
}

/**
 * The signature that must hold for the attestation to speak for these result bytes. Throws
 * `ATTESTATION_INVALID` where unit, key or path do not fit together, and `ALGORITHM_UNKNOWN`.
 */
export function attestationClaim(attestation: Attestation, result: Uint8Array): SignatureClaim {
  const { unit, algorithm, publicKey, signature, batchSize, index, path } = attestation;
  if (!equalBytes(addressOf(algorithm, publicKey), unit)) {
    throw new ProtocolError("ATTESTATION_INVALID", {
      expected: "the unit's key",
      got: "another key",
    });
  }
  checkAlgorithm(algorithm);
  const root = rootOfPath(leafHash(result), { index, count: batchSize, siblings: path });
  if (root === null) {
    throw new ProtocolError("ATTESTATION_INVALID", {
      expected: `a path for ${index} of ${batchSize}`,
      got: `${path.length} nodes`,
    });
  }
  return {
    algorithm,
    publicKey,
    signature,
    tag,
    payload: encodeCanonical([unit, batchSize, root]),
  };
}
