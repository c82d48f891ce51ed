/**
 * Identities whose signatures are hashes, so that a run costs no ML-DSA. Only who holds a key's secret
 * can sign; the verifier of the simulation holds all of them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { addressOf } from "../../src/crypto/address.ts";
import { type HeadKey, headPublicKeyBytes } from "../../src/crypto/head-key.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import {
  algorithmMlDsa65,
  type SignatureClaim,
  type SignatureVerifier,
  signedBytes,
} from "../../src/crypto/signature.ts";

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

/** A head key of a name; nobody verifies its signatures here. */
export function hashHeadKey(name: string): HeadKey {
  const secret = digest(new TextEncoder().encode(`head secret of ${name}`));
  const publicKey = new Uint8Array(headPublicKeyBytes);
  publicKey.set(digest(secret));
  return { publicKey, sign: (bytes) => digest(secret, bytes) };
}

function holds({ publicKey, signature, tag, payload }: SignatureClaim): boolean {
  const secret = secrets.get(keyText(publicKey));
  if (secret === undefined) return false;
  return Buffer.compare(digest(secret, signedBytes(tag, payload)), signature) === 0;
}

/** Verifies hash signatures. */
export const hashVerifier: SignatureVerifier = {
  verify: async (claims) => claims.map(holds),
};
