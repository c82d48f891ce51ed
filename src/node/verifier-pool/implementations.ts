/**
 * The implementations of ML-DSA verification that a worker may use (spec/03-identity.md §3, §4), each
 * for identities' ML-DSA-65 and for heads' ML-DSA-44, which a claim's lengths tell apart; in order of
 * preference: OpenSSL's through `node:crypto` where the runtime has it (Node 24), liboqs as
 * WebAssembly, and the reference. Each takes pure mode with the empty context. With two workers on
 * Node 24.21 liboqs verified 10,800 a second and OpenSSL 8,000; OpenSSL comes first all the same,
 * because it is maintained for production. The reference verifies 880.
 *
 * The WebAssembly is for verification only: its signing copies the secret key into a heap that it
 * frees without erasing, and its authors say it is for research. Verification handles public bytes
 * alone, and `checked-verifier.ts` takes neither answer on faith.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify as verifyNatively } from "node:crypto";
import { createMLDSA44, createMLDSA65 } from "@oqs/liboqs-js/sig";
import { type MlDsaClaim, mlDsa44, mlDsa65 } from "../../crypto/ml-dsa.ts";

export type ImplementationName = "native" | "wasm" | "reference";

/** The verdict on a claim; false for wrong lengths. May throw otherwise: the caller catches. */
export type VerifyMlDsa = (claim: MlDsaClaim) => boolean;

/**
 * Keeps wrong lengths away from an implementation. liboqs throws for them, and
 * `node:crypto` ignores what follows a key: it would accept a key with a byte too many.
 */
function forRightLengths(verify: VerifyMlDsa): VerifyMlDsa {
  return (claim) => claim.signature.length === setOf(claim)?.signatureBytes && verify(claim);
}

/** The parameter set whose keys are as long as the claim's; null where none's are. */
function setOf({ publicKey }: MlDsaClaim): typeof mlDsa65 | null {
  const isOfSet = ({ publicKeyBytes }: typeof mlDsa65) => publicKey.length === publicKeyBytes;
  return [mlDsa65, mlDsa44].find(isOfSet) ?? null;
}

/** How many imported public keys are kept: importing one costs 0.06–0.08 ms, a third of verifying. */
const importedKeysMax = 1024;

/** SubjectPublicKeyInfo of RFC 9881: everything before an ML-DSA-65 key's 1,952 bytes, … */
const prefix65: Uint8Array = Buffer.from("308207b2300b0609608648016503040312038207a100", "hex");
/** … and before an ML-DSA-44 key's 1,312. */
const prefix44: Uint8Array = Buffer.from("30820532300b06096086480165030403110382052100", "hex");

/** OpenSSL's verification. On a runtime without ML-DSA every call throws; the self-test finds that. */
export function nativeVerify(): VerifyMlDsa {
  const importedKeys = new Map<string, KeyObject>();
  const keyOf = (publicKey: Uint8Array): KeyObject => {
    const name = Buffer.from(publicKey).toString("latin1");
    const known = importedKeys.get(name);
    const key = known ?? importKey(publicKey);
    // A map iterates in the order of insertion, so putting a used key last makes the first the oldest.
    importedKeys.delete(name);
    importedKeys.set(name, key);
    if (importedKeys.size > importedKeysMax) {
      for (const oldest of importedKeys.keys()) {
        importedKeys.delete(oldest);
        break;
      }
    }
    return key;
  };
  return forRightLengths(({ publicKey, signature, bytes }) =>
    verifyNatively(null, bytes, keyOf(publicKey), signature),
  );
}

function importKey(publicKey: Uint8Array): KeyObject {
  const prefix = publicKey.length === mlDsa44.publicKeyBytes ? prefix44 : prefix65;
  return createPublicKey({
    key: Buffer.concat([prefix, publicKey]),
    format: "der",
    type: "spki",
  });
}

/** liboqs' verification; rejects where the WebAssembly does not load. */
export async function wasmVerify(): Promise<VerifyMlDsa> {
  const [liboqs65, liboqs44] = await Promise.all([createMLDSA65(), createMLDSA44()]);
  return forRightLengths((claim) => {
    const liboqs = setOf(claim) === mlDsa44 ? liboqs44 : liboqs65;
    const [bytes, signature, publicKey] = [claim.bytes, claim.signature, claim.publicKey];
    return liboqs.verify(exactBytes(bytes), exactBytes(signature), exactBytes(publicKey));
  });
}

/** liboqs looks at the constructor's name and refuses subclasses such as Buffer. */
function exactBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The implementation that all others must agree with. */
export const referenceVerify: VerifyMlDsa = (claim) => setOf(claim)?.verify(claim) === true;
