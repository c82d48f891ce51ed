/**
 * Authorisations (spec/04-messages.md §2): one of a signature, a place in a signed bundle, or the
 * provenance of a message that a process sent. A signature never authorises a process, provenance
 * never a key.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import type { Identity } from "../crypto/identity.ts";
import { leafHash, merklePaths, merkleRoot, rootOfPath } from "../crypto/merkle.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { checkAlgorithm, publicKeyBytesMax, signatureBytesMax } from "./attestation.ts";
import { encodeCanonical } from "./codec.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, idText } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { authorisationBytesMax, bundleMessagesMax, treePathMax } from "./limits.ts";
import { type Owner, ownerKinds } from "./message.ts";
import { bytes, digest, kindOf, list, type RecordType, record, uint } from "./record.ts";

/** A signature over the message id. */
export interface SignatureAuthorisation {
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** One signature over `[network, count, root]` of many ids, and this id's path. */
export interface BundleAuthorisation extends SignatureAuthorisation {
  readonly count: number;
  readonly index: number;
  readonly path: readonly Digest[];
}

const signatureFields = {
  algorithm: uint(255),
  publicKey: bytes(publicKeyBytesMax),
  signature: bytes(signatureBytesMax),
};

/** Kind 2. */
export const signatureRecord: RecordType<SignatureAuthorisation> = record<SignatureAuthorisation>(
  { name: "signature", kind: kinds.signature, bytesMax: authorisationBytesMax },
  signatureFields,
);

/** Kind 3. */
export const bundleMemberRecord: RecordType<BundleAuthorisation> = record<BundleAuthorisation>(
  { name: "bundleMember", kind: kinds.bundleMember, bytesMax: authorisationBytesMax },
  {
    ...signatureFields,
    count: uint(bundleMessagesMax),
    index: uint(bundleMessagesMax),
    path: list(digest, treePathMax),
  },
);

const messageTag = "nymcompute/message-signature/v1";
/** What a bundle's one signature is made under. */
export const bundleTag = "nymcompute/bundle/v1";

/** Signs one message id. */
export function signMessage(owner: Identity, id: Digest): SignatureAuthorisation {
  const { algorithm, publicKey } = owner;
  return { algorithm, publicKey, signature: owner.sign(messageTag, id) };
}

/** Signs up to 1,024 ids of one network at once; answers one authorisation each, in order. */
export function signBundle(
  owner: Identity,
  network: Digest,
  ids: readonly Digest[],
): readonly BundleAuthorisation[] {
  const leaves = ids.map(leafHash);
  const { algorithm, publicKey } = owner;
  const count = ids.length;
  const signature = owner.sign(bundleTag, encodeCanonical([network, count, merkleRoot(leaves)]));
  return merklePaths(leaves).map((path, index) => ({
    algorithm,
    publicKey,
    signature,
    count,
    index,
    path,
  }));
}

/**
 * With so many bytes the authorisations of all messages of a bundle begin, if this is one of them:
 * key and signature. Null for another, and for a bundle of one. Throws `RECORD_…`.
 */
export function bundleBeginningOf(authorisation: Uint8Array): number | null {
  if (kindOf(authorisation) !== kinds.bundleMember) return null;
  const { signature, count } = bundleMemberRecord.decodeViews(authorisation);
  if (count === 1) return null;
  return signature.byteOffset - authorisation.byteOffset + signature.length;
}

/** What a key's authorisation is checked against. */
export interface AuthorisedMessage {
  readonly network: Digest;
  readonly owner: Owner;
  readonly id: Digest;
}

/**
 * The signature that must hold for a key's authorisation of the message. Throws `RECORD_…`,
 * `OWNER_MISMATCH`, `ALGORITHM_UNKNOWN` or `BUNDLE_PATH_INVALID`.
 */
export function signatureClaimOf(
  authorisation: Uint8Array,
  kind: number,
  message: AuthorisedMessage,
): SignatureClaim {
  if (kind === kinds.signature) {
    const { algorithm, publicKey, signature } = signatureRecord.decodeViews(authorisation);
    checkOwner(message, algorithm, publicKey);
    return { algorithm, publicKey, signature, tag: messageTag, payload: message.id };
  }
  const member = bundleMemberRecord.decodeViews(authorisation);
  const { algorithm, publicKey, signature, count, index } = member;
  checkOwner(message, algorithm, publicKey);
  const root = rootOfPath(leafHash(message.id), { index, count, siblings: member.path });
  if (root === null) {
    throw new ProtocolError("BUNDLE_PATH_INVALID", {
      expected: `a path for ${index} of ${count}`,
      got: `${member.path.length} nodes`,
    });
  }
  const payload = encodeCanonical([message.network, count, root]);
  return { algorithm, publicKey, signature, tag: bundleTag, payload };
}

function checkOwner(message: AuthorisedMessage, algorithm: number, publicKey: Uint8Array): void {
  const address = addressOf(algorithm, publicKey);
  if (message.owner.kind !== ownerKinds.key || !equalBytes(address, message.owner.id)) {
    throw new ProtocolError("OWNER_MISMATCH", {
      expected: idText(message.owner.id),
      got: idText(address),
    });
  }
  checkAlgorithm(algorithm);
}
