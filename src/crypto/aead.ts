/**
 * Authenticated encryption: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), behind one pair of
 * functions, so that key files and sealing agree on what an opened or a refused text is.
 *
 * @module
 */

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

export const aeadKeyBytes = 32;
export const aeadNonceBytes = 24;
/** What encryption adds to the plaintext's length: the Poly1305 tag, at the end. */
export const aeadTagBytes = 16;

/** Key, nonce and what is authenticated beside the text. A pair of key and nonce is used once. */
export interface AeadParameters {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
}

/** Ciphertext ‖ 16-byte tag. */
export function encrypt(parameters: AeadParameters, plaintext: Uint8Array): Uint8Array {
  const { key, nonce, associatedData } = parameters;
  return xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext);
}

/** The plaintext, or null where key, nonce, associated data or ciphertext are not those of `encrypt`. */
export function decrypt(parameters: AeadParameters, ciphertext: Uint8Array): Uint8Array | null {
  const { key, nonce, associatedData } = parameters;
  if (key.length !== aeadKeyBytes || nonce.length !== aeadNonceBytes) return null;
  if (ciphertext.length < aeadTagBytes) return null;
  try {
    return xchacha20poly1305(key, nonce, associatedData).decrypt(ciphertext);
  } catch {
    return null;
  }
}
