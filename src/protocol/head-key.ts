/**
 * Head-key records (spec/15-heads.md §1): whose key signs the heads of a log. A scheduler's identity
 * signs one for each log, and it is leaf 0 of the log's tree, so the key cannot be changed later.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { headPublicKeyBytes } from "../crypto/head-key.ts";
import type { Identity } from "../crypto/identity.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { checkAlgorithm, publicKeyBytesMax, signatureBytesMax } from "./attestation.ts";
import { encodeCanonical } from "./codec.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, idText } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { headKeyBytesMax } from "./limits.ts";
import { bytes, digest, type RecordType, record, text, uint } from "./record.ts";

/** The key of a scheduler's heads, under its identity's signature. */
export interface HeadKeyStatement {
  readonly scheduler: Digest;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly origin: string;
  /** ML-DSA-44, 1,312 bytes. */
  readonly headKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Kind 21. */
export const headKeyRecord: RecordType<HeadKeyStatement> = record<HeadKeyStatement>(
  { name: "headKey", kind: kinds.headKey, bytesMax: headKeyBytesMax },
  {
    scheduler: digest,
    algorithm: uint(255),
    publicKey: bytes(publicKeyBytesMax),
    origin: text(255),
    headKey: bytes(headPublicKeyBytes, headPublicKeyBytes),
    signature: bytes(signatureBytesMax),
  },
);

const tag = "nymcompute/head-key/v1";

/** The origin of a scheduler's log, and the name under which its heads are signed. */
export function originOf(network: Digest, scheduler: Digest): string {
  return `nymcompute/${idText(network)}/${idText(scheduler)}`;
}

/** States an identity's head key. */
export function stateHeadKey(
  unit: Identity,
  log: { readonly origin: string; readonly headKey: Uint8Array },
): HeadKeyStatement {
  const { address, algorithm, publicKey } = unit;
  const signature = unit.sign(tag, encodeCanonical([address, log.origin, log.headKey]));
  return { scheduler: address, algorithm, publicKey, ...log, signature };
}

/**
 * The signature that must hold for the statement to speak for this scheduler's log. Throws
 * `HEAD_KEY_INVALID` where scheduler, origin or key are others, and `ALGORITHM_UNKNOWN`.
 */
export function headKeyClaim(
  statement: HeadKeyStatement,
  expected: { readonly network: Digest; readonly scheduler: Digest },
): SignatureClaim {
  const { scheduler, algorithm, publicKey, origin, headKey, signature } = statement;
  const named = originOf(expected.network, expected.scheduler);
  if (!equalBytes(scheduler, expected.scheduler) || origin !== named) {
    throw new ProtocolError("HEAD_KEY_INVALID", { expected: named, got: origin });
  }
  if (!equalBytes(addressOf(algorithm, publicKey), scheduler)) {
    throw new ProtocolError("HEAD_KEY_INVALID", {
      expected: "the scheduler's key",
      got: "another key",
    });
  }
  checkAlgorithm(algorithm);
  const payload = encodeCanonical([scheduler, origin, headKey]);
  return { algorithm, publicKey, signature, tag, payload };
}
