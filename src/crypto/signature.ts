/**
 * Signatures (spec/03-identity.md §3): ML-DSA-65 (FIPS 204, pure mode, empty context) over bytes
 * that begin with a tag from a closed list. The tag is inside the signed bytes and not in the
 * FIPS 204 context, so that every implementation of ML-DSA can verify, also those without contexts.
 * One tag has one payload type, so no signature means two things. Verification returns a verdict
 * and never throws.
 *
 * @module
 */

import { concatBytes, u64be, utf8Bytes } from "../base/bytes.ts";
import { headPublicKeyBytes, headSignatureBytes, verifyHeadSignature } from "./head-key.ts";
import { mlDsa65 } from "./ml-dsa.ts";

/** Every tag that an identity's key may sign under. What is not listed here is signed by nobody. */
export const signatureTags = [
  "nymcompute/message-signature/v1",
  "nymcompute/bundle/v1",
  "nymcompute/attestation/v1",
  "nymcompute/head-key/v1",
  "nymcompute/unit-record/v1",
] as const;
export type SignatureTag = (typeof signatureTags)[number];

/** The algorithm byte of ML-DSA-65; it is hashed into addresses. */
export const algorithmMlDsa65 = 1;
export type SignatureAlgorithm = typeof algorithmMlDsa65;
/** That of ML-DSA-44, whose keys sign heads and nothing else (spec/03-identity.md §4). */
export const algorithmMlDsa44 = 2;

/** The length of an identity's public key: 1,952. */
export const publicKeyBytes: number = mlDsa65.publicKeyBytes;
/** The length of its signatures: 3,309. */
export const signatureBytes: number = mlDsa65.signatureBytes;

const leadingZero = Uint8Array.of(0);

/**
 * The bytes an ML-DSA key signs: `0x00 ‖ u8 len(tag) ‖ tag ‖ u64be len(payload) ‖ payload`. The zero
 * byte keeps them apart from any text that the key might be tricked into signing.
 */
export function signedBytes(tag: SignatureTag, payload: Uint8Array): Uint8Array {
  const tagBytes = utf8Bytes(tag);
  return concatBytes(
    leadingZero,
    Uint8Array.of(tagBytes.length),
    tagBytes,
    u64be(payload.length),
    payload,
  );
}

/** What is said to be signed, by which key, under which tag. Nothing in it is trusted. */
export interface SignatureClaim {
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  /** Null for a head, which is signed in the bytes that C2SP gives it. */
  readonly tag: SignatureTag | null;
  readonly payload: Uint8Array;
}

/**
 * True if algorithm, tag and lengths belong together: ML-DSA-65 under a tag, ML-DSA-44 without. Every
 * verifier checks this before anything else, so no identity is believed under a head's algorithm.
 */
export function hasSignatureShape(claim: SignatureClaim): boolean {
  const { algorithm, publicKey, signature, tag } = claim;
  if (tag === null) {
    const hasLengths =
      publicKey.length === headPublicKeyBytes && signature.length === headSignatureBytes;
    return algorithm === algorithmMlDsa44 && hasLengths;
  }
  const hasLengths = publicKey.length === publicKeyBytes && signature.length === signatureBytes;
  return algorithm === algorithmMlDsa65 && hasLengths && signatureTags.includes(tag);
}

/** The bytes whose signature a claim is. */
export function claimedBytes({ tag, payload }: SignatureClaim): Uint8Array {
  return tag === null ? payload : signedBytes(tag, payload);
}

/** True if the claim holds. The reference that every faster verifier must agree with: about 2 ms. */
export function verifySignature(claim: SignatureClaim): boolean {
  if (!hasSignatureShape(claim)) return false;
  const { publicKey, signature, tag } = claim;
  const signed = { publicKey, signature, bytes: claimedBytes(claim) };
  return tag === null ? verifyHeadSignature(signed) : mlDsa65.verify(signed);
}

/** Verifies many claims, one verdict for each in order. A port: units pass a pool of workers. */
export interface SignatureVerifier {
  verify(claims: readonly SignatureClaim[]): Promise<readonly boolean[]>;
}

/** The verifier without workers, on the caller's own thread: for browsers and for small programs. */
export const referenceVerifier: SignatureVerifier = {
  verify: async (claims) => claims.map(verifySignature),
};
