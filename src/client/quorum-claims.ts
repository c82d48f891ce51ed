/**
 * The cosignatures that make a head `witnessed` for a process (spec/15-heads.md §8): of the witnesses that
 * its spawn names, by the addresses of their keys, so that whoever hands over a key need not be believed.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { type Cosigner, cosignatureClaim, type SignedHead } from "../log/head.ts";
import { parseVkey, witnessAddress } from "../log/vkey.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { WitnessQuorum } from "../protocol/log-receipt.ts";

/**
 * One claim for each named witness whose line stands below the head: all must hold. Throws
 * `HEAD_INVALID` where fewer than the quorum have signed.
 */
export function quorumClaims(
  signed: SignedHead,
  quorum: WitnessQuorum,
  keys: readonly string[],
): readonly SignatureClaim[] {
  if (quorum.count === 0) return [];
  const cosigners = keys.map(parseVkey);
  const claims = quorum.units.flatMap((unit) => {
    const named = (one: Cosigner): boolean => equalBytes(witnessAddress(one), unit);
    const cosigner = cosigners.find(named);
    return cosigner === undefined ? [] : (cosignatureClaim(signed, cosigner) ?? []);
  });
  if (claims.length >= quorum.count) return claims.slice(0, quorum.count);
  throw new ProtocolError("HEAD_INVALID", {
    expected: `${quorum.count} cosignatures of the ${quorum.units.length} named witnesses`,
    got: claims.length,
  });
}
