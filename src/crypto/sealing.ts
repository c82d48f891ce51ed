/**
 * Sealing (spec/03-identity.md §5): bytes that one identity alone can read, whoever carries them.
 * ML-KEM-768 (FIPS 203) makes a fresh secret for each text, HKDF-SHA-256 binds it to the receiver's
 * key and to the encapsulation, XChaCha20-Poly1305 encrypts. Sealing hides content and nothing
 * else: not the length, and it does not say who sealed. Who needs that signs what is inside.
 *
 * @module
 */

import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concatBytes, utf8Bytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/random.ts";
import type { AeadParameters } from "./aead.ts";
import { aeadKeyBytes, aeadNonceBytes, aeadTagBytes, decrypt, encrypt } from "./aead.ts";
import { CryptoError } from "./error.ts";
import { sha256 } from "./hash.ts";
import { hkdfSha256, seedFor } from "./key-derivation.ts";

/** FIPS 203 table 3: the length of an ML-KEM-768 encapsulation key. */
export const sealingPublicKeyBytes = 1184;
/** FIPS 203 table 3: the length of an ML-KEM-768 ciphertext. */
export const encapsulationBytes = 1088;
/** What sealing adds to the plaintext's length: version byte, encapsulation, Poly1305 tag. */
export const sealingOverheadBytes: number = 1 + encapsulationBytes + aeadTagBytes;

const sealedVersion = 1;
const salt = utf8Bytes("nymcompute/sealed/v1");

/** A key that opens what was sealed for it. */
export interface SealingKey {
  /** 1,184 bytes, to be given to senders. */
  readonly publicKey: Uint8Array;
  /** The plaintext; throws `SEALED_INVALID` unless sealed for this key with this associated data. */
  open(sealed: Uint8Array, associatedData: Uint8Array): Uint8Array;
}

/** The sealing key of a master seed (32 bytes). */
export function sealingKeyFromSeed(masterSeed: Uint8Array): SealingKey {
  const { publicKey, secretKey } = ml_kem768.keygen(seedFor(masterSeed, "kem768"));
  return {
    publicKey,
    open: (sealed, associatedData) => openSealed({ publicKey, secretKey, sealed, associatedData }),
  };
}

/**
 * Seals bytes for the holder of `publicKey`: version byte 1 ‖ encapsulation ‖ ciphertext ‖ tag.
 * Throws `SEALING_KEY_INVALID` for what is no ML-KEM-768 key (FIPS 203 §7.2).
 *
 * @param input.associatedData what the receiver must name to open: the text's place, say. Not sent.
 */
export function seal(input: {
  readonly publicKey: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly associatedData: Uint8Array;
  readonly random: RandomSource;
}): Uint8Array {
  const { publicKey, associatedData } = input;
  const { cipherText: encapsulation, sharedSecret } = encapsulate(publicKey, input.random);
  const parameters = sealedParameters({ publicKey, encapsulation, sharedSecret, associatedData });
  const ciphertext = encrypt(parameters, input.plaintext);
  return concatBytes(Uint8Array.of(sealedVersion), encapsulation, ciphertext);
}

function encapsulate(
  publicKey: Uint8Array,
  random: RandomSource,
): { cipherText: Uint8Array; sharedSecret: Uint8Array } {
  if (publicKey.length !== sealingPublicKeyBytes) {
    throw new CryptoError("SEALING_KEY_INVALID", {
      expected: sealingPublicKeyBytes,
      got: publicKey.length,
    });
  }
  try {
    return ml_kem768.encapsulate(publicKey, random.bytes(32));
  } catch (cause) {
    // The modulus check of FIPS 203 §7.2: a coefficient of the key is 3,329 or above.
    throw new CryptoError(
      "SEALING_KEY_INVALID",
      { expected: "coefficients below 3329" },
      { cause },
    );
  }
}

function openSealed(input: {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly sealed: Uint8Array;
  readonly associatedData: Uint8Array;
}): Uint8Array {
  const { publicKey, secretKey, sealed, associatedData } = input;
  if (sealed.length < sealingOverheadBytes || sealed[0] !== sealedVersion) {
    throw new CryptoError("SEALED_INVALID");
  }
  const encapsulation = sealed.slice(1, 1 + encapsulationBytes);
  // A foreign encapsulation gives a pseudorandom secret (implicit rejection), so decryption fails.
  const sharedSecret = ml_kem768.decapsulate(encapsulation, secretKey);
  const parameters = sealedParameters({ publicKey, encapsulation, sharedSecret, associatedData });
  const plaintext = decrypt(parameters, sealed.subarray(1 + encapsulationBytes));
  if (plaintext === null) throw new CryptoError("SEALED_INVALID");
  return plaintext;
}

/** The nonce comes from the secret too: each encapsulation is fresh, so its key encrypts one text. */
function sealedParameters(input: {
  readonly publicKey: Uint8Array;
  readonly encapsulation: Uint8Array;
  readonly sharedSecret: Uint8Array;
  readonly associatedData: Uint8Array;
}): AeadParameters {
  const derived = hkdfSha256({
    keyMaterial: input.sharedSecret,
    salt,
    info: concatBytes(sha256(input.publicKey), sha256(input.encapsulation)),
    length: aeadKeyBytes + aeadNonceBytes,
  });
  return {
    key: derived.subarray(0, aeadKeyBytes),
    nonce: derived.subarray(aeadKeyBytes),
    associatedData: input.associatedData,
  };
}
