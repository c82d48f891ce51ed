/**
 * Addresses (spec/03-identity.md §2): the 32 bytes by which everyone names a key. The algorithm byte
 * is hashed with the key, so a key of one algorithm never has the address of another's.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { concatBytes } from "../base/bytes.ts";
import { taggedHash } from "./hash.ts";

const addressTag = "nymcompute/address/v1";

/** SHA-256(`nymcompute/address/v1` ‖ 0x00 ‖ algorithm byte ‖ public key): 32 bytes. */
export function addressOf(algorithm: number, publicKey: Uint8Array): Uint8Array {
  assert(Number.isInteger(algorithm) && algorithm >= 0 && algorithm <= 255, "algorithm is a byte");
  return taggedHash(addressTag, concatBytes(Uint8Array.of(algorithm), publicKey));
}
