/**
 * Identities (spec/03-identity.md §1–§3): a master seed, the ML-DSA-65 key derived from it, and the
 * key's address. Signing is hedged (FIPS 204 §3.4): 32 random bytes enter each signature, so that a
 * fault in signing does not give the key away, while a poor generator costs nothing either.
 *
 * @module
 */

import type { RandomSource } from "../base/random.ts";
import { systemRandom } from "../base/random.ts";
import { addressOf } from "./address.ts";
import { masterSeedBytes, seedFor } from "./key-derivation.ts";
import { type Hedging, type MlDsaKey, mlDsa65 } from "./ml-dsa.ts";
import type { SignatureTag } from "./signature.ts";
import { algorithmMlDsa65, signedBytes } from "./signature.ts";

/** A key that can sign, with its public names. */
export interface Identity {
  /** 32 bytes (`addressOf`). */
  readonly address: Uint8Array;
  readonly algorithm: number;
  /** 1,952 bytes. */
  readonly publicKey: Uint8Array;
  /** A signature of 3,309 bytes over `signedBytes(tag, payload)`: 7–8 ms. */
  sign(tag: SignatureTag, payload: Uint8Array, hedging?: Hedging): Uint8Array;
}

/**
 * The identity of a master seed (32 bytes).
 *
 * @param hedging what `sign` uses where the call itself names nothing; the platform's generator
 */
export function identityFromSeed(seed: Uint8Array, hedging: Hedging = systemRandom): Identity {
  return identityOf(mlDsa65.keyFromSeed(seedFor(seed, "sign65")), hedging);
}

/** The identity of an ML-DSA-65 key. */
export function identityOf(key: MlDsaKey, hedging: Hedging = systemRandom): Identity {
  return {
    address: addressOf(algorithmMlDsa65, key.publicKey),
    algorithm: algorithmMlDsa65,
    publicKey: key.publicKey,
    sign: (tag, payload, callHedging = hedging) => key.sign(signedBytes(tag, payload), callHedging),
  };
}

/** A new identity; the master seed beside it is the only thing to keep, and to keep secret. */
export function createIdentity(
  random: RandomSource = systemRandom,
): Identity & { readonly seed: Uint8Array } {
  const seed = random.bytes(masterSeedBytes);
  return { ...identityFromSeed(seed, random), seed };
}
