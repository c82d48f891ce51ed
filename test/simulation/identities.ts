/**
 * Identities whose signatures are hashes, so that a run costs no ML-DSA. Only who holds a key's secret
 * can sign; the verifier of the simulation holds all of them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { addressOf } from "../../src/crypto/address.ts";
import { type HeadKey, headPublicKeyBytes, headSignatureBytes } from "../../src/crypto/head-key.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import {
  algorithmMlDsa65,
  claimedBytes,
  type SignatureClaim,
  type SignatureVerifier,
  signedBytes,
} from "../../src/crypto/signature.ts";
import type { Signatures } from "../../src/log/signatures.ts";

const secrets = new Map<string, Uint8Array>();

function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function keyText(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString("latin1");
}

/** The identity of a name. */
export function hashIdentity(name: string): Identity {
  const secret = digest(new TextEncoder().encode(`secret of ${name}`));
  const publicKey = digest(secret);
  secrets.set(keyText(publicKey), secret);
  return {
    address: addressOf(algorithmMlDsa65, publicKey),
    algorithm: algorithmMlDsa65,
    publicKey,
    sign: (tag, payload) => digest(secret, signedBytes(tag, payload)),
  };
}

/** As long as a head's signature is. */
function signedHead(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
  const signature = new Uint8Array(headSignatureBytes);
  signature.set(digest(secret, bytes));
  return signature;
}

/** A head key of a name. */
export function hashHeadKey(name: string): HeadKey {
  const secret = digest(new TextEncoder().encode(`head secret of ${name}`));
  const publicKey = new Uint8Array(headPublicKeyBytes);
  publicKey.set(digest(secret));
  secrets.set(keyText(publicKey), secret);
  return { publicKey, sign: (bytes) => signedHead(secret, bytes) };
}

function holds(claim: SignatureClaim): boolean {
  const secret = secrets.get(keyText(claim.publicKey));
  if (secret === undefined) return false;
  const bytes = claimedBytes(claim);
  const signature = claim.tag === null ? signedHead(secret, bytes) : digest(secret, bytes);
  return Buffer.compare(signature, claim.signature) === 0;
}

/** What judges of evidence verify hash signatures with. */
export const hashSignatures: Signatures = {
  claim: holds,
  head: ({ publicKey, bytes, signature }) => {
    const secret = secrets.get(keyText(publicKey));
    if (secret === undefined) return false;
    return Buffer.compare(signedHead(secret, bytes), signature) === 0;
  },
};

/** Verifies hash signatures. */
export const hashVerifier: SignatureVerifier = {
  verify: async (claims) => claims.map(holds),
};
