/**
 * What an implementation must show before a worker uses it. The known answer is Wycheproof's
 * (`mldsa_65_sign_seed_test.json`, test 1), kept as digests: the reference makes key and signature
 * from its seed, and both must have these digests; so the reference itself is tested, and then
 * everything else against what it made.
 *
 * @module
 */

import { equalBytes, fromHex, utf8Bytes } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { type MlDsaClaim, mlDsa65 } from "../../crypto/ml-dsa.ts";
import type { VerifyMlDsa65 } from "./implementations.ts";

const seed = new Uint8Array(32).fill(0x2a);
const message = utf8Bytes("Hello world");
const publicKeyDigest = "b7acce2ddb11f8cc1aa46e2bafac6eacfa2b732ef192bd636ad8d3a56d649c66";
const signatureDigest = "39fbbb0d97a52c79844213b325af823a7f16a174e00a5b3daeb3e6e6d1c89681";

/** The known claim, or null where the reference does not come to the known digests. About 10 ms. */
export function knownClaim(): MlDsaClaim | null {
  const key = mlDsa65.keyFromSeed(seed);
  const signature = key.sign(message, "deterministic");
  if (!hasDigest(key.publicKey, publicKeyDigest)) return null;
  if (!hasDigest(signature, signatureDigest)) return null;
  return { publicKey: key.publicKey, signature, bytes: message };
}

function hasDigest(bytes: Uint8Array, digest: string): boolean {
  return equalBytes(sha256(bytes), fromHex(digest) ?? new Uint8Array());
}

/** The claim with one bit changed in each part: challenge, response, hint, key, message. */
export function spoiltClaims(claim: MlDsaClaim): readonly MlDsaClaim[] {
  const signatures = [0, 48, 1700, 3247, 3248, 3308].map((index) => ({
    ...claim,
    signature: flipped(claim.signature, index),
  }));
  return [
    ...signatures,
    { ...claim, publicKey: flipped(claim.publicKey, 0) },
    { ...claim, publicKey: flipped(claim.publicKey, 1951) },
    { ...claim, bytes: flipped(claim.bytes, 3) },
    { ...claim, bytes: claim.bytes.subarray(1) },
    { ...claim, bytes: new Uint8Array() },
  ];
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** True if the implementation accepts the known claim and refuses each spoilt one. */
export function passesSelfTest(verify: VerifyMlDsa65, claim: MlDsaClaim): boolean {
  try {
    return verify(claim) && spoiltClaims(claim).every((spoilt) => !verify(spoilt));
  } catch {
    return false;
  }
}
