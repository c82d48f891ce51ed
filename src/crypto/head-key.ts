/**
 * The key that signs a scheduler's log heads (spec/03-identity.md §4): ML-DSA-44, because that is
 * what the C2SP formats name. Heads are signed in the bytes that C2SP gives them, without our tags,
 * so this key signs nothing else; a head-key record signed by the identity says whose it is.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { concatBytes, u64be, utf8Bytes } from "../base/bytes.ts";
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

const label = utf8Bytes("subtree/v1\n\0");

/** A string of 1 to 255 bytes behind its length. */
function short(text: string): Uint8Array {
  const bytes = utf8Bytes(text);
  assert(bytes.length > 0 && bytes.length <= 255, "a name or origin has 1 to 255 bytes");
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}

/** What a head says, and who signs it when. */
export interface CosignedHead {
  /** Of the cosigner; a scheduler signs under its origin. 1 to 255 bytes of UTF-8, as the origin. */
  readonly name: string;
  /** Since the Unix epoch. */
  readonly seconds: number;
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** tlog-cosignature's `cosigned_message` for a whole tree: what a head key signs. */
export function cosignedBytes({ name, seconds, origin, size, root }: CosignedHead): Uint8Array {
  const range = concatBytes(u64be(0), u64be(size));
  return concatBytes(label, short(name), u64be(seconds), short(origin), range, root);
}

/** ML-DSA-44 verification of a head's bytes; false for any fault, also wrong lengths. Never throws. */
export function verifyHeadSignature(claim: MlDsaClaim): boolean {
  return mlDsa44.verify(claim);
}
