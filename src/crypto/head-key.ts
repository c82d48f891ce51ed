/**
 * The key that signs a scheduler's log heads (spec/03-identity.md §4): ML-DSA-44, because that is
 * what the C2SP formats name. Heads are signed in the bytes that C2SP gives them, without our tags,
 * so this key signs nothing else; a head-key record signed by the identity says whose it is.
 *
 * @module
 */

import { systemRandom } from "../base/random.ts";
import { seedFor } from "./key-derivation.ts";
import { type Hedging, type MlDsaClaim, mlDsa44 } from "./ml-dsa.ts";

export const headPublicKeyBytes: number = mlDsa44.publicKeyBytes;
export const headSignatureBytes: number = mlDsa44.signatureBytes;

/** A key for heads alone. */
export interface HeadKey {
  /** 1,312 bytes. */
  readonly publicKey: Uint8Array;
  /** A signature of 2,420 bytes over exactly `bytes` (pure mode, empty context). */
  sign(bytes: Uint8Array, hedging?: Hedging): Uint8Array;
}

/** The head key of a master seed (32 bytes). */
export function headKeyFromSeed(masterSeed: Uint8Array, hedging: Hedging = systemRandom): HeadKey {
  const key = mlDsa44.keyFromSeed(seedFor(masterSeed, "head44"));
  return {
    publicKey: key.publicKey,
    sign: (bytes, callHedging = hedging) => key.sign(bytes, callHedging),
  };
}

/** ML-DSA-44 verification of a head's bytes; false for any fault, also wrong lengths. Never throws. */
export function verifyHeadSignature(claim: MlDsaClaim): boolean {
  return mlDsa44.verify(claim);
}
