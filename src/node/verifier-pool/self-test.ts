/**
 * What an implementation must show before a worker uses it. The known answers are Wycheproof's
 * (`mldsa_65_sign_seed_test.json` and `mldsa_44_sign_seed_test.json`, test 1 of each), kept as digests:
 * the reference makes key and signature from their seed, and both must have these digests; so the
 * reference itself is tested, and then everything else against what it made.
 *
 * @module
 */

import { equalBytes, fromHex, utf8Bytes } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { type MlDsa, type MlDsaClaim, mlDsa44, mlDsa65 } from "../../crypto/ml-dsa.ts";
import type { VerifyMlDsa } from "./implementations.ts";

const seed = new Uint8Array(32).fill(0x2a);
const message = utf8Bytes("Hello world");

/** A parameter set, and the digests of the key and signature that it must come to. */
interface KnownAnswer {
  readonly mlDsa: MlDsa;
  readonly publicKeyDigest: string;
  readonly signatureDigest: string;
}

const knownAnswers: readonly KnownAnswer[] = [
  {
    mlDsa: mlDsa65,
    publicKeyDigest: "b7acce2ddb11f8cc1aa46e2bafac6eacfa2b732ef192bd636ad8d3a56d649c66",
    signatureDigest: "39fbbb0d97a52c79844213b325af823a7f16a174e00a5b3daeb3e6e6d1c89681",
  },
  {
    mlDsa: mlDsa44,
    publicKeyDigest: "d87f8ca136ac1aa55e2d6c4521680efb3a378cbb9bc0bfb446e9c60893931ea3",
    signatureDigest: "8cd6fc03daa72e87210a4e721523e84c14f27733789075e65736744d4787fdd5",
  },
];

/** The known claims, or null where the reference does not come to the known digests. About 15 ms. */
export function knownClaims(): readonly MlDsaClaim[] | null {
  const claims = knownAnswers.map(claimOf);
  return claims.every((claim) => claim !== null) ? claims : null;
}

function claimOf({ mlDsa, publicKeyDigest, signatureDigest }: KnownAnswer): MlDsaClaim | null {
  const key = mlDsa.keyFromSeed(seed);
  const signature = key.sign(message, "deterministic");
  if (!hasDigest(key.publicKey, publicKeyDigest)) return null;
  if (!hasDigest(signature, signatureDigest)) return null;
  return { publicKey: key.publicKey, signature, bytes: message };
}

function hasDigest(bytes: Uint8Array, digest: string): boolean {
  return equalBytes(sha256(bytes), fromHex(digest) ?? new Uint8Array());
}

/** In a signature's challenge, response and hint (FIPS 204 §7.2), by its length. */
const placesOf: Readonly<Record<number, readonly number[]>> = {
  [mlDsa65.signatureBytes]: [0, 48, 1700, 3247, 3248, 3308],
  [mlDsa44.signatureBytes]: [0, 32, 1200, 2335, 2336, 2419],
};

/** The claim with one bit changed in each part: challenge, response, hint, key, message. */
export function spoiltClaims(claim: MlDsaClaim): readonly MlDsaClaim[] {
  const signatures = (placesOf[claim.signature.length] ?? []).map((index) => ({
    ...claim,
    signature: flipped(claim.signature, index),
  }));
  return [
    ...signatures,
    { ...claim, publicKey: flipped(claim.publicKey, 0) },
    { ...claim, publicKey: flipped(claim.publicKey, claim.publicKey.length - 1) },
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

/** True if the implementation accepts the known claims and refuses each spoilt one. */
export function passesSelfTest(verify: VerifyMlDsa, claims: readonly MlDsaClaim[]): boolean {
  try {
    return claims.every(
      (claim) => verify(claim) && spoiltClaims(claim).every((spoilt) => !verify(spoilt)),
    );
  } catch {
    return false;
  }
}
